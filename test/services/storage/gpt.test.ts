/** Partitions: a GPT as UEFI 2.10, 5.3 has it, whole and broken. */
import { beforeAll, expect, test } from 'vitest'
import { Disk, Random } from './disk.ts'
import { diskBlocks, outside, partitioned, type Table } from './partitioned.ts'
import { Ended, Operation, Order, Status, World } from './world.ts'

let world: World
beforeAll(async () => { world = await World.make() })

function create(disk: Disk, wanted: number): number {
  world.start([disk])
  return world.ask({ operation: Order.PoolCreate, name: 'tank', partitions: [[0, wanted]] }).status
}

test.each([[512, 128, 2048, 18431], [4096, 256, 300, 2400]])('a pool in a partition, with blocks of %i bytes, touches nothing else', (bytes, size, first, last) => {
  world.logicalBlockBytes = bytes
  const disk = partitioned({ bytes, size, entries: [[100, 200], [first, last]] })
  const range: [number, number] = [first * bytes / 4096, (last + 1) * bytes / 4096]
  const before = outside(disk, range)
  expect(create(disk, 2)).toBe(Ended.Ok)
  const volume = world.volume('web', 1 << 20)
  expect(world.do(volume, Operation.Write, 0, 2048, Buffer.alloc(1 << 20, 7))).toBe(Status.Ok)
  expect(world.do(volume, Operation.Flush, 0, 0)).toBe(Status.Ok)
  expect(outside(disk, range)).toEqual(before)
  world.start([disk])
  expect(world.ask({ operation: Order.PoolImport, partitions: [[0, 2]] }).status).toBe(Ended.Ok)
  world.logicalBlockBytes = 512
})

const u32 = (at: number, value: number) => (header: Buffer) => { header.writeUInt32LE(value >>> 0, at) }
const u64 = (at: number, value: bigint) => (header: Buffer) => { header.writeBigUInt64LE(value, at) }
test.each<[string, number, Table, number]>([
  ['there is none', 1, { broken: image => { image.fill(0) } }, Ended.Corrupt],
  ['only the backup is whole', 1, { broken: image => { image.fill(0, 0, 4096) } }, Ended.Corrupt],
  ['no such partition', 3, {}, Ended.NoSuchPartition], ['a number beyond all', 129, {}, Ended.NoSuchPartition], ['a number beyond all tables', 0xff_ffff, {}, Ended.NoSuchPartition],
  ['a header that changed', 1, { broken: image => { image[512 + 0x30] ^= 1 } }, Ended.Corrupt], ['an entry that changed', 1, { broken: image => { image[1024 + 5000] ^= 1 } }, Ended.Corrupt],
  ['a header of another length', 1, { edit: u32(0xc, 4096) }, Ended.Corrupt], ['one that lies elsewhere', 1, { edit: u64(0x18, 2n) }, Ended.Corrupt],
  ['entries beyond the end', 1, { edit: u64(0x48, 1n << 60n) }, Ended.Corrupt], ['entries that end beyond it', 1, { edit: u64(0x48, BigInt(diskBlocks * 8 - 1)) }, Ended.Corrupt],
  ['entries where partitions can be', 1, { edit: u64(0x28, 20n) }, Ended.Corrupt], ['a header where they can be', 1, { edit: u64(0x28, 1n) }, Ended.Corrupt],
  ['a backup where they can be', 1, { edit: u64(0x20, 5000n) }, Ended.Corrupt],
  ['too many entries', 1, { edit: u32(0x50, 0x8000_0001) }, Ended.Corrupt],
  ['entries of no size', 1, { edit: u32(0x54, 0) }, Ended.Corrupt], ['a partition beyond the end', 1, { entries: [[2048, 1 << 30]] }, Ended.Corrupt],
  ['one that ends before it begins', 1, { entries: [[2048, 2000]] }, Ended.Corrupt], ['one on the table', 1, { entries: [[0, 2000]] }, Ended.Corrupt],
  ['one that another begins in', 1, { entries: [[2048, 20000], [20000, 60000]] }, Ended.Corrupt], ['one that is within another', 2, { entries: [[2048, 60000], [20480, 40959]] }, Ended.Corrupt],
  ['one that begins within 4 KiB', 1, { entries: [[2049, 20000]] }, Ended.WrongDevices], ['one that is too small', 1, { entries: [[2048, 4095]] }, Ended.WrongDevices],
])('%s is answered with what is wrong', (_, wanted, table, status) => {
  const disk = partitioned(table)
  const before = outside(disk)
  expect(create(disk, wanted)).toBe(status)
  expect(outside(disk)).toEqual(before)
})

test.each([[0, 512], [0, 4096], [1, 4096]])('a disk of %i blocks, of sectors of %i bytes, has no table', (blocks, bytes) => {
  world.logicalBlockBytes = bytes
  expect(create(new Disk(blocks), 1)).toBe(Ended.Corrupt)
  world.logicalBlockBytes = 512
})

test('whatever a table holds, nothing is written but in a partition of it', () => {
  const random = new Random(3)
  let made = 0
  for (let round = 0; round < 600; round++) {
    let ranges: [number, number][] = []
    const disk = partitioned({ edit: (header, entries) => {
      for (let count = random.below(4); count > 0; count--) header[random.below(92)] = random.below(256)
      for (let count = random.below(4); count > 0; count--) entries[random.below(256)] = random.below(256)
      // What says how long the array is must be such that its checksum can be made.
      if (header.readUInt32LE(0x50) * header.readUInt32LE(0x54) > entries.length) header.writeUInt32LE(1, 0x50)
      ranges = [0, 128].map(at => [Number(entries.readBigUInt64LE(at + 0x20)) / 8, (Number(entries.readBigUInt64LE(at + 0x28)) + 1) / 8])
    } })
    const wanted = random.below(2)
    const before = outside(disk, ranges[wanted])
    if (create(disk, wanted + 1) === Ended.Ok) made++
    expect(outside(disk, ranges[wanted])).toEqual(before)
  }
  expect(made).toBeGreaterThan(20)
})
