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
 * So many guests that wake every 75 ms, as an idle kernel does, for four seconds or more by a clock that counts instructions. `boot`: ticks of the TSC until the first
 * guest's first instruction, when all have been loaded. In a second each VM has so many `exits`, and all keep the processor `busy`, a part of 1.
 */
async function costOf(count: number): Promise<Cost> {
  const vms = Array.from({ length: count }, (_, i) => guest('sleeper', `vm${i}`, 'period=100000 times=4096', { memory: '8 MiB', serial: { mirror: false } }))
  host = await boot({ name: `scale-${count}`, memory: 4096, config: { vms }, counted: 0 })
  const ticks = Number(/first guest instruction after (\d+)/.exec(await host.command('log'))?.[1])
  await host.json('host top') // a second, in which the last ones have come up
  await host.json('host top')
  const first = await sample()
  let last = first
  while (last.at - first.at < 4e9) last = await sample()
  await host.close()
  const time = last.at - first.at
  return { boot: ticks, exits: (last.exits - first.exits) / count / time * 1e9, busy: (last.own - first.own) / time }
}

/** Within so many percent. */
function expectFlat(what: string, value: number, of: number, percent: number): void {
  expect(Math.abs(value / of - 1) * 100, `${what}: ${value} instead of ${of}`).toBeLessThan(percent)
}

test('64 VMs cost each what 8 do, or one', async () => {
  const one = await costOf(1)
  const eight = await costOf(8)
  const all = await costOf(64)
  expectFlat('exits', eight.exits, one.exits, 15)
  expectFlat('exits', all.exits, one.exits, 15)
  expectFlat('ticks to load one', (all.boot - one.boot) / 63, (eight.boot - one.boot) / 7, 15)
  // One that is alone is not switched to. Each timer's interrupt looks at a word for each VM.
  expectFlat('time', all.busy / 64, eight.busy / 8, 25)
  expect(all.busy).toBeLessThan(0.03)
})
