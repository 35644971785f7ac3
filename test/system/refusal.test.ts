/** Guests that the hardware does not enter: each is stopped with the rule in words, and its neighbour runs on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, type Nucleus } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platform } from '../harness/platform.ts'

/** By the name of the VM: what is said of it. */
type Refusals = [name: string, report: RegExp][]

/** What test/rogue/refusal.ts makes of its task: the rule stays unknown, and nothing else does. */
const readers: Refusals = [
  ['bad-reader', /^entry refused at rip=[1-9A-F][0-9A-F]* .* cr3=BA00000000000001 /],
  ['bad-looper', /^entry refused at rip=[1-9A-F][0-9A-F]* .* cr3=BA00000000000008 /],
  ['bad-forger', /^entry refused: \.{256} at rip=[1-9A-F]/],
]

/** States that no processor runs, in which the machines of test/rogue/machine.ts start their guests. */
const states: Record<'intel' | 'amd', Refusals> = {
  intel: [
    ['bad-rflags', /^entry refused: invalid guest state: RFLAGS=0: bit 1 must be 1 and reserved bits 0 at rip=[1-9A-F]/],
    ['bad-task', /^entry refused: invalid guest state: TR=89: it must be a busy TSS at rip=[1-9A-F].* exit=80000021$/],
    ['bad-paging', /^entry refused: invalid guest state: CR0=80000030: PG needs PE/],
    ['bad-table', /^entry refused: invalid guest state: CR3=1000000000000000: it must be a physical address at rip=[1-9A-F]/],
    ['bad-address', /^entry refused: invalid guest state: RIP=FFFF000000000000: it must be canonical, and below 4 GiB outside 64-bit code at rip=FFFF000000000000/],
    ...readers,
  ],
  amd: [
    ['bad-table', /^entry refused: VMEXIT_INVALID: CR3=1000000000000000: it must be a physical address at rip=[1-9A-F][0-9A-F]* cr0=11 cr3=1000000000000000 /],
    ['bad-cache', /^entry refused: VMEXIT_INVALID: CR0=20000011: .*NW needs CD, .* at rip=[1-9A-F][0-9A-F]* cr0=20000011 /],
    ['bad-half', /^entry refused: VMEXIT_INVALID: CR0=100000011: its upper half must be 0, .* cr0=100000011 /],
    ...readers,
  ],
}

/** Control blocks that test/instrumented/spoil.ts spoils as a fault of the nucleus's own would: on VT-x, VM-instruction errors 7 and 8. */
const controlBlocks: Record<'intel' | 'amd', Refusals> = {
  intel: [
    ['pin', /^entry refused: invalid control fields: pin-based controls=FFFFFFFF: its bits must be those that the CPU allows and insists on/],
    ['vpid', /^entry refused: invalid control fields: VPID=0: it must not be 0/],
    ['task', /^entry refused: invalid host state: TR=0: it must be one of the GDT with RPL 0, and that of CS and TR not 0/],
    ['stack', /^entry refused: invalid host state: SYSENTER_ESP=8000000000000000: it must be canonical/],
  ],
  amd: [
    ['vmrun', /^entry refused: VMEXIT_INVALID: intercepts=[0-9A-F]+: VMRUN must be among them/],
    ['asid', /^entry refused: VMEXIT_INVALID: ASID=0: it must not be 0/],
  ],
}

describe.each<{ what: string, nucleus: Nucleus, refusals: typeof states }>([
  { what: 'a guest\'s state', nucleus: 'rogue', refusals: states },
  { what: 'a control block', nucleus: 'instrumented', refusals: controlBlocks },
])('$what', ({ nucleus, refusals }) => {
  const chosen = refusals[platform.name === 'bochs-intel' ? 'intel' : 'amd']
  let host: Host

  beforeAll(async () => {
    host = await boot({
      name: `refusal-${nucleus}`, nucleus, counted: 5,
      config: { vms: [guest('spin', 'busy', 'name=busy'), ...chosen.map(([name]) => guest('hello', name, '', { autostart: false, onCrash: 'stop', serial: { mirror: false } }))] },
    })
  })

  afterAll(() => host?.close())

  test.each(chosen)('%s', async (name, report) => {
    const busy = await host.vm('busy').info()
    await host.command(`vm start ${name}`)
    const { reason } = await host.vm(name).is('crashed')
    expect(reason).toMatch(report)
    const later = await host.vm('busy').info()
    expect([later.state, later.restarts]).toEqual(['running', 0])
    expect(later.cpuTimeNanoseconds).toBeGreaterThan(busy.cpuTimeNanoseconds)
  })
})
