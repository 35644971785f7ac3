/** Which processors run a VM, on a host of two, as host top sees it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host

beforeAll(async () => {
  host = await boot({ name: 'affinity', processors: 2, config: { name: 'two', vms: [{ ...guest('spin', 'busy', 'name=busy period=300'), affinity: [1] }] } })
  await host.vm('busy').sees(/count=\d+/)
})

afterAll(() => host?.close())

/** What part of a second each processor spent in guests. */
async function shares(): Promise<number[]> {
  const { intervalNanoseconds, cpus } = await host.json('host top')
  return cpus.map((cpu: any) => cpu.guestsNanoseconds / intervalNanoseconds)
}

test('a VM runs on the processors of its affinity, also when that changes while it runs', async () => {
  const before = await shares()
  expect(before[0]).toBe(0)
  expect(before[1]).toBeGreaterThan(0.8)
  expect(await host.command('vm set busy affinity 0')).toBe('affinity of busy: 1 -> 0')
  const after = await shares()
  expect(after[0]).toBeGreaterThan(0.6)
  expect(after[1]).toBe(0)
})

test('a VM that never rests goes where it prefers to be, when there is room', async () => {
  await host.command('vm set busy affinity all')
  for (const number of [1, 0]) {
    await host.command(`vm set busy prefer ${number}`)
    expect((await shares())[number]).toBeGreaterThan(0.6)
  }
})

test('a processor that the host does not have is refused', async () => {
  expect(await host.command('vm set busy affinity 0,2')).toContain('(this host has 0-1)')
})
