/**
 * What an administrator may order, in any order, on a host of four processors: every VM is what it was told to be, and no frame is lost. The same where the
 * processors are slow at random whenever they tell each other something.
 */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, type Nucleus } from '../harness/config.ts'
import type { Host, VmInfo } from '../harness/host.ts'

let host: Host

/** Seconds of the host's time; STRESS_SECONDS=600 is the long run. */
const SECONDS = Number(process.env.STRESS_SECONDS ?? 12)
const names = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox']

async function start(nucleus?: Nucleus): Promise<void> {
  seed = 20261122
  const victims = names.map((name, i) => guest(i % 2 ? 'spin' : 'hello', name, `name=${name}`, { autostart: false, vcpus: 1 + i % 3, serial: { mirror: false } }))
  host = await boot({ name: nucleus ? `stress-${nucleus}` : 'stress', nucleus, processors: 4, memory: 1024, config: { vms: [guest('spin', 'rock', 'name=rock'), ...victims] } })
}
afterEach(() => host?.close())

/** The same choices in every run. */
let seed = 0
function choose<T>(list: readonly T[]): T {
  seed = Math.imul(seed, 1664525) + 1013904223 >>> 0
  return list[Math.floor(seed / 2 ** 32 * list.length)]
}

/** What is ordered, and the state in which that leaves a VM in each of the states, or nothing where it is refused. */
const orders: { order: string, leads: Partial<Record<VmInfo['state'], VmInfo['state']>> }[] = [
  { order: 'start', leads: { stopped: 'running' } }, { order: 'kill', leads: { running: 'stopped', paused: 'stopped' } },
  { order: 'pause', leads: { running: 'paused' } }, { order: 'resume', leads: { paused: 'running' } }, { order: 'reset', leads: { running: 'running', paused: 'running' } },
]
const settings = ['weight 10', 'weight 1000', 'cap 30', 'cap 250', 'cap none', 'affinity 0', 'affinity 1-3', 'affinity all']

test.each<[string, Nucleus?]>([['orders at random'], ['orders at random where the processors are slow to tell each other', 'delayed']])('%s', { timeout: (SECONDS * 20 + 300) * 1000 }, async (_, nucleus) => {
  await start(nucleus)
  // A VM's first start takes frames for tables that it keeps.
  for (const name of names) for (const order of ['start', 'kill']) await host.command(`vm ${order} ${name}`)
  const before = await host.json('host memory')
  const states = new Map<string, VmInfo['state']>(names.map(name => [name, 'stopped' as const]))
  const { uptimeNanoseconds: begin } = await host.json('host info')
  let done = 0
  for (let now = begin; now < begin + SECONDS * 1e9; ({ uptimeNanoseconds: now } = await host.json('host info'))) {
    for (let turn = 0; turn < 10; turn++) {
      const name = choose(names)
      if (choose([true, true, false])) {
        const { order, leads } = choose(orders)
        const next = leads[states.get(name)!]
        if (!next) continue
        await host.command(`vm ${order} ${name}`)
        states.set(name, next)
        await host.vm(name).is(next)
      } else await host.command(`vm set ${name} ${choose(settings)}`)
      done++
    }
  }
  expect(done).toBeGreaterThan(SECONDS)
  for (const name of names) if (states.get(name) !== 'stopped') await host.command(`vm kill ${name}`)
  for (const name of names) await host.vm(name).is('stopped')
  expect((await host.json('host memory')).owners).toEqual(before.owners)
  expect(await host.vm('rock').info()).toMatchObject({ state: 'running', restarts: 0 })
  const seen = host.vm('rock').lines().length
  await host.emulator.until('the neighbour to go on', () => host.vm('rock').lines().length > seen, { within: 60 })
})
