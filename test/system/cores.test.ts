/** Core scheduling, on two cores of two threads: three busy VMs with one vCPU each, so that no VM can be on both threads of a core. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

const Cores = [[0, 1], [2, 3]]
const names = ['one', 'two', 'three']

let host: Host

beforeAll(async () => {
  host = await boot({
    name: 'cores', processors: 4, threads: 2,
    config: { name: 'threads', coreScheduling: true, vms: names.map(name => ({ ...guest('spin', name, `name=${name} period=300`), serial: { mirror: false } })) },
  })
})

afterAll(() => host?.close())

/** In a second: what part of it each core's threads spent in guests, together; what of it threads idled by force; what each VM had. */
async function sample(): Promise<{ guests: number[], forced: number, vms: number[] }> {
  const { intervalNanoseconds, cpus, vms } = await host.json('host top')
  const part = (nanoseconds: number) => nanoseconds / intervalNanoseconds
  return {
    guests: Cores.map(core => core.reduce((sum, cpu) => sum + part(cpus[cpu].guestsNanoseconds), 0)),
    forced: cpus.reduce((sum: number, cpu: any) => sum + part(cpu.forcedIdleNanoseconds), 0),
    vms: vms.map((vm: any) => part(vm.cpuTimeNanoseconds)),
  }
}

test('the host tells its cores, and that VMs share none', async () => {
  expect(await host.json('host info')).toMatchObject({ cores: Cores, coreScheduling: true })
})

test('no core runs two VMs at the same time, and each VM has its share of the cores', async () => {
  const seconds: Awaited<ReturnType<typeof sample>>[] = []
  for (let n = 0; n < 10; n++) seconds.push(await sample())
  // Two threads that were in guests at the same time were in those of two VMs. What is read of one while it runs, and of the other a moment later, is counted a little apart.
  for (const { guests } of seconds) for (const busy of guests) expect(busy).toBeLessThan(1.01)
  const mean = (part: (second: typeof seconds[number]) => number) => seconds.reduce((sum, second) => sum + part(second), 0) / seconds.length
  for (const core of [0, 1]) expect(mean(({ guests }) => guests[core])).toBeGreaterThan(0.8)
  for (const vm of [0, 1, 2]) expect(mean(({ vms }) => vms[vm])).toBeGreaterThan(0.5)
  for (const vm of [0, 1, 2]) expect(mean(({ vms }) => vms[vm])).toBeLessThan(0.8)
  // Of each core one thread, while somebody waited.
  expect(mean(({ forced }) => forced)).toBeGreaterThan(1)
}, 600_000)

test('off at run time, all three run at once, two of them on one core; on again, they do not', async () => {
  expect(await host.command('host set coreScheduling off')).toBe('coreScheduling: on -> off')
  await sample()
  const shared = await sample()
  expect(Math.max(...shared.guests)).toBeGreaterThan(1.5)
  expect(Math.min(...shared.vms)).toBeGreaterThan(0.8)
  expect(shared.forced).toBe(0)
  expect(await host.command('host set coreScheduling on')).toBe('coreScheduling: off -> on')
  await sample()
  for (const busy of (await sample()).guests) expect(busy).toBeLessThan(1.01)
}, 600_000)
