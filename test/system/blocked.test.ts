/** A host whose processor cannot run guests: it boots to its console and says why. */
import { afterEach, expect, test } from 'vitest'
import { biosWith } from '../harness/bios.ts'
import { boot } from '../harness/boot.ts'
import { guest, type Nucleus } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platforms } from '../harness/platform.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

const qemu = platforms['qemu-amd']
const bochs = platforms['bochs-intel']

test.each<{ name: string, on: typeof qemu, cpu: string, bios?: string, nucleus?: Nucleus, reason: RegExp }>([
  { name: 'no SVM', on: qemu, cpu: 'EPYC,-svm', reason: /AMD-V: CPUID 8000_0001h.*Use a CPU with AMD-V/ },
  { name: 'no nested paging', on: qemu, cpu: 'EPYC,-npt', reason: /no nested paging.*newer CPU/ },
  { name: 'no VMX', on: bochs, cpu: 'p4_prescott_celeron_336', reason: /VT-x: CPUID 1 ECX.*Use a CPU with VT-x/ },
  { name: 'no EPT', on: bochs, cpu: 'core2_penryn_t9600', reason: /no EPT.*newer CPU/ },
  { name: 'no unrestricted guests', on: bochs, cpu: 'corei5_lynnfield_750', reason: /no unrestricted guests.*newer CPU/ },
  { name: 'VMX locked off', on: bochs, cpu: bochs.cpu, bios: biosWith('off'), reason: /locked by the firmware.*firmware setup/ },
  { name: 'VMXON refused', on: bochs, cpu: 'corei7_haswell_4770', nucleus: 'instrumented', reason: /refused VMXON.*power-cycle the machine/ },
])('$name', async ({ name, on, cpu, bios, nucleus, reason }) => {
  host = await boot({ name: `blocked-${name.replaceAll(' ', '-')}`, config: { vms: [guest('hello', 'hello')] }, on, cpu, bios, nucleus })
  const { guestsBlocked } = await host.json('host info')
  expect(guestsBlocked).toMatch(reason)
  expect(await host.command('host info')).toContain('GUESTS CANNOT RUN')
  expect((await host.vm('hello').info()).state).not.toBe('running')
  expect(await host.command('vm start hello')).toMatch(reason)
  expect(await host.command('help')).toContain('vm list')
})

test('VMX that the firmware left open is switched on', async () => {
  host = await boot({ name: 'vmx-open', config: { vms: [guest('hello', 'hello')] }, on: bochs, bios: biosWith('open') })
  expect((await host.json('host info')).guestsBlocked).toBe('')
  await host.vm('hello').sees(/type help/)
})
