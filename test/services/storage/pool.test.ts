/** The storage pool: what its volumes hold, what its orders do, and what it says when something is wrong. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'
import { Ended, Operation, Order, Status, World } from './world.ts'

let world: World
beforeAll(async () => { world = await World.make() })

const pattern = (sectors: number, seed: number) => Buffer.from(Array.from({ length: sectors * 512 }, (_, index) => (index >> 9) * 7 + seed + (index & 3)))
function read(volume: number, sector: number, sectors: number): Buffer {
  const memory = Buffer.alloc(sectors * 512, 0xee)
  expect(world.do(volume, Operation.Read, sector, sectors, memory), world.log.join('\n')).toBe(Status.Ok)
  return memory
}
const same = (given: Buffer, expected: Buffer) => expect(given.equals(expected)).toBe(true)
const write = (volume: number, sector: number, bytes: Buffer) => expect(world.do(volume, Operation.Write, sector, bytes.length / 512, bytes), world.log.join('\n')).toBe(Status.Ok)
const flush = (volume: number) => expect(world.do(volume, Operation.Flush, 0, 0)).toBe(Status.Ok)
const reimport = () => {
  world.start(world.disks)
  expect(world.ask({ operation: Order.PoolImport, devices: 2 ** world.disks.length - 1 }).status, world.log.join('\n')).toBe(Ended.Ok)
}

test('the tests\' checksum is CRC-32C', () => expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283))

describe('a volume', () => {
  let volume: number
  beforeEach(() => {
    world.create(4096)
    volume = world.volume('web', 64 << 20)
  })

  test('reads zeros where nothing was written', () => same(read(volume, 5, 300), Buffer.alloc(300 * 512)))

  test.each([[0, 8], [0, 256], [2048 - 8, 2000], [3, 2], [7, 2], [1, 30], [16, 7], [131064, 8]])('holds what was written at sector %i, %i sectors', (sector, sectors) => {
    const bytes = pattern(sectors, 3)
    write(volume, sector, bytes)
    same(read(volume, sector, sectors), bytes)
    flush(volume)
    reimport()
    same(read(volume, sector, sectors), bytes)
    expect(world.check()).toBe(0n)
  })

  test('keeps what is beside a piece', () => {
    write(volume, 0, pattern(16, 1))
    write(volume, 6, pattern(4, 99))
    same(read(volume, 0, 16), Buffer.concat([pattern(16, 1).subarray(0, 6 * 512), pattern(4, 99), pattern(16, 1).subarray(10 * 512)]))
  })

  test('forgets what is discarded and zeroed', () => {
    write(volume, 0, pattern(64, 1))
    expect(world.do(volume, Operation.Discard, 4, 20)).toBe(Status.Ok)
    same(read(volume, 8, 16), Buffer.alloc(16 * 512))
    same(read(volume, 4, 4), pattern(64, 1).subarray(4 * 512, 8 * 512))
    expect(world.do(volume, Operation.WriteZeroes, 30, 21)).toBe(Status.Ok)
    same(read(volume, 24, 40), Buffer.concat([pattern(64, 1).subarray(24 * 512, 30 * 512), Buffer.alloc(21 * 512), pattern(64, 1).subarray(51 * 512)]))
    expect(world.check()).toBe(0n)
  })

  test('does not read or write beyond its end', () => {
    expect(world.do(volume, Operation.Read, 131072 - 1, 2, Buffer.alloc(1024))).toBe(Status.Failed)
    expect(world.do(volume, Operation.Write, 2 ** 40, 2, Buffer.alloc(1024))).toBe(Status.Failed)
    expect(world.do(99, Operation.Read, 0, 1, Buffer.alloc(512))).toBe(Status.Failed)
    expect(world.do(volume, 9, 0, 1)).toBe(Status.Unsupported)
  })
})
