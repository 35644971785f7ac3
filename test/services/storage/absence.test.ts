/** A drive of the pool that is pulled out, and put back: nobody sees an error, and nothing is lost that the drive had. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { Disk, Random } from './disk.ts'
import { Ended, Operation, Order, Status, World } from './world.ts'
import { verify, Workload } from './workload.ts'

let world: World
beforeAll(async () => { world = await World.make() })

const devices = 3
let volume: number
beforeEach(() => {
  world.random = new Random(1)
  world.used.clear()
  world.start([new Disk(1300, 'ONE'), new Disk(1300, 'TWO'), new Disk(1300, 'OTHER')])
  expect(world.ask({ operation: Order.PoolCreate, name: 'tank', devices }).status).toBe(Ended.Ok)
  volume = world.volume('web', 64 << 20)
})

const pattern = (sectors: number, seed: number) => Buffer.from(Array.from({ length: sectors * 512 }, (_, index) => (index >> 9) * 7 + seed + (index & 3)))
const write = (sector: number, bytes: Buffer) => world.do(volume, Operation.Write, sector, bytes.length / 512, bytes)
const flush = () => world.do(volume, Operation.Flush, 0, 0)
function read(sector: number, sectors: number): Buffer {
  const memory = Buffer.alloc(sectors * 512, 0xee)
  expect(world.do(volume, Operation.Read, sector, sectors, memory), world.log.join('\n')).toBe(Status.Ok)
  return memory
}
const info = () => world.ask({ operation: Order.PoolInfo })
const device = (number: number) => world.ask({ operation: Order.PoolDevice, value: BigInt(number) })

test('the drives of a pool are told, and which of them is missing', () => {
  expect(device(0)).toMatchObject({ status: Ended.Ok, number: 0, flags: 0, bytes: 1300n * 4096n, name: 'ONE' })
  expect(device(2).status).toBe(Ended.WrongDevices)
  const before = info()
  world.pull(1)
  world.now += 1_000_000_000n
  world.tick()
  expect(info()).toEqual({ ...before, flags: 2 })
  expect(device(0).flags).toBe(0)
  expect(device(1)).toMatchObject({ status: Ended.Ok, number: 1, flags: 1, bytes: 1300n * 4096n, name: 'TWO' })
  expect(world.log).toEqual(['storage pool: its drive TWO is missing; it stands still until that is back'])
  world.putBack()
  expect(info()).toMatchObject({ status: Ended.Ok, flags: 0, name: 'tank' })
  expect(device(1).flags).toBe(0)
  expect(world.log.at(-1)).toBe('storage pool: tank is open')
})

test('what is asked for meanwhile waits, also from a pool that was at nothing when the drive went', () => {
  write(0, pattern(64, 1))
  world.pull(1)
  const memory = Buffer.alloc(64 * 512)
  let ended = -1
  world.submit(volume, Operation.Read, 0, 64, memory, status => { ended = status }) // of the drive that is there
  world.submit(volume, Operation.Flush, 0, 0, Buffer.alloc(0), status => { if (status !== Status.Ok) throw new Error(`a flush ends with ${status}`) })
  world.settle()
  expect(world.paused.length).toBe(1)
  world.submit(volume, Operation.Read, 0, 64, memory, status => { ended = status })
  expect(world.paused.length).toBe(2)
  for (const asked of [{ operation: Order.VolumeCreate, name: 'db', value: 4096n }, { operation: Order.PoolCheck }, { operation: Order.VolumeNext }]) expect(world.ask(asked).status).toBe(Ended.Missing)
  expect(world.ask({ operation: Order.PoolImport }).status).toBe(Ended.PoolImported)
  world.putBack()
  world.settle()
  expect(ended).toBe(Status.Ok)
  expect(memory.equals(pattern(64, 1))).toBe(true)
  expect(world.paused.length + world.requests.size).toBe(0)
  expect(world.check()).toBe(0n)
})

test('another drive in its place is not touched', () => {
  write(0, pattern(8, 1))
  flush()
  const own = world.disks[1]
  world.pull(1)
  world.disks[1] = new Disk(1300, 'STRANGER')
  world.putBack()
  write(0, pattern(512, 2))
  expect(world.paused.length).toBe(1)
  expect(world.disks[1].written()).toEqual([])
  // One that says that it is the same, and has nothing of the pool, is not taken either.
  world.disks[1] = new Disk(1300, 'TWO')
  world.putBack()
  expect(info().flags).toBe(2)
  expect(world.disks[1].written()).toEqual([])
  world.pull(1)
  world.now += 1_000_000_000n
  world.tick()
  world.disks[1] = own
  world.putBack()
  world.settle()
  expect(read(0, 512).equals(pattern(512, 2))).toBe(true)
})

test('a pool that waits can be let go, not while a VM has a volume of it', () => {
  world.used.add(volume)
  world.pull(0)
  write(0, pattern(8, 1))
  expect(world.ask({ operation: Order.PoolExport }).status).toBe(Ended.InUse)
  world.used.clear()
  expect(world.ask({ operation: Order.PoolExport }).status).toBe(Ended.Ok)
  expect(info().status).toBe(Ended.NoPool)
  expect(device(0).status).toBe(Ended.NoPool)
  world.paused = []
  world.putBack()
  expect(info().status).toBe(Ended.NoPool)
  expect(world.ask({ operation: Order.PoolImport, devices }).status).toBe(Ended.Ok)
})

test('what was in the cache of the drive alone is lost, and is never read as if it were there', () => {
  for (let round = 0; round < 6; round++) {
    write(0, pattern(800, 1))
    flush()
    for (let sector = 0; sector < 800; sector += 16) write(sector, pattern(16, round + 2))
    world.pull(1)
    world.now += 1_000_000_000n
    world.tick()
    world.disks[1] = world.disks[1].cut(world.random)
    world.putBack()
    for (let sector = 0; sector < 800; sector += 8) {
      const memory = Buffer.alloc(8 * 512)
      const status = world.do(volume, Operation.Read, sector, 8, memory)
      if (status !== Status.Ok) expect(status).toBe(Status.Failed)
      else expect(memory.equals(pattern(16, round + 2).subarray(sector % 16 * 512, (sector % 16 + 8) * 512))).toBe(true)
    }
    expect(world.check()).toBe(0n)
  }
})

test.each([[1, [1500], 1000], [2, [1300, 1100], 40], [3, [1300, 1100], 3]])('seed %i: a life in which drives go and come is one without errors', (seed, blocks, depth) => {
  const random = world.random = new Random(seed)
  world.depth = depth
  world.create(...blocks)
  const workload = new Workload(world, random)
  for (let pulls = 0; pulls < 40;) {
    if (random.chance(0.35)) workload.act()
    world.step()
    if (!random.chance(0.03) || workload.isOrdering) continue
    world.pull(random.below(blocks.length))
    world.settle()
    world.putBack()
    pulls++
  }
  world.settle()
  world.depth = 1000
  verify(world, workload.expectation(true))
})
