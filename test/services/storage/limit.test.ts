/** Limits of volumes: what a second lets through, on a clock that the test has. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { Disk } from './disk.ts'
import { Ended, Operation, Order, Status, World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await World.make()
  world.pace = 1000n
})

const second = 1_000_000_000n
let volume: number
beforeEach(() => {
  world.configured = {}
  world.create(8000)
  volume = world.volume('web', 64 << 20)
  world.used = new Set([volume])
})

const limit = (name: string, bytes: number | bigint, requests = 0) => world.ask({ operation: Order.VolumeLimit, name, value: BigInt(bytes), limit: requests }).status
const info = (name: string) => world.ask({ operation: Order.VolumeInfo, name })

/** Asks for so many requests at once; the list of their numbers fills as they end. */
function ask(count: number, sectors: number, operation: number = Operation.Read, of = volume): number[] {
  const ended: number[] = []
  for (let index = 0; index < count; index++) {
    world.submit(of, operation, operation === Operation.Flush ? 0 : index * sectors, operation === Operation.Flush ? 0 : sectors, Buffer.alloc(sectors * 512), status => {
      if (status !== Status.Ok) throw new Error(`request ${index} ends with ${status}`)
      ended.push(index)
    })
  }
  world.settle()
  return ended
}

/** Lets time pass, with a call each hundredth of a second. */
function pass(seconds: number): void {
  for (let turn = 0; turn < seconds * 100; turn++) {
    world.now += second / 100n
    world.wake()
    world.settle()
  }
}

test('bytes a second are what passes, in order, and a twentieth of them at once', () => {
  expect(limit('web', 1 << 20)).toBe(Ended.Ok)
  const ended = ask(100, 128) // 64 KiB each, 6.25 MiB
  expect(ended.length).toBeLessThanOrEqual(3)
  const first = ended.length
  pass(2)
  expect(Math.abs(ended.length - first - 32)).toBeLessThanOrEqual(2)
  pass(5)
  expect(ended).toEqual(Array.from({ length: 100 }, (_, index) => index))
})

test('requests a second are, whatever they are', () => {
  expect(limit('web', 0, 50)).toBe(Ended.Ok)
  const reads = ask(20, 8)
  const writes = ask(20, 8, Operation.Write)
  const flushes = ask(20, 8, Operation.Flush)
  const all = () => reads.length + writes.length + flushes.length
  const first = all()
  expect(first).toBeLessThanOrEqual(4)
  pass(1)
  expect(Math.abs(all() - first - 50)).toBeLessThanOrEqual(4)
  pass(1)
  expect(all()).toBe(60)
})

test('one volume waits, and another one does not for it', () => {
  const other = world.volume('db', 64 << 20)
  world.used.add(other)
  limit('web', 64 << 10)
  const slow = ask(20, 128)
  expect(ask(50, 128, Operation.Write, other).length).toBe(50)
  expect(slow.length).toBeLessThan(5)
  expect(limit('web', 0)).toBe(Ended.Ok)
  pass(1)
  expect(slow.length).toBe(20)
})

test('a request that is larger than a second has passes, and the next ones wait for it', () => {
  limit('web', 256 << 10)
  expect(ask(1, 4096).length).toBe(1) // 2 MiB
  const next = ask(1, 8)
  pass(6)
  expect(next.length).toBe(0)
  pass(3)
  expect(next.length).toBe(1)
})

test('who ends does not wait: nobody has the volume any more', () => {
  limit('web', 1024)
  const ended = ask(50, 128)
  expect(ended.length).toBeLessThan(5)
  world.used.clear()
  pass(1)
  expect(ended.length).toBe(50)
})

test('they are the volume\'s own: they are told, outlive the service, and no copy has them', () => {
  expect(limit('web', 10 << 20, 77)).toBe(Ended.Ok)
  world.ask({ operation: Order.VolumeClone, name: 'web', other: 'copy' })
  world.start(world.disks)
  world.ask({ operation: Order.PoolImport, devices: 1 })
  expect(info('web')).toMatchObject({ free: 10n << 20n, what: 77 })
  expect(info('copy')).toMatchObject({ free: 0n, what: 0 })
  expect(limit('web', (64n << 30n) + 1n)).toBe(Ended.OutOfRange)
  expect(limit('web', 1n, 10_000_001)).toBe(Ended.OutOfRange)
  expect(limit('none', 1n)).toBe(Ended.NoSuchVolume)
  expect(info('web')).toMatchObject({ free: 10n << 20n, what: 77 })
  expect(limit('web', 64n << 30n, 10_000_000)).toBe(Ended.Ok)
  expect(ask(50, 128).length).toBe(50)
})

test('the configuration\'s hold when it says others than it did', () => {
  const open = (byteLimit: number, requestLimit: number) => {
    world.configured = { volumes: [{ name: 'web', byteLimit, requestLimit }, { name: 'db', bytes: 1 << 20, byteLimit: 5 << 20 }, { name: 'none', byteLimit: 1 }] }
    world.start(world.disks)
    world.tick()
    world.settle()
    const { free, what } = info('web')
    return [Number(free), what]
  }
  expect(open(1 << 20, 100)).toEqual([1 << 20, 100])
  expect(info('db')).toMatchObject({ status: Ended.Ok, free: 5n << 20n })
  expect(info('none').status).toBe(Ended.NoSuchVolume)
  limit('web', 2 << 20, 0)
  expect(open(1 << 20, 100)).toEqual([2 << 20, 0])
  expect(open(1 << 20, 50)).toEqual([1 << 20, 50])
  expect(open(0, 0)).toEqual([0, 0])
})

test('who waits when a drive goes, waits for that too', () => {
  world.start([new Disk(2000, 'ONE')])
  world.ask({ operation: Order.PoolCreate, name: 'tank', devices: 1 })
  volume = world.volume('web', 64 << 20)
  world.used = new Set([volume])
  limit('web', 64 << 10)
  const ended = ask(20, 128)
  const before = ended.length
  world.pull(0)
  pass(1)
  expect(world.paused.length).toBe(20 - ended.length)
  world.putBack()
  pass(30)
  expect(ended.length).toBe(20)
  expect(before).toBeLessThan(5)
})
