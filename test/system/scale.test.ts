/** What a VM costs does not depend on how many there are beside it, and those that have little to do take little. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

interface Sample { at: number, own: number, exits: number }
interface Cost { boot: number, exits: number, busy: number }

/** Nanoseconds of the host's uptime, and of its processor's time those of guests and nucleus: the console, which is asked for them, takes more. Exits of all VMs. */
async function sample(): Promise<Sample> {
  const { cpus: [cpu] } = await host!.json('host cpu')
  const vms: { exits: number }[] = await host!.json('vm list')
  return { at: (await host!.json('host info')).uptimeNanoseconds, own: cpu.guestsNanoseconds + cpu.nucleusNanoseconds, exits: vms.reduce((sum, vm) => sum + vm.exits, 0) }
}

/**
 * So many guests that wake every 75 ms, as an idle kernel does, for eight seconds by a clock that counts instructions. `boot`: ticks of the TSC until the first
 * guest's first instruction, when all have been loaded. In a second each VM has so many `exits`, and all keep the processor `busy`, a part of 1.
 */
async function costOf(count: number): Promise<Cost> {
  const vms = Array.from({ length: count }, (_, i) => guest('sleeper', `vm${i}`, 'period=100000 times=4096', { memory: '8 MiB', serial: { mirror: false } }))
  host = await boot({ name: `scale-${count}`, memory: 4096, config: { vms }, counted: 0 })
  const ticks = Number(/first guest instruction after (\d+)/.exec(await host.command('log'))?.[1])
  await host.json('host top') // a second, in which the last ones have come up
  await host.json('host top')
  const first = await sample()
  // As many commands each time, a second each: what they cost the nucleus is the same, however many VMs there are.
  for (let second = 0; second < 8; second++) await host.json('host top')
  const last = await sample()
  await host.close()
  const time = last.at - first.at
  return { boot: ticks, exits: (last.exits - first.exits) / count / time * 1e9, busy: (last.own - first.own) / time }
}

/** Within so many percent. */
function expectFlat(what: string, value: number, of: number, percent: number): void {
  expect(Math.abs(value / of - 1) * 100, `${what}: ${value} instead of ${of}`).toBeLessThan(percent)
}

test('VMs cost each the same, whether there are 8, 32 or 64', async () => {
  const one = await costOf(1)
  const all = await costOf(64)
  // What the host does for itself is in the first one's: each further VM costs so much.
  const further = (cost: Cost, count: number) => ({ boot: (cost.boot - one.boot) / (count - 1), busy: (cost.busy - one.busy) / (count - 1) })
  expectFlat('exits of one', one.exits, all.exits, 15)
  for (const count of [8, 32]) {
    const some = await costOf(count)
    expectFlat(`exits of ${count}`, some.exits, all.exits, 15)
    expectFlat(`ticks to load one of ${count}`, further(some, count).boot, further(all, 64).boot, 15)
    expectFlat(`time of one of ${count}`, further(some, count).busy, further(all, 64).busy, 15)
  }
  expect(all.busy).toBeLessThan(0.03)
})
