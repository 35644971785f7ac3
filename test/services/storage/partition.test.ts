/** Pools on partitions of disks: found again, kept apart from what is beside them, and never taken for somebody else's. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { Disk } from './disk.ts'
import { diskBlocks, outside, partitioned, type Table } from './partitioned.ts'
import { type Asked, Ended, Operation, Order, Status, World } from './world.ts'

const Content = { Nothing: 0, Pool: 1, Gpt: 2, Ext: 4 }
const Ranges: [number, number][] = [[256, 2304], [2304, 7500]]
const bytes = Buffer.alloc(1 << 20, 0x5a)

let world: World
beforeAll(async () => { world = await World.make() })
beforeEach(() => { world.configured = {} })

const create = (asked: Partial<Asked>) => world.ask({ operation: Order.PoolCreate, name: 'tank', ...asked }).status
function fill(): void {
  const volume = world.volume('web', bytes.length)
  expect(world.do(volume, Operation.Write, 0, bytes.length / 512, bytes)).toBe(Status.Ok)
  expect(world.do(volume, Operation.Flush, 0, 0)).toBe(Status.Ok)
}
/** A pool with a volume, on disks of their own. */
function make(disks: Disk[], asked: Partial<Asked>): Disk[] {
  world.start(disks)
  expect(create(asked), world.log.join('; ')).toBe(Ended.Ok)
  fill()
  return disks
}
/** A host starts and looks for its pool by itself. */
function boot(disks: Disk[]): boolean {
  world.start(disks)
  world.isOpen = false
  world.tick()
  world.settle()
  return world.isOpen
}
function isThere(): void {
  const memory = Buffer.alloc(bytes.length)
  expect(world.do(world.ask({ operation: Order.VolumeInfo, name: 'web' }).number, Operation.Read, 0, bytes.length / 512, memory)).toBe(Status.Ok)
  expect(memory.equals(bytes)).toBe(true)
  expect(world.check()).toBe(0n)
}
/** Another table over the one that a disk has. */
function repartition(disk: Disk, table: Table): void {
  const other = partitioned(table)
  for (const block of [...Array(5).keys(), ...Array.from(Array(5), (_, index) => diskBlocks - 5 + index)]) disk.set(block, other.read(block))
}

test('partitions of several disks are one pool, which is found again; nothing beside them is written', () => {
  const disks = [partitioned({ serial: 'A' }), new Disk(2000, 'B'), partitioned({ serial: 'C' })]
  const before = [outside(disks[0]), outside(disks[2], Ranges[1])]
  make(disks, { devices: 2, partitions: [[2, 2], [0, 1], [0, 2]] })
  expect(world.ask({ operation: Order.PoolInfo }).number).toBe(4)
  expect([0n, 1n, 2n, 3n].map(value => world.ask({ operation: Order.PoolDevice, value })).map(({ number, what, name, bytes }) => [number, what, name, Number(bytes) / 4096]))
    .toEqual([[1, 0, 'B', 2000], [2, 2, 'C', 5196], [0, 1, 'A', 2048], [0, 2, 'A', 5196]])
  for (const order of [disks, disks.toReversed()]) {
    expect(boot(order), world.log.join('; ')).toBe(true)
    isThere()
  }
  expect([outside(disks[0], ...Ranges), outside(disks[2], Ranges[1])]).toEqual(before)
})

test('what is in a partition is looked at before, and said of each', () => {
  const disk = partitioned()
  const ext = Buffer.alloc(4096)
  ext.writeUInt16LE(0xef53, 0x438)
  disk.set(Ranges[1][0], ext)
  world.start([disk])
  const before = outside(disk)
  expect(world.ask({ operation: Order.PoolCreate, name: 'tank', partitions: [[0, 1], [0, 2]] })).toMatchObject({ status: Ended.NotEmpty, what: Content.Ext })
  expect(outside(disk)).toEqual(before)
  const next = (value: bigint) => world.ask({ operation: Order.PartitionNext, devices: 1, value })
  expect(next(0n)).toMatchObject({ status: Ended.Ok, number: 1, bytes: 2048n << 12n, what: Content.Nothing, flags: 0 })
  expect(next(2n)).toMatchObject({ status: Ended.Ok, number: 2, what: Content.Ext, flags: 0 })
  expect(next(3n).status).toBe(Ended.NoSuchPartition)
  expect(create({ partitions: [[0, 2]], flags: 1 })).toBe(Ended.Ok)
  expect(next(2n)).toMatchObject({ number: 2, what: Content.Pool, flags: 1 })
  expect(next(1n)).toMatchObject({ number: 1, flags: 0 })
  world.start([partitioned({ entries: [[2049, 18431], [20480, 30000], [25000, 40000]] })])
  for (const number of [1, 2, 3]) expect(next(BigInt(number))).toMatchObject({ status: Ended.Ok, number, flags: 2 })
})

test.each<[string, Partial<Asked>]>([
  ['a partition named twice', { partitions: [[0, 1], [0, 1]] }], ['a partition and the whole of its disk', { devices: 1, partitions: [[0, 1]] }],
  ['a disk that is not there', { partitions: [[7, 1]] }], ['nothing', {}],
])('%s is no pool', (_, asked) => {
  world.start([partitioned()])
  const before = outside(world.disks[0])
  expect(create({ ...asked, flags: 1 })).toBe(Ended.WrongDevices)
  expect(outside(world.disks[0])).toEqual(before)
})

test('pools that tables lead to do not keep one on whole disks from opening, nor do tables that are broken', () => {
  const [other] = make([partitioned()], { partitions: [[0, 1]] })
  const [broken] = make([partitioned()], { partitions: [[0, 2]] })
  repartition(broken, { edit: header => { header.writeUInt32LE(0xffff_ffff, 0x50) } })
  const [disk] = make([new Disk(3000)], { devices: 1 })
  const before = [outside(other), outside(broken)]
  expect(boot([other, disk, broken])).toBe(true)
  isThere()
  expect(world.ask({ operation: Order.PoolInfo }).origin).toBe('0200000000000000'.padEnd(32, '0'))
  expect([outside(other), outside(broken)]).toEqual(before)
})

test('of a pool on a whole disk and a partition both are found, whatever other pool a table leads to', () => {
  const [other] = make([partitioned()], { partitions: [[0, 1]] })
  const disks = make([new Disk(3000), partitioned()], { devices: 1, partitions: [[1, 2]] })
  expect(boot([other, ...disks]), world.log.join('; ')).toBe(true)
  isThere()
  expect(boot([other, disks[0]])).toBe(false)
  expect(world.log.join()).toContain('devices of it are missing')
})

test('two pools on partitions: neither is opened by itself, and each by its name', () => {
  const [one] = make([partitioned()], { partitions: [[0, 1]] })
  const [two] = make([partitioned()], { partitions: [[0, 2]] })
  expect(boot([one, two])).toBe(false)
  expect(world.ask({ operation: Order.PoolImport, devices: 1 }).status).toBe(Ended.NoPool)
  expect(world.ask({ operation: Order.PoolImport, partitions: [[0, 2]] }).status).toBe(Ended.NoPool)
  expect(world.ask({ operation: Order.PoolImport, partitions: [[0, 1], [1, 2]] }).status).toBe(Ended.WrongDevices)
  expect(world.ask({ operation: Order.PoolImport, partitions: [[1, 2]] }).status).toBe(Ended.Ok)
  isThere()
  expect(world.ask({ operation: Order.PoolExport }).status).toBe(Ended.Ok)
  expect(world.ask({ operation: Order.PoolImport, partitions: [[0, 1]] }).status).toBe(Ended.Ok)
  isThere()
})

test('where the table at the beginning is lost, its backup says where the pool is', () => {
  const [disk] = make([partitioned()], { partitions: [[0, 2]] })
  for (let block = 0; block < 5; block++) disk.set(block, Buffer.alloc(4096))
  expect(boot([disk])).toBe(true)
  isThere()
  expect(world.log.join()).toContain('the GPT of device 0 is not whole; its backup was used')
  for (let block = 0; block < 5; block++) expect(disk.read(block).equals(Buffer.alloc(4096))).toBe(true)
})

test.each<[string, [number, number], boolean]>([
  ['has moved', [18440, 60000], false], ['is smaller', [18432, 50000], false], ['is larger', [18432, 71000], true],
])('a partition that %s', (_, entry, isFound) => {
  const [disk] = make([partitioned()], { partitions: [[0, 2]] })
  repartition(disk, { entries: [[2048, 18431], entry] })
  const before = outside(disk)
  expect(boot([disk])).toBe(isFound)
  if (isFound) isThere()
  else expect(outside(disk)).toEqual(before)
})

test('volumes are made of partitions beside the pool, and written to them; not of its own, nor of all of its disk', () => {
  const [disk] = make([partitioned(), new Disk(3000)], { partitions: [[0, 1]] })
  const ask = (operation: number, name: string, value: bigint, devices = 1) => world.ask({ operation, name, devices, value, other: 'disk' }).status
  for (const value of [0n, 1n]) {
    expect(ask(Order.VolumeImport, 'copy', value)).toBe(Ended.WrongDevices)
    expect(ask(Order.VolumeExport, 'web', value)).toBe(Ended.WrongDevices)
  }
  const before = outside(disk, ...Ranges)
  expect(ask(Order.VolumeExport, 'web', 2n)).toBe(Ended.Ok)
  world.settle()
  expect(disk.read(Ranges[1][0]).equals(bytes.subarray(0, 4096))).toBe(true)
  expect(ask(Order.VolumeImport, 'copy', 2n)).toBe(Ended.Ok)
  world.settle()
  expect(world.ask({ operation: Order.VolumeInfo, name: 'copy' })).toMatchObject({ status: Ended.Ok, bytes: 5196n << 12n })
  expect(outside(disk, ...Ranges)).toEqual(before)
  isThere()
})

test('a disk that is pulled out and put back has its partition again', () => {
  make([partitioned({ serial: 'A' }), new Disk(2000, 'B')], { devices: 2, partitions: [[0, 2]] })
  world.pull(0)
  world.tick()
  world.settle()
  expect(world.log.join()).toContain('its drive A:2 is missing')
  expect(world.ask({ operation: Order.PoolDevice, value: 1n })).toMatchObject({ flags: 1, name: 'A', what: 2 })
  world.putBack()
  isThere()
})

test.each<[string[], boolean]>([[['A:2', 'B'], true], [['A:2', 'A:1'], true], [['A:2', 'A:2'], false], [['A:3'], false], [['A:'], false], [[':2'], false], [['A:0'], false], [['A:2222'], false], [['C:1'], false]])('%j in the configuration', (devices, isMade) => {
  world.configured = { pool: { name: 'tank', devices }, volumes: [{ name: 'web', bytes: bytes.length }] }
  const disks = [partitioned({ serial: 'A' }), new Disk(2000, 'B')]
  const before = outside(disks[0])
  expect(boot(disks), world.log.join('; ')).toBe(isMade)
  if (isMade) expect(world.ask({ operation: Order.PoolInfo })).toMatchObject({ status: Ended.Ok, number: 2, name: 'tank' })
  else expect(outside(disks[0])).toEqual(before)
})

test('a serial number that looks like a partition is a disk', () => {
  world.configured = { pool: { name: 'tank', devices: ['A:2'] } }
  expect(boot([partitioned({ serial: 'B' }), new Disk(2000, 'A:2')])).toBe(true)
})
