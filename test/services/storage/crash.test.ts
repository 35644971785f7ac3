/** Power cuts: at any moment, with any part of what was not flushed on the disks. STORAGE_CUTS says how many; each test takes an equal share. */
import { beforeAll, expect, test } from 'vitest'
import { Random } from './disk.ts'
import { outside, partitioned } from './partitioned.ts'
import { type Asked, Ended, Operation, Order, Status, World } from './world.ts'
import { verify, Workload } from './workload.ts'

const cuts = Number(process.env.STORAGE_CUTS ?? 600)
let world: World, after: World
beforeAll(async () => {
  world = await World.make()
  after = await World.make()
})

/** A pool on disks of so many blocks, or on the partitions of one, lives through `count` cuts' worth of steps; after each cut a copy of its disks is imported, compared and checked, and sometimes lived on with. */
function live(seed: number, blocks: number[] | 'partitions', depth: number, count: number): number {
  const random = world.random = new Random(seed)
  after.random = new Random(seed + 1)
  world.depth = depth
  const named: Partial<Asked> = blocks === 'partitions' ? { partitions: [[0, 1], [0, 2]] } : { devices: 2 ** blocks.length - 1 }
  if (blocks === 'partitions') {
    world.start([partitioned({ entries: [[2048, 14335], [14336, 26623]] })])
    if (world.ask({ operation: Order.PoolCreate, name: 'tank', ...named }).status !== Ended.Ok) throw new Error('no pool')
  } else world.create(...blocks)
  const beside = world.disks.map(disk => outside(disk, [256, 3328]))
  const workload = new Workload(world, random)
  let done = 0
  const importPool = { operation: Order.PoolImport, ...named }
  while (done < count) {
    if (random.chance(0.35)) workload.act()
    world.step()
    if (!random.chance(0.3)) continue
    // The service alone may end as well, and the next one too: all that was done is there, flushed or not, since the devices' caches are, and what was kept.
    if (random.chance(0.05)) {
      const expectation = workload.expectation(true)
      world.die()
      world.start(world.disks, world.changes)
      if (random.chance(0.3)) {
        world.order(importPool, () => {})
        for (let steps = random.below(20); steps > 0 && world.step(); steps--) continue
        world.die()
        world.start(world.disks, world.changes)
      }
      world.ask(importPool)
      workload.resume(verify(world, expectation))
      continue
    }
    const expectation = workload.expectation()
    after.start(world.disks.map(disk => disk.cut(random)))
    const { status } = after.ask(importPool)
    if (status !== Ended.Ok) throw new Error(`the pool cannot be imported: ${status}`)
    const models = verify(after, expectation)
    done++
    // Now and then life goes on from there.
    if (!random.chance(0.05)) continue
    world.start(after.disks)
    world.ask(importPool)
    workload.resume(models)
  }
  world.settle()
  verify(world, workload.expectation())
  if (blocks === 'partitions') expect(world.disks.map(disk => outside(disk, [256, 3328]))).toEqual(beside)
  return done
}

test('of what was done, and not flushed, nothing is lost with the service: nodes are not put where data is', () => {
  world.random = new Random(7)
  world.depth = 1000
  world.create(1300, 1300)
  const volume = world.volume('web', 64 << 20)
  const write = (sector: number, sectors: number, value: number) => expect(world.do(volume, Operation.Write, sector, sectors, Buffer.alloc(sectors * 512, value))).toBe(Status.Ok)
  write(0, 800, 1)
  expect(world.do(volume, Operation.Flush, 0, 0)).toBe(Status.Ok)
  for (let sector = 0; sector < 800; sector += 16) write(sector, 16, 2)
  world.die()
  world.start(world.disks, world.changes)
  expect(world.ask({ operation: Order.PoolImport, devices: 3 }).status).toBe(Ended.Ok)
  const memory = Buffer.alloc(800 * 512)
  expect(world.do(volume, Operation.Read, 0, 800, memory)).toBe(Status.Ok)
  expect(memory.equals(Buffer.alloc(800 * 512, 2))).toBe(true)
  expect(world.check()).toBe(0n)
})

test.each([[1, [1500], 1000], [2, [1500], 3], [3, [1300, 1100], 40], [4, [1800], 12], [5, 'partitions', 40]] as const)('seed %i: all that was flushed is there, and nothing is lost or used twice', (seed, blocks, depth) => {
  const share = Math.ceil(cuts / 5)
  for (let done = 0, life = 0; done < share; life++) done += live(seed + 10 * life, blocks === 'partitions' ? blocks : [...blocks], depth, Math.min(500, share))
}, 3_600_000)
