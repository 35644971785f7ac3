/** Disks of a VM, virtio-blk, by a driver written from VIRTIO 1.2, 5.2, over disks that answer in any order. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Bench } from './board.js'
import { benchWithDisks, BlockDriver, BlockFeature, dataAt, powerOn, randomFrom, toRead, toWrite, Type, Unwritten, type Posted } from './block.js'
import { Answer, disk, Operation, type Disks } from './disks.js'
import type { Buffer64 } from './driver.js'
import { Feature, PciDevice, Status } from './virtio.js'

const Ok = 0, IoError = 1, Unsupported = 2
const { version1, eventIndex, indirect, packed, ringReset } = Feature

let b: Bench
let disks: Disks
let driver: BlockDriver
beforeAll(async () => {
  ({ b, disks } = await benchWithDisks())
})
/** A VM with one disk of 1 MiB, and its driver started. */
beforeEach(() => {
  powerOn(b, disks, [disk(2048)])
  driver = new BlockDriver(b)
  driver.start()
})

const vectors = () => b.messages.splice(0).map(({ vector }) => vector)
const bytes = (gpa: number, length: number) => Buffer.from(b.ram.subarray(gpa, gpa + length))

/** Has one request carried out, to `wanted` if the disk is asked at all: its status, and what the ring says of it. */
function ask(type: number, sector: number | bigint = 0, data: Buffer64[] = [], wanted = Answer.ok): { status: number; written: number } {
  const posted = driver.post(type, sector, data)
  return answered(posted, wanted)
}

function answered(posted: Posted, wanted = Answer.ok): { status: number; written: number } {
  driver.notify(posted.queue)
  while (disks.underWay.length) {
    expect(driver.rings[posted.queue].collect()).toEqual([])
    expect(driver.statusOf(posted)).toBe(Unwritten)
    disks.carryOut(0, wanted)
    b.diskCompleted()
  }
  const back = driver.rings[posted.queue].collect()
  expect(back.map(({ id }) => id)).toEqual([posted.id])
  return { status: driver.statusOf(posted), written: back[0].written }
}

describe('what it says of itself', () => {
  const device = () => driver.device
  const configuration = (offset: number, size = 4) => Number(b.read(device().base + 0x3000 + offset, size))
  const features = (...bits: bigint[]) => [version1, eventIndex, indirect, packed, ringReset, BlockFeature.segMax, BlockFeature.blkSize, BlockFeature.flush, BlockFeature.topology, ...bits].reduce((all, bit) => all | 1n << bit, 0n)

  test('a function of its own for each disk, behind the entropy device', () => {
    powerOn(b, disks, Array.from({ length: 9 }, (_, index) => disk(8 + index)), { devices: 1n })
    expect(new PciDevice(b, 1).read(0)).toBe(0x1044_1af4)
    for (let index = 0; index < 8; index++) {
      driver = new BlockDriver(b, index)
      expect([device().read(0), device().read(0x3d, 1), configuration(0)]).toEqual([0x1042_1af4, 1, 8 + index])
    }
    expect(new PciDevice(b, 10).read(0)).toBe(0xffff_ffff) // eight at most
  })

  test('without disks there is none', () => {
    powerOn(b, disks, [])
    for (let slot = 1; slot < 32; slot++) expect(new PciDevice(b, slot).read(0)).toBe(0xffff_ffff)
    b.diskCompleted()
  })

  test('firmware assigns memory and ports to all of them', () => {
    powerOn(b, disks, [disk(1), disk(2)])
    b.assignAddresses()
    expect([2, 3].map(slot => new PciDevice(b, slot).read(0x18))).toEqual([0x1001, 0x1005])
    expect([2, 3].flatMap(slot => [0x10, 0x14].map(at => new PciDevice(b, slot).read(at) & ~15))).toEqual([0xc000_0000, 0xc000_4000, 0xc000_8000, 0xc000_c000].map(base => base | 0))
  })

  test('where its configuration is', () => {
    const at = device().capabilities().map(one => one.at).find(one => device().read(one, 1) === 9 && device().read(one + 3, 1) === 4)!
    expect([device().read(at + 2, 1), device().read(at + 4, 1), device().read(at + 8), device().read(at + 12)]).toEqual([16, 0, 0x3000, 60])
  })

  test('a disk of 512-byte sectors', () => {
    expect(device().offered).toBe(features(BlockFeature.multipleQueues, BlockFeature.discard, BlockFeature.writeZeroes))
    expect([0, 4, 12, 20].map(offset => configuration(offset))).toEqual([2048, 0, 126, 512])
    expect([configuration(24, 1), configuration(25, 1), configuration(26, 2), configuration(28)]).toEqual([0, 0, 1, 0])
    expect([configuration(34, 2), device().common(0x12, 2)]).toEqual([4, 4])
    expect([36, 40, 44, 48, 52].map(offset => configuration(offset))).toEqual([1 << 22, 1, 1, 1 << 22, 1])
    expect([configuration(56, 1), configuration(60), configuration(0xffc)]).toEqual([0, 0, 0])
    b.write(device().base + 0x3000, 7, 4)
    expect(configuration(0)).toBe(2048)
  })

  test('one of other blocks, and one that cannot be written', () => {
    powerOn(b, disks, [disk(64, { logical: 4096, physical: 16384 }), disk(64, { readOnly: true }), disk(64, { canDiscard: false, physical: 4096 })])
    driver = new BlockDriver(b, 0)
    expect([configuration(20), configuration(24, 1), configuration(26, 2), configuration(44)]).toEqual([4096, 2, 4, 32])
    driver = new BlockDriver(b, 1)
    expect(device().offered).toBe(features(BlockFeature.multipleQueues, BlockFeature.readOnly))
    expect([36, 40, 44, 48, 52].map(offset => configuration(offset))).toEqual([0, 0, 0, 0, 0])
    driver = new BlockDriver(b, 2)
    expect(device().offered).toBe(features(BlockFeature.multipleQueues))
    expect([configuration(24, 1), configuration(26, 2)]).toEqual([3, 8])
  })

  test.each<[bigint, number]>([[1n, 1], [2n, 2], [8n, 8], [32n, 8]])('queues for %i processors: %i', (maxVcpus, count) => {
    powerOn(b, disks, [disk(8)], { maxVcpus })
    driver = new BlockDriver(b)
    expect([device().common(0x12, 2), configuration(34, 2), device().read(device().capability(0x11) + 2, 2)]).toEqual([count, count, count])
    expect((device().offered >> BlockFeature.multipleQueues & 1n) === 1n).toBe(count > 1)
  })
})

describe('requests', () => {
  test('to write and to read: the disk is told where the data is', () => {
    b.ram.write('what is written', dataAt)
    const data = [toWrite(dataAt, 512), toWrite(dataAt + 0x2000, 1024)]
    expect(ask(Type.out, 100, data)).toEqual({ status: Ok, written: 1 })
    expect(disks.done[0]).toEqual({ disk: 0, operation: Operation.write, tag: 0, sector: 100, sectors: 3, segments: data.map(({ gpa, length }) => ({ gpa, length })) })
    expect(ask(Type.in, 100, [toRead(dataAt + 0x4000, 512)])).toEqual({ status: Ok, written: 513 })
    expect(bytes(dataAt + 0x4000, 15).toString()).toBe('what is written')
  })

  test('in any frame: the header in pieces, data behind it and before the status', () => {
    const { header } = driver.frame(Type.out, 7)
    b.ram.fill(0x11, header.gpa + 16, header.gpa + 16 + 512 - 16) // data behind the header
    b.ram.fill(0x22, dataAt, dataAt + 16)
    const pieces = [toWrite(header.gpa, 3), toWrite(header.gpa + 3, 1), toWrite(header.gpa + 4, 12 + 496), toWrite(dataAt, 16)]
    const end = toRead(dataAt + 0x1000, 1)
    b.ram[end.gpa] = Unwritten
    const { id } = driver.rings[0].post([...pieces, end], false)
    expect(answered({ queue: 0, id, notify: true, header, status: end })).toEqual({ status: Ok, written: 1 })
    expect(disks.done[0].segments).toEqual([{ gpa: header.gpa + 16, length: 496 }, { gpa: dataAt, length: 16 }])
    const read = driver.frame(Type.in, 7)
    const both = toRead(dataAt + 0x2000, 513)
    b.ram[both.gpa + 512] = Unwritten
    const again = driver.rings[0].post([read.header, both], false)
    expect(answered({ queue: 0, id: again.id, notify: true, header: read.header, status: { gpa: both.gpa + 512, length: 1, write: true } })).toEqual({ status: Ok, written: 513 })
    expect(disks.done[1].segments).toEqual([{ gpa: both.gpa, length: 512 }])
    expect(bytes(both.gpa, 512)).toEqual(Buffer.concat([Buffer.alloc(496, 0x11), Buffer.alloc(16, 0x22)]))
  })

  test('as many segments as there may be, and one more', () => {
    driver.start({ indirect: true, size: 256 })
    const pieces = (count: number) => Array.from({ length: count }, (_, index) => toWrite(dataAt + 512 * index, 512))
    expect(ask(Type.out, 0, pieces(126)).status).toBe(Ok)
    expect(disks.done[0].segments).toHaveLength(126)
    // Another is possible where header and data share a buffer.
    const { header, status } = driver.frame(Type.out)
    const { id } = driver.rings[0].post([{ ...header, length: 528 }, ...pieces(126), status], true)
    expect(answered({ queue: 0, id, notify: true, header, status })).toEqual({ status: IoError, written: 1 })
    expect(disks.done).toHaveLength(1)
  })

  test.each([[0], [1], [511], [513], [1000]])('of %i bytes are none', length => {
    const data = length ? [toWrite(dataAt, length)] : []
    expect(ask(Type.out, 0, data)).toEqual({ status: IoError, written: 1 })
    expect(ask(Type.in, 0, data.map(one => ({ ...one, write: true })))).toEqual({ status: IoError, written: 1 })
    expect(disks.done).toEqual([])
  })

  test('the disk says how they end', () => {
    expect(ask(Type.in, 2047, [toRead(dataAt, 1024)])).toEqual({ status: IoError, written: 1 }) // beyond its end
    expect(ask(Type.in, 2n ** 63n, [toRead(dataAt, 512)]).status).toBe(IoError)
    for (const type of [Type.in, Type.out, Type.flush]) {
      const data = type === Type.flush ? [] : [{ gpa: dataAt, length: 512, write: type === Type.in }]
      expect(ask(type, 0, data, Answer.failed)).toEqual({ status: IoError, written: 1 })
      expect(ask(type, 0, data, Answer.unsupported)).toEqual({ status: Unsupported, written: 1 })
    }
  })

  test('to flush', () => {
    expect(ask(Type.flush, 12)).toEqual({ status: Ok, written: 1 })
    expect(disks.done).toEqual([{ disk: 0, operation: Operation.flush, tag: 0, sector: 0, sectors: 0, segments: [] }])
  })

  test.each([2, 3, 5, 7, 9, 10, 12, 14, 16, 24, 0x8000_0000, 0xffff_ffff])('of type %i: there are none', type => {
    expect(ask(type, 0, [toRead(dataAt, 512)])).toEqual({ status: Unsupported, written: 1 })
    expect(disks.done).toEqual([])
  })

  test.each([['', 20], ['T-1', 20], ['twelve chars', 20], ['exactly twenty chars', 20], ['more than twenty characters', 20], ['a buffer of four', 4], ['a long buffer', 64]])('its serial number: %s', (serial, length) => {
    disks.list[0].serial = serial
    b.ram.fill(0xee, dataAt, dataAt + 64)
    expect(ask(Type.getId, 0, [toRead(dataAt, 2), toRead(dataAt + 2, length - 2)])).toEqual({ status: Ok, written: 1 + Math.min(length, 20) })
    const id = Buffer.alloc(20)
    id.write(serial.slice(0, 20))
    expect(bytes(dataAt, length)).toEqual(Buffer.concat([id, Buffer.alloc(44, 0xee)]).subarray(0, length))
    expect(disks.done).toEqual([])
  })
})

describe('discard and write zeroes', () => {
  /** The extents of a request. */
  function extents(...list: [sector: number | bigint, sectors: number, flags: number][]): Buffer64[] {
    list.forEach(([sector, sectors, flags], index) => {
      b.ram.writeBigUInt64LE(BigInt(sector), dataAt + 16 * index)
      b.ram.writeUInt32LE(sectors, dataAt + 16 * index + 8)
      b.ram.writeUInt32LE(flags, dataAt + 16 * index + 12)
    })
    return [toWrite(dataAt, 16 * list.length)]
  }
  beforeEach(() => {
    driver.start({ features: [BlockFeature.flush, BlockFeature.discard, BlockFeature.writeZeroes] })
    disks.list[0].data.fill(1)
  })

  test('what is asked for, in one piece or two', () => {
    expect(ask(Type.discard, 9, extents([4, 2, 0]))).toEqual({ status: Ok, written: 1 })
    extents([100, 1, 0])
    expect(ask(Type.writeZeroes, 0, [toWrite(dataAt, 5), toWrite(dataAt + 5, 11)])).toEqual({ status: Ok, written: 1 })
    expect(ask(Type.writeZeroes, 0, extents([101, 1, 1]))).toEqual({ status: Ok, written: 1 }) // may unmap
    expect(disks.done.map(({ operation, sector, sectors, segments }) => [operation, sector, sectors, segments])).toEqual(
      [[Operation.discard, 4, 2, []], [Operation.writeZeroes, 100, 1, []], [Operation.writeZeroes, 101, 1, []]])
    expect([3, 4, 5, 6, 99, 100, 101, 102].map(sector => disks.list[0].data[512 * sector])).toEqual([1, 0xdd, 0xdd, 1, 1, 0, 0, 1])
  })

  test('flags that are not known', () => {
    for (const [type, flags] of [[Type.discard, 1], [Type.discard, 2], [Type.writeZeroes, 2], [Type.writeZeroes, 0x8000_0001]]) {
      expect(ask(type, 0, extents([0, 1, flags]))).toEqual({ status: Unsupported, written: 1 })
    }
    expect(disks.done).toEqual([])
  })

  test('no extent, half of one, more than one, an empty one, one that is too long', () => {
    const two = extents([0, 1, 0], [4, 1, 0])
    for (const type of [Type.discard, Type.writeZeroes]) {
      for (const data of [[], [toWrite(dataAt, 8)], [toWrite(dataAt, 17)], two, extents([0, 0, 0]), extents([0, (1 << 22) + 1, 0]), extents([0, 0xffff_ffff, 0])]) {
        expect(ask(type, 0, data)).toEqual({ status: IoError, written: 1 })
      }
      expect(disks.done).toEqual([])
    }
    expect(ask(Type.discard, 0, extents([0, 1 << 22, 0])).status).toBe(IoError) // beyond the end, says the disk
    expect(disks.done).toHaveLength(1)
  })

  test('a disk that cannot', () => {
    for (const [settings, status] of [[{ canDiscard: false }, Unsupported], [{ readOnly: true }, IoError]] as const) {
      powerOn(b, disks, [disk(64, settings)])
      driver = new BlockDriver(b)
      expect(driver.start({ features: [BlockFeature.discard] })).toBe(false)
      driver.start({ features: [] })
      expect([Type.discard, Type.writeZeroes].map(type => ask(type, 0, extents([0, 1, 0])).status)).toEqual([status, status])
      expect(disks.done).toEqual([])
    }
  })
})

test('a disk that cannot be written refuses to be', () => {
  powerOn(b, disks, [disk(64, { readOnly: true })])
  driver = new BlockDriver(b)
  driver.start()
  expect(ask(Type.out, 0, [toWrite(dataAt, 512)])).toEqual({ status: IoError, written: 1 })
  expect(disks.done).toEqual([])
  expect(ask(Type.in, 0, [toRead(dataAt, 512)]).status).toBe(Ok)
})

describe('a driver that does not flush', () => {
  beforeEach(() => driver.start({ features: [BlockFeature.writeZeroes] }))

  test('has what it wrote flushed before it is told', () => {
    expect(ask(Type.out, 3, [toWrite(dataAt, 512)])).toEqual({ status: Ok, written: 1 })
    expect(disks.done.map(({ operation }) => operation)).toEqual([Operation.write, Operation.flush])
    expect(ask(Type.in, 3, [toRead(dataAt, 512)]).status).toBe(Ok)
    expect(ask(Type.out, 4000, [toWrite(dataAt, 512)]).status).toBe(IoError) // nothing to flush
    expect(disks.done.map(({ operation }) => operation)).toEqual([Operation.write, Operation.flush, Operation.read, Operation.write])
    disks.done.length = 0
    b.ram.writeUInt32LE(1, dataAt + 8)
    expect(ask(Type.writeZeroes, 0, [toWrite(dataAt, 16)]).status).toBe(Ok)
    expect(disks.done.map(({ operation }) => operation)).toEqual([Operation.writeZeroes, Operation.flush])
  })

  test('is told when that fails', () => {
    const posted = driver.post(Type.out, 3, [toWrite(dataAt, 512)])
    driver.notify()
    disks.carryOut()
    b.diskCompleted()
    expect(driver.statusOf(posted)).toBe(Unwritten)
    expect(disks.carryOut(0, Answer.failed).operation).toBe(Operation.flush)
    b.diskCompleted()
    expect(driver.statusOf(posted)).toBe(IoError)
  })

  test('also where there is no room at once, before anything that comes later', () => {
    disks.list[0].room = 2
    const first = [0, 1, 2].map(sector => driver.post(Type.out, sector, [toWrite(dataAt, 512)]))
    driver.notify()
    expect(disks.underWay).toHaveLength(2)
    disks.carryOut(0)
    disks.carryOut(0)
    disks.list[0].room = 1
    b.diskCompleted()
    expect(disks.underWay.map(({ operation }) => operation)).toEqual([Operation.flush])
    driver.post(Type.in, 0, [toRead(dataAt, 512)])
    driver.notify()
    while (disks.underWay.length) {
      disks.carryOut()
      b.diskCompleted()
    }
    expect(disks.done.map(({ operation }) => operation)).toEqual([1, 1, 2, 2, 1, 2, 0].map(Number))
    expect(first.map(posted => driver.statusOf(posted))).toEqual([Ok, Ok, Ok])
  })
})

test('what comes while a write waits to be flushed does not take its place', () => {
  driver.start({ features: [] })
  driver.post(Type.out, 0, [toWrite(dataAt, 512)])
  driver.notify()
  disks.carryOut()
  disks.list[0].room = 0
  b.diskCompleted()
  disks.list[0].room = 1
  driver.post(Type.in, 0, [toRead(dataAt, 512)])
  driver.notify()
  expect(disks.underWay).toEqual([])
  for (const operation of [Operation.flush, Operation.read]) {
    b.diskCompleted()
    expect(disks.carryOut().operation).toBe(operation)
  }
})

describe('many requests', () => {
  const setups = [false, true].flatMap(ofPacked => [false, true].flatMap(withEvents => [false, true].map(withTables => [ofPacked, withEvents, withTables] as const)))

  test.each(setups)('packed %s, event index %s, indirect %s: in any order, by several queues of two disks', (ofPacked, withEvents, withTables) => {
    const random = randomFrom(Number(ofPacked) + 2 * Number(withEvents) + 4 * Number(withTables) + 1)
    powerOn(b, disks, [disk(1024, { room: 20 }), disk(1024, { room: 3 })])
    const drivers = [0, 1].map(index => new BlockDriver(b, index))
    // The first relies on flushes, the second on writes that last.
    drivers.forEach((one, index) => one.start({ packed: ofPacked, eventIndex: withEvents, indirect: withTables, size: 32, queues: 4, features: index ? [] : [BlockFeature.flush] }))
    const expected = [Buffer.alloc(1024 * 512), Buffer.alloc(1024 * 512)]
    // Each request under way has sectors and memory of its own; what it is to read was written before.
    const free = Array.from({ length: 200 }, (_, index) => index)
    const underWay = new Map<string, { slot: number; posted: Posted; type: number; sector: number; length: number; disk: number }>()
    let posted = 0, back = 0
    while (back < 3000) {
      switch (random(4)) {
        case 0: case 1: {
          const which = random(2), queue = random(4)
          const one = drivers[which]
          const ring = one.rings[queue]
          if (!free.length || ring.free < 6 || posted >= 3000) break
          const slot = free.splice(random(free.length), 1)[0]
          const type = [Type.in, Type.out][random(2)]
          const sector = 5 * slot, pieces = 1 + random(4)
          const at = dataAt + 4096 * slot
          const data = Array.from({ length: pieces }, (_, index) => ({ gpa: at + 512 * index, length: 512, write: type === Type.in }))
          const fill = random(256)
          for (let index = 0; index < 512 * pieces; index++) b.ram[at + index] = fill + index
          const request = one.post(type, sector, data, queue)
          underWay.set(`${which} ${queue} ${request.id}`, { slot, posted: request, type, sector, length: 512 * pieces, disk: which })
          if (type === Type.out) b.ram.copy(expected[which], 512 * sector, at, at + 512 * pieces)
          if (request.notify) one.notify(queue)
          posted++
          break
        }
        case 2:
          for (let count = random(8); count > 0 && disks.underWay.length; count--) disks.carryOut(random(disks.underWay.length))
          b.diskCompleted()
          break
        case 3:
          for (const [which, one] of drivers.entries()) {
            for (const [queue, ring] of one.rings.entries()) {
              for (const { id, written } of ring.collect()) {
                const request = underWay.get(`${which} ${queue} ${id}`)!
                underWay.delete(`${which} ${queue} ${id}`)
                expect([one.statusOf(request.posted), written]).toEqual([Ok, request.type === Type.in ? request.length + 1 : 1])
                const at = dataAt + 4096 * request.slot
                expect(bytes(at, request.length).equals(expected[which].subarray(512 * request.sector, 512 * request.sector + request.length))).toBe(true)
                free.push(request.slot)
                back++
              }
              ring.want(1)
            }
          }
      }
      b.pass(random(40_000))
    }
    expect(disks.refused).toBeGreaterThan(100)
    expect(disks.underWay).toEqual([])
    expect(disks.list.map(({ data }, index) => data.equals(expected[index]))).toEqual([true, true])
    expect(b.armed).toBe(0xffff_ffff_ffff_ffffn)
  })

  test('without room wait for the next answer, each queue in its turn', () => {
    disks.list[0].room = 1
    driver.start({ queues: 4 })
    const posted = [0, 1, 2, 3].flatMap(queue => [0, 1, 2].map(() => driver.post(Type.in, queue, [toRead(dataAt, 512)], queue)))
    for (const queue of [0, 1, 2, 3]) driver.notify(queue)
    const order: number[] = []
    while (disks.underWay.length) {
      expect(disks.underWay).toHaveLength(1)
      order.push(disks.carryOut().sector)
      b.diskCompleted()
    }
    expect(order).toHaveLength(12)
    expect(new Set(order.slice(1, 5)).size).toBe(4) // all four in four answers
    expect(posted.map(one => driver.statusOf(one))).toEqual(Array(12).fill(Ok))
  })

  test('of a queue that the port names', () => {
    driver.start({ queues: 4 })
    driver.device.write(0x18, 0x2000)
    driver.device.write(0x04, 0x0007, 2)
    driver.post(Type.in, 9, [toRead(dataAt, 512)], 3)
    b.out16(0x2000, 2)
    expect(disks.underWay).toHaveLength(0)
    b.out16(0x2000, 3)
    expect(disks.underWay).toHaveLength(1)
  })

  test('as many as there are places for, then more', () => {
    disks.list[0].room = 1000
    driver.start({ indirect: true, size: 256, queues: 2 })
    for (let count = 0; count < 200; count++) for (const queue of [0, 1]) driver.post(Type.in, count, [toRead(dataAt, 512)], queue)
    for (const queue of [0, 1]) driver.notify(queue)
    b.pass(1_000_000)
    expect(disks.underWay).toHaveLength(256)
    let back = 0
    while (disks.underWay.length) {
      while (disks.underWay.length) disks.carryOut()
      b.diskCompleted()
      back += driver.rings[0].collect().length + driver.rings[1].collect().length
      b.pass(1_000_000)
    }
    expect(back).toBe(400)
  })

  test('are served over time', () => {
    driver.start({ size: 256 })
    for (let count = 0; count < 80; count++) driver.post(Type.getId, 0, [toRead(dataAt, 20)])
    driver.notify()
    expect(driver.rings[0].collect()).toHaveLength(64)
    b.pass(19_999)
    expect(driver.rings[0].collect()).toHaveLength(0)
    b.pass(1)
    expect(driver.rings[0].collect()).toHaveLength(16)
    expect(b.armed).toBe(0xffff_ffff_ffff_ffffn)
  })
})

describe('interrupts', () => {
  const reads = (count: number, queue = 0) => {
    for (let index = 0; index < count; index++) driver.post(Type.in, 0, [toRead(dataAt, 512)], queue)
    driver.notify(queue)
  }

  test('one for each queue that has answers', () => {
    driver.start({ queues: 3 })
    for (const queue of [0, 1, 2]) reads(5, queue)
    expect(vectors()).toEqual([])
    for (let count = 0; count < 10; count++) disks.carryOut()
    b.diskCompleted()
    expect(vectors()).toEqual([0x40, 0x41])
    while (disks.underWay.length) disks.carryOut()
    b.diskCompleted()
    expect(vectors()).toEqual([0x42])
    b.diskCompleted()
    expect(vectors()).toEqual([])
  })

  test('none that the driver does not want', () => {
    driver.start({ eventIndex: true })
    driver.rings[0].want(4)
    reads(6)
    for (const [answers, expected] of [[3, []], [2, [0x40]], [1, []]] as const) {
      for (let count = 0; count < answers; count++) disks.carryOut()
      b.diskCompleted()
      expect(vectors()).toEqual(expected)
    }
  })

  test('by a line', () => {
    driver.start({ vectors: false })
    driver.device.write(driver.device.capability(0x11) + 2, 0, 2)
    b.write(0xfec0_0000, 0x10 + 2 * 18) // slot 2: link 2
    b.write(0xfec0_0010, 0x0_8039)
    reads(2)
    disks.carryOut()
    b.diskCompleted()
    expect(vectors()).toEqual([0x39])
    expect(driver.device.interruptStatus()).toBe(1)
    expect(driver.device.interruptStatus()).toBe(0)
  })

  test('answers at once have theirs too', () => {
    driver.post(99)
    driver.notify()
    expect(vectors()).toEqual([0x40])
  })
})

describe('a reset', () => {
  const posts = (count: number, queue = 0) => {
    const posted = Array.from({ length: count }, (_, index) => driver.post(Type.in, index, [toRead(dataAt + 512 * index, 512)], queue))
    driver.notify(queue)
    return posted
  }

  test('of a device that may not write memory any more: what is under way leaves no trace, also once it may', () => {
    posts(3)
    disks.carryOut()
    driver.device.write(0x04, 0x0002, 2)
    const memory = Buffer.from(b.ram)
    b.diskCompleted()
    driver.device.write(0x04, 0x0006, 2) // the next kernel, whose driver is yet to come
    disks.carryOut()
    b.diskCompleted()
    expect(driver.device.status).not.toBe(0)
    disks.carryOut()
    b.diskCompleted()
    expect([driver.device.status, vectors(), memory.equals(b.ram)]).toEqual([0, [], true])
    driver.start()
    expect(ask(Type.in, 0, [toRead(dataAt, 512)]).status).toBe(Ok)
  })

  test.each([[false], [true]])('of the device waits for what is under way, and none of it is answered (packed %s)', ofPacked => {
    driver.start({ packed: ofPacked, queues: 2 })
    posts(3)
    posts(2, 1)
    disks.carryOut(4)
    b.diskCompleted()
    vectors()
    const before = driver.device.status
    driver.device.status = 0
    driver.post(Type.in, 0, [toRead(dataAt, 512)])
    for (let left = 4; left > 0; left--) {
      expect([driver.device.status, disks.underWay.length]).toEqual([before, left]) // nothing more is taken
      driver.device.status = before | Status.failed // it is not done yet
      driver.notify()
      disks.carryOut()
      const memory = Buffer.from(b.ram)
      b.diskCompleted()
      expect(memory.equals(b.ram)).toBe(true)
    }
    expect([driver.device.status, driver.device.common(0x1c, 2), vectors()]).toEqual([0, 0, []])
    driver.start({ packed: ofPacked })
    expect(ask(Type.in, 0, [toRead(dataAt, 512)]).status).toBe(Ok)
  })

  test('with nothing under way is done at once', () => {
    posts(1)
    disks.carryOut()
    b.diskCompleted()
    driver.device.status = 0
    expect(driver.device.status).toBe(0)
  })

  test('while writes wait to be flushed', () => {
    driver.start({ features: [] })
    disks.list[0].room = 1
    driver.post(Type.out, 0, [toWrite(dataAt, 512)])
    driver.notify()
    disks.carryOut()
    disks.list[0].room = 0
    b.diskCompleted()
    driver.device.status = 0
    expect(driver.device.status).not.toBe(0)
    disks.list[0].room = 1
    b.diskCompleted()
    expect(disks.carryOut().operation).toBe(Operation.flush)
    b.diskCompleted()
    expect(driver.device.status).toBe(0)
  })

  test.each([[false], [true]])('of a queue leaves the others alone (packed %s)', ofPacked => {
    driver.start({ packed: ofPacked, queues: 2, features: [BlockFeature.flush, ringReset] })
    posts(2, 0)
    const others = posts(2, 1)
    driver.device.setCommon(0x16, 0, 2)
    driver.device.setCommon(0x3a, 1, 2)
    expect([driver.device.common(0x3a, 2), driver.device.common(0x1c, 2)]).toEqual([1, 1])
    posts(1, 0)
    expect(disks.underWay).toHaveLength(4)
    disks.carryOut(0)
    const memory = Buffer.from(b.ram)
    b.diskCompleted()
    expect(memory.equals(b.ram)).toBe(true)
    expect(driver.device.common(0x3a, 2)).toBe(1)
    while (disks.underWay.length) disks.carryOut()
    b.diskCompleted()
    driver.device.setCommon(0x16, 0, 2)
    expect([driver.device.common(0x3a, 2), driver.device.common(0x1c, 2), driver.device.common(0x1a, 2)]).toEqual([0, 0, 0])
    expect([driver.rings[1].collect().length, ...others.map(one => driver.statusOf(one)), vectors()]).toEqual([2, Ok, Ok, [0x41]])
    driver.enable(0)
    expect(ask(Type.in, 0, [toRead(dataAt, 512)]).status).toBe(Ok)
  })

  test('of the device while a queue is reset', () => {
    driver.start({ features: [BlockFeature.flush, ringReset] })
    posts(2)
    driver.device.setCommon(0x16, 0, 2)
    driver.device.setCommon(0x3a, 1, 2)
    disks.carryOut()
    driver.device.status = 0
    b.diskCompleted()
    expect(driver.device.status).not.toBe(0)
    disks.carryOut()
    b.diskCompleted()
    expect(driver.device.status).toBe(0)
  })

  test('while requests wait for room', () => {
    disks.list[0].room = 1
    posts(3)
    driver.device.status = 0
    disks.carryOut()
    b.diskCompleted()
    expect([driver.device.status, disks.underWay.length]).toEqual([0, 0])
    driver.start()
    expect(ask(Type.in, 0, [toRead(dataAt, 512)]).status).toBe(Ok)
  })
})

describe('a chain that is no request', () => {
  const chains: [string, (frame: { header: Buffer64; status: Buffer64 }) => Buffer64[]][] = [
    ['without a status byte', ({ header }) => [header, toWrite(dataAt, 512)]],
    ['without a header', ({ status }) => [status]],
    ['with half a header', ({ header, status }) => [{ ...header, length: 15 }, status]],
  ]
  test.each(chains)('%s: the device needs a reset, and what is under way comes back', (_, make) => {
    driver.start({ queues: 2 })
    const others = [0, 1].map(queue => driver.post(Type.in, 0, [toRead(dataAt, 512)], queue))
    for (const queue of [0, 1]) driver.notify(queue)
    driver.rings[0].post(make(driver.frame(Type.in)), false)
    driver.post(Type.in, 0, [toRead(dataAt, 512)])
    driver.notify()
    expect(driver.device.status & Status.needsReset).not.toBe(0)
    expect(disks.underWay).toHaveLength(2)
    while (disks.underWay.length) disks.carryOut()
    b.diskCompleted()
    expect(others.map(one => driver.statusOf(one))).toEqual([Ok, Ok])
    expect([driver.rings[0].collect().length, driver.rings[1].collect().length]).toEqual([1, 1])
    driver.device.status = 0
    expect(driver.device.status).toBe(0)
    driver.start()
    expect(ask(Type.in, 0, [toRead(dataAt, 512)]).status).toBe(Ok)
  })
})
