/** A service that fails and is started again: whatever happens while it makes again what was kept, of what guests were told is done nothing is lost. */
import { beforeAll, expect, test } from 'vitest'
import { readPool } from './reader.ts'
import { type Answer, Ended, Operation, Order, Status, World } from './world.ts'

let world: World
beforeAll(async () => { world = await World.make() })

const filled = (value: number, sectors = 8) => Buffer.alloc(sectors * 512, value)
const write = (volume: number, sector: number, bytes: Buffer) => expect(world.do(volume, Operation.Write, sector, bytes.length / 512, bytes), world.log.join('\n')).toBe(Status.Ok)
const flush = (volume: number) => expect(world.do(volume, Operation.Flush, 0, 0)).toBe(Status.Ok)
const importPool = { operation: Order.PoolImport, devices: 1 }
function read(volume: number, sector: number): number {
  const memory = filled(0xee)
  expect(world.do(volume, Operation.Read, sector, 8, memory), world.log.join('\n')).toBe(Status.Ok)
  expect(memory.equals(filled(memory[0]))).toBe(true)
  return memory[0]
}
function restart(): void {
  world.die()
  world.start(world.disks, world.changes)
}
/** Sectors far from each other: each is in a node of its own. */
const sectors = (count: number) => Array.from({ length: count }, (_, index) => index * 8 * 256 * 16)

test.each([20, 100, 200, 400, 700])('a commit in the middle, after %i steps, and the service failing again after it', steps => {
  world.create(1 << 16)
  const volume = world.volume('web', 8 * 1024 ** 3)
  const places = sectors(400)
  for (const place of places) write(volume, place, filled(1))
  flush(volume)
  for (const place of places) write(volume, place, filled(7))
  const kept = world.changes.length
  restart()
  let answer: Answer | undefined
  world.order(importPool, given => { answer = given })
  for (let step = 0; step < steps && world.step(); step++) continue
  if (!answer) world.tick()
  for (let step = 0; step < 300 && world.step(); step++) continue
  restart()
  expect(world.ask(importPool).status, world.log.join('\n')).toBe(Ended.Ok)
  expect(kept).toBeGreaterThan(100)
  expect(world.log.filter(line => line.includes('could not'))).toEqual([])
  expect(places.filter(place => read(volume, place) !== 7)).toEqual([])
  expect(world.check()).toBe(0n)
  flush(volume)
  readPool(world.disks)
})

test('a block of data that was freed and written again in the middle', () => {
  world.create(1 << 14)
  const volume = world.volume('web', 64 << 20)
  write(volume, 0, filled(3))
  flush(volume)
  for (let round = 0; round < 30; round++) {
    write(volume, round * 8, filled(round + 1))
    expect(world.do(volume, Operation.Discard, round * 8, 8)).toBe(Status.Ok)
    write(volume, round * 8, filled(round + 101))
  }
  for (let again = 0; again < 3; again++) {
    restart()
    world.order(importPool, () => {})
    for (let step = 0; step < 4 + again && world.step(); step++) continue
    world.tick()
    for (let step = 0; step < 9 * again && world.step(); step++) continue
  }
  restart()
  expect(world.ask(importPool).status).toBe(Ended.Ok)
  for (let round = 0; round < 30; round++) expect(read(volume, round * 8)).toBe(round + 101)
  expect(world.check()).toBe(0n)
})

test('a commit that fails: what it was to have is kept, and made again by the next', () => {
  world.create(1 << 14)
  const volume = world.volume('web', 64 << 20)
  write(volume, 0, filled(7))
  restart()
  world.failing = kind => kind === 'write'
  expect(world.ask(importPool).status).toBe(Ended.Ok)
  expect(world.log.join()).toContain('can only be read')
  world.failing = undefined
  expect(read(volume, 0)).toBe(7)
  expect(world.ask({ operation: Order.PoolExport }).status).toBe(Ended.Ok)
  expect(world.ask(importPool).status).toBe(Ended.Ok)
  expect(read(volume, 0)).toBe(7)
  expect(world.changes).toEqual([])
})
