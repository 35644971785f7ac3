/** Guests whose machines start them in states that no processor runs: each is stopped with the rule in words, and its neighbour runs on. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platforms } from '../harness/platform.ts'

/** What the hardware refuses, by the name that test/rogue/machine.ts knows, and what is said of it. */
const states: [string, RegExp][] = [
  ['bad-rflags', /^entry refused: invalid guest state: RFLAGS=0: bit 1 must be 1 and reserved bits 0 at rip=[1-9A-F]/],
  ['bad-task', /^entry refused: invalid guest state: TR=89: it must be a busy TSS at rip=[1-9A-F].* exit=80000021$/],
  ['bad-paging', /^entry refused: invalid guest state: CR0=80000030: PG needs PE/],
  ['bad-address', /^entry refused: invalid guest state: RIP=FFFF000000000000: it must be canonical, and below 4 GiB outside 64-bit code at rip=FFFF000000000000/],
]

let host: Host

beforeAll(async () => {
  host = await boot({
    name: 'refusal', nucleus: 'rogue', on: platforms['bochs-intel'],
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
