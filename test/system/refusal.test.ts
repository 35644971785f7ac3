/** Guests whose machines start them in states that no processor runs: each is stopped with the rule in words, and its neighbour runs on. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platform } from '../harness/platform.ts'

/** What VT-x refuses, by the name that test/rogue/machine.ts knows, and what is said of it. */
const intel: [string, RegExp][] = [
  ['bad-rflags', /^entry refused: invalid guest state: RFLAGS=0: bit 1 must be 1 and reserved bits 0 at rip=[1-9A-F]/],
  ['bad-task', /^entry refused: invalid guest state: TR=89: it must be a busy TSS at rip=[1-9A-F].* exit=80000021$/],
  ['bad-paging', /^entry refused: invalid guest state: CR0=80000030: PG needs PE/],
  ['bad-table', /^entry refused: invalid guest state: CR3=1000000000000000: it must be a physical address at rip=[1-9A-F]/],
  ['bad-address', /^entry refused: invalid guest state: RIP=FFFF000000000000: it must be canonical, and below 4 GiB outside 64-bit code at rip=FFFF000000000000/],
]

/** What AMD-V refuses. */
const amd: [string, RegExp][] = [
  ['bad-table', /^entry refused: VMEXIT_INVALID: CR3=1000000000000000: it must be a physical address at rip=[1-9A-F][0-9A-F]* cr0=11 cr3=1000000000000000 /],
  ['bad-cache', /^entry refused: VMEXIT_INVALID: CR0=20000011: .*NW needs CD, .* at rip=[1-9A-F][0-9A-F]* cr0=20000011 /],
  ['bad-half', /^entry refused: VMEXIT_INVALID: CR0=100000011: its upper half must be 0, .* cr0=100000011 /],
]
const states = platform.name === 'bochs-intel' ? intel : amd

let host: Host

beforeAll(async () => {
  host = await boot({
    name: 'refusal', nucleus: 'rogue',
    config: { vms: [guest('spin', 'busy', 'name=busy'), ...states.map(([name]) => guest('hello', name, '', { autostart: false, onCrash: 'stop', serial: { mirror: false } }))] },
  })
})

afterAll(() => host?.close())

test.each(states)('%s', async (name, report) => {
  const busy = await host.vm('busy').info()
  await host.command(`vm start ${name}`)
  const { reason } = await host.vm(name).is('crashed')
  expect(reason).toMatch(report)
  const later = await host.vm('busy').info()
  expect([later.state, later.restarts]).toEqual(['running', 0])
  expect(later.cpuTimeNanoseconds).toBeGreaterThan(busy.cpuTimeNanoseconds)
})
