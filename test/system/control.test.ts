/** Control blocks that the hardware refuses before it looks at the guest: that VM is stopped with the rule in words, and its neighbour runs on. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platform } from '../harness/platform.ts'

/** By the name of the VM that test/instrumented/spoil.ts spoils: what VT-x says, with VM-instruction errors 7 and 8. */
const intel: [string, RegExp][] = [
  ['pin', /^entry refused: invalid control fields: pin-based controls=FFFFFFFF: its bits must be those that the CPU allows and insists on/],
  ['vpid', /^entry refused: invalid control fields: VPID=0: it must not be 0/],
  ['task', /^entry refused: invalid host state: TR=0: it must be one of the GDT with RPL 0, and that of CS and TR not 0/],
  ['stack', /^entry refused: invalid host state: SYSENTER_ESP=8000000000000000: it must be canonical/],
]

/** The same of AMD-V. */
const amd: [string, RegExp][] = [
  ['vmrun', /^entry refused: VMEXIT_INVALID: intercepts=[0-9A-F]+: VMRUN must be among them/],
  ['asid', /^entry refused: VMEXIT_INVALID: ASID=0: it must not be 0/],
]
const blocks = platform.name === 'bochs-intel' ? intel : amd

let host: Host

beforeAll(async () => {
  host = await boot({
    name: 'control', nucleus: 'instrumented',
    config: { vms: [guest('spin', 'busy', 'name=busy'), ...blocks.map(([name]) => guest('hello', name, '', { autostart: false, onCrash: 'stop', serial: { mirror: false } }))] },
  })
})

afterAll(() => host?.close())

test.each(blocks)('%s', async (name, report) => {
  const busy = await host.vm('busy').info()
  await host.command(`vm start ${name}`)
  const { reason } = await host.vm(name).is('crashed')
  expect(reason).toMatch(report)
  const later = await host.vm('busy').info()
  expect([later.state, later.restarts]).toEqual(['running', 0])
  expect(later.cpuTimeNanoseconds).toBeGreaterThan(busy.cpuTimeNanoseconds)
})
