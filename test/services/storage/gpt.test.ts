/** Partitions: a GPT as UEFI 2.10, 5.3 has it, whole and broken. */
import { beforeAll, expect, test } from 'vitest'
import { Disk, Random } from './disk.ts'
import { diskBlocks, partitioned, type Table } from './partitioned.ts'
import { Ended, Operation, Order, Status, World } from './world.ts'

let world: World
beforeAll(async () => { world = await World.make() })

function narrow(disk: Disk, wanted: number): number {
  world.start([disk])
  return world.ask({ operation: Order.Partition, devices: 1, value: BigInt(wanted) }).status
}

test.each([[512, 128, 2048, 18431], [4096, 256, 300, 2400]])('a pool in a partition, with blocks of %i bytes, touches nothing else', (bytes, size, first, last) => {
  world.logicalBlockBytes = bytes
  const disk = partitioned({ bytes, size, entries: [[100, 200], [first, last]] })
  expect(narrow(disk, 2)).toBe(Ended.Ok)
  expect(world.ask({ operation: Order.PoolCreate, name: 'tank', devices: 1 }).status).toBe(Ended.Ok)
  const volume = world.volume('web', 1 << 20)
  expect(world.do(volume, Operation.Write, 0, 2048, Buffer.alloc(1 << 20, 7))).toBe(Status.Ok)
  expect(world.do(volume, Operation.Flush, 0, 0)).toBe(Status.Ok)
  const sectors = bytes / 512
  for (const block of disk.written()) if (block >= 64) expect(block >= first * sectors / 8 && block < (last + 1) * sectors / 8).toBe(true)
  expect(narrow(disk, 2)).toBe(Ended.Ok)
  expect(world.ask({ operation: Order.PoolImport, devices: 1 }).status).toBe(Ended.Ok)
  world.logicalBlockBytes = 512
})

const u32 = (at: number, value: number) => (header: Buffer) => { header.writeUInt32LE(value >>> 0, at) }
const u64 = (at: number, value: bigint) => (header: Buffer) => { header.writeBigUInt64LE(value, at) }
test.each<[string, number, Table, number]>([
  ['there is none', 1, { broken: image => { image.fill(0) } }, Ended.Corrupt],
  ['no such partition', 3, {}, Ended.NoSuchPartition], ['number 0', 0, {}, Ended.NoSuchPartition], ['a number beyond all', 129, {}, Ended.NoSuchPartition],
  ['a header that changed', 1, { broken: image => { image[512 + 0x30] ^= 1 } }, Ended.Corrupt], ['an entry that changed', 1, { broken: image => { image[1024 + 5000] ^= 1 } }, Ended.Corrupt],
  ['a header of another length', 1, { edit: u32(0xc, 4096) }, Ended.Corrupt], ['one that lies elsewhere', 1, { edit: u64(0x18, 2n) }, Ended.Corrupt],
  ['entries beyond the end', 1, { edit: u64(0x48, 1n << 60n) }, Ended.Corrupt], ['entries that end beyond it', 1, { edit: u64(0x48, BigInt(diskBlocks * 8 - 1)) }, Ended.Corrupt],
  ['too many entries', 1, { edit: u32(0x50, 0x8000_0001) }, Ended.Corrupt],
  ['entries of no size', 1, { edit: u32(0x54, 0) }, Ended.Corrupt], ['a partition beyond the end', 1, { entries: [[2048, 1 << 30]] }, Ended.Corrupt],
  ['one that ends before it begins', 1, { entries: [[2048, 2000]] }, Ended.Corrupt], ['one on the table', 1, { entries: [[0, 2000]] }, Ended.Corrupt],
  ['one that begins within 4 KiB', 1, { entries: [[2049, 20000]] }, Ended.WrongDevices],
])('%s is answered with what is wrong', (_, wanted, table, status) => {
  const disk = partitioned(table)
  expect(narrow(disk, wanted)).toBe(status)
  expect(world.disks[0]).toBe(disk)
})

test.each([[0, 512], [0, 4096], [1, 4096]])('a disk of %i blocks, of sectors of %i bytes, has no table', (blocks, bytes) => {
  world.logicalBlockBytes = bytes
  expect(narrow(new Disk(blocks), 1)).toBe(Ended.Corrupt)
  world.logicalBlockBytes = 512
})

test('whatever a table holds, nothing but a part of the disk comes of it', () => {
  const random = new Random(3)
  for (let round = 0; round < 3000; round++) {
    const disk = partitioned({ edit: (header, entries) => {
      for (let count = random.below(4); count > 0; count--) header[random.below(92)] = random.below(256)
      for (let count = random.below(4); count > 0; count--) entries[random.below(256)] = random.below(256)
      // What says how long the array is must be such that its checksum can be made.
      if (header.readUInt32LE(0x50) * header.readUInt32LE(0x54) > entries.length) header.writeUInt32LE(1, 0x50)
    } })
    if (narrow(disk, 1 + random.below(2)) === Ended.Ok) expect(world.disks[0].blocks).toBeLessThan(diskBlocks)
    else expect(world.disks[0]).toBe(disk)
  }
})
