/**
 * The local APIC in hardware: where there are virtual-interrupt delivery and the rest, a guest finds what it finds without. On the groups of selftest that do not hold
 * interrupts off, since Bochs 2.7 delivers a virtual interrupt to a guest that takes none (SUPPORT.md, By vendor).
 */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platforms } from '../harness/platform.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

const on = { ...platforms['bochs-intel'], cpu: 'corei7_haswell_4770' }
const needed = ['tpr-shadow', 'apic-accesses', 'x2apic-virtualization', 'apic-register-virtualization', 'virtual-interrupt-delivery']

test.each(['apic', 'startup'])('%s', async group => {
  host = await boot({ name: `virtualapic-${group}`, on, config: { vms: [guest('selftest', 'list', `only=${group}`, { vcpus: 2 })] } })
  const { featuresUsed } = await host.json<{ featuresUsed: string[] }>('host info')
  expect(featuresUsed).toEqual(expect.arrayContaining(needed))
  await host.vm('list').sees(/selftest: \d+ ok/)
  expect(host.vm('list').lines().filter(line => line.startsWith('FAIL'))).toEqual([])
}, 420_000)
