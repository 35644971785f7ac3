/** A volume whose nodes lead all over the pool: what a change of it needs in memory is most there can be. */
import { expect, test } from 'vitest'
import { scatter } from './scattered.ts'
import { Ended, Operation, Order, Status, World } from './world.ts'

test('changes that share the most wait for a commit where pages are short, and everything goes on', async () => {
  const groups = 5
  const world = await World.make()
  world.create((10 + groups * 512) * 2048)
  const volume = world.volume('web', 64n << 30n)
  expect(volume).toBe(0)
  expect(world.ask({ operation: Order.PoolExport }).status).toBe(Ended.Ok)
  scatter(world.disks[0], groups)
  world.start(world.disks)
  expect(world.ask({ operation: Order.PoolImport, devices: 1 }).status, world.log.join()).toBe(Ended.Ok)
  expect(world.check()).toBe(0n)
  expect(world.ask({ operation: Order.VolumeSnapshot, name: 'web', other: 'before' }).status).toBe(Ended.Ok)
  const other = world.volume('other', 1 << 30)

  const states: number[] = []
  const begin = (number: number, operation: number, sector: number, sectors: number) => {
    const index = states.push(-1) - 1
    world.submit(number, operation, sector, sectors, Buffer.alloc(sectors * 512, 9), status => { states[index] = status })
    while (world.step()) continue
  }
  // The disk takes its time to flush the first commit, and what comes meanwhile needs all pages.
  world.slow = 'flush'
  begin(other, Operation.Write, 0, 8)
  begin(other, Operation.Flush, 0, 0)
  for (let group = 0; group < groups - 1; group++) begin(volume, Operation.Write, group * 65536 * 8, 8)
  begin(other, Operation.Write, 8, 8)
  expect(states.at(-1)).toBe(-1)
  world.slow = undefined
  world.settle()
  begin(volume, Operation.Flush, 0, 0)
  expect(states).toEqual(states.map(() => Status.Ok))
  expect(world.log).toEqual([])
  const memory = Buffer.alloc(4096)
  for (let group = 0; group < groups; group++) {
    expect(world.do(volume, Operation.Read, group * 65536 * 8, 8, memory)).toBe(Status.Ok)
    expect(memory.equals(Buffer.alloc(4096, group < groups - 1 ? 9 : 5))).toBe(true)
  }
  expect(world.check()).toBe(0n)
}, 120_000)
