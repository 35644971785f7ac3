/** Transitional devices by a driver from before virtio 1.0, written from VIRTIO 1.2, 4.1.4.10 and 2.7.2: rings in one piece, registers at ports. */
import { beforeEach, describe, expect, test } from 'vitest'
import { benchWithDisks, powerOn, randomFrom, toRead, Type } from './block.js'
import { bench, type Bench } from './board.js'
import { disk, type Disks } from './disks.js'
import { SplitDriver, type Buffer64 } from './driver.js'
import { benchWithInterfaces, NetFeature, ramBytes, wire } from './net.js'
import { PciDevice, Status, VirtioDevice } from './virtio.js'

const MIB = 1n << 20n
const Transitional = 8n // VirtualDevice
const Port = 0xc000
const Register = { offered: 0, accepted: 4, page: 8, size: 12, select: 14, notify: 16, status: 18, interrupts: 19, end: 20, configurationVector: 20, queueVector: 22, endWithVectors: 24 }
const Size = 256

class LegacyDevice extends PciDevice {
  constructor(b: Bench, slot: number, readonly port = Port) {
    super(b, slot)
    this.write(0x10, port)
    this.write(0x04, 0x0007, 2)
  }

  get status(): number { return this.board.in8(this.port + Register.status) }
  set status(value: number) { this.board.out8(this.port + Register.status, value) }
  get offered(): number { return this.board.in32(this.port + Register.offered) }
  get page(): number { return this.board.in32(this.port + Register.page) }
  select(queue: number): number {
    this.board.out16(this.port + Register.select, queue)
    return this.board.in16(this.port + Register.size)
  }

  /** A ring in one piece, at a page. */
  ring(queue: number, page: number, vector?: number): SplitDriver {
    const at = 4096 * page
    this.select(queue)
    if (vector !== undefined) this.board.out16(this.port + Register.queueVector, vector)
    this.board.out32(this.port + Register.page, page)
    const driver = at + 16 * Size
    return new SplitDriver(new DataView(this.board.ram.buffer, this.board.ram.byteOffset), Size, { descriptors: at, driver, device: (driver + 6 + 2 * Size + 4095) & ~4095, tables: at + 0x4000 }, { eventIndex: false, indirect: false })
  }

  greet(features = 0): void {
    this.status = 0
    this.status = Status.acknowledge
    this.status = Status.acknowledge | Status.driver
    this.board.out32(this.port + Register.accepted, features)
  }
  begin(): void { this.status = this.status | Status.driverOk }
  notify(queue = 0): void { this.board.out16(this.port + Register.notify, queue) }
}

let b: Bench
let disks: Disks
beforeEach(async () => {
  ({ b, disks } = await benchWithDisks())
  powerOn(b, disks, [disk(4096)], { devices: Transitional | 3n })
})

test('each is found by what it was called before, and by a driver of virtio 1.0', () => {
  const identity = (slot: number) => { const at = new PciDevice(b, slot); return [at.read(0), at.read(8) & 0xff, at.read(0x2c) >>> 16] }
  expect([1, 2, 18].map(identity)).toEqual([[0x1005_1af4, 0, 4], [0x1001_1af4, 0, 2], [0x1002_1af4, 0, 5]])
  const modern = new PciDevice(b, 2)
  expect([modern.sizeOf(0), modern.sizeOf(1), modern.sizeOf(2)]).toEqual([128, 4096, 16384])
  // Common, interrupt status, notification by port 16, by memory, access, the disk's own: all but the third are in the memory at register 2.
  const structures = modern.capabilities().filter(({ identity }) => identity === 9).map(({ at }) => [modern.read(at + 3, 1), modern.read(at + 4, 1), modern.read(at + 8)])
  expect(structures).toEqual([[1, 2, 0], [3, 2, 0x1000], [2, 0, 16], [2, 2, 0x2000], [5, 2, 0], [4, 2, 0x3000]])
})

describe('a disk', () => {
  let device: LegacyDevice
  let ring: SplitDriver
  const header = 0x10_0000, data = 0x20_0000, status = 0x10_1000
  const read = (sector: number): void => {
    b.ram.writeUInt32LE(Type.in, header)
    b.ram.writeBigUInt64LE(BigInt(sector), header + 8)
    const buffers: Buffer64[] = [{ gpa: header, length: 16, write: false }, toRead(data, 512), toRead(status, 1)]
    ring.post(buffers, false)
    device.notify()
    disks.carryOut()
    b.diskCompleted()
  }
  beforeEach(() => {
    device = new LegacyDevice(b, 2)
    disks.list[0].data.fill('legacy', 512 * 5, 512 * 6)
  })

  test('is read by its line', () => {
    device.greet(1 << 9)
    expect([b.in32(Port + Register.end), b.in32(Port + Register.end + 4)]).toEqual([4096, 0]) // capacity
    ring = device.ring(0, 16)
    expect([device.page, device.select(0), device.select(7), device.page]).toEqual([16, Size, 0, 0])
    device.begin()
    expect(device.status).toBe(Status.acknowledge | Status.driver | Status.driverOk)
    read(5)
    expect([b.ram[status], b.ram.toString('ascii', data, data + 6), ring.collect()]).toEqual([0, 'legacy', [{ id: 0, written: 513 }]])
    expect([b.in8(Port + Register.interrupts), b.in8(Port + Register.interrupts)]).toEqual([1, 0])
  })

  test('and by messages, whose registers come before its own', () => {
    device.write(0x14, 0xc010_0000)
    device.write(0x04, 0x0007, 2)
    b.write(0xc010_0000, 0xfee0_0000)
    b.write(0xc010_0008, 0x51)
    b.write(0xc010_000c, 0)
    const msix = device.capability(0x11)
    device.write(msix + 2, 0x8000, 2)
    device.greet()
    expect(b.in32(Port + Register.endWithVectors)).toBe(4096)
    b.out16(Port + Register.configurationVector, 1000)
    expect(b.in16(Port + Register.configurationVector)).toBe(0xffff) // which there is not
    ring = device.ring(0, 16, 0)
    expect(b.in16(Port + Register.queueVector)).toBe(0)
    device.begin()
    read(5)
    expect(b.messages.map(({ vector }) => vector)).toEqual([0x51])
    expect(ring.collect()).toHaveLength(1)
  })

  test('its features are those that it offers, of the first 32, until the driver begins', () => {
    const modern = new VirtioDevice(b, 2)
    modern.write(0x18, modern.base = 0xc000_0000)
    expect(BigInt(device.offered)).toBe(modern.offered & 0xffff_ffffn)
    device.greet(0xffff_ffff)
    expect(b.in32(Port + Register.accepted)).toBe(device.offered)
    device.ring(0, 16)
    device.begin()
    b.out32(Port + Register.accepted, 0)
    expect(b.in32(Port + Register.accepted)).toBe(device.offered)
  })

  test('a queue is let go of by page 0, and all by a reset', () => {
    device.greet()
    ring = device.ring(0, 16)
    device.begin()
    device.select(0)
    b.out32(Port + Register.page, 40) // it lies where it lies
    expect(device.page).toBe(16)
    b.out32(Port + Register.page, 0)
    expect(device.page).toBe(0)
    ring = device.ring(0, 40)
    read(5)
    expect(ring.collect()).toHaveLength(1)
    device.status = 0
    device.select(0)
    expect([device.status, device.page]).toEqual([0, 0])
  })

  test('a ring outside of memory stops it, until it is reset', () => {
    device.greet()
    device.select(0)
    b.out32(Port + Register.page, 0xffff_ffff)
    device.begin()
    device.notify()
    device.greet()
    ring = device.ring(0, 16)
    device.begin()
    read(5)
    expect(ring.collect()).toHaveLength(1)
  })

  test('50,000 accesses of anything harm nobody', () => {
    const random = randomFrom(9)
    for (let access = 0; access < 50_000; access++) {
      const [port, value] = [Port + random(128), random(4) ? random(64) : random(2 ** 32)]
      const write = [b.out8, b.out16, b.out32][random(3)]
      if (random(3)) write(random(3) ? Port + Object.values(Register)[random(12)] : port, value)
      else b.in32(port & ~3)
      if (random(10) === 0) for (let at = 0; at < 64; at++) b.ram[65536 + random(16384)] = random(256)
      while (disks.underWay.length) disks.carryOut()
      b.diskCompleted()
    }
    device.write(0x04, 0x0007, 2)
    device.greet()
    ring = device.ring(0, 16)
    device.begin()
    read(5)
    expect(ring.collect()).toHaveLength(1)
  })
})

test('the entropy device', () => {
  const device = new LegacyDevice(b, 1)
  device.greet()
  const ring = device.ring(0, 16)
  ring.post([{ gpa: 0x20_0000, length: 32, write: true }], false)
  device.notify() // before it may
  expect(ring.collect()).toEqual([])
  device.begin()
  expect(ring.collect()).toEqual([{ id: 0, written: 32 }])
})

test('a balloon, whose driver writes what it has given by bytes', async () => {
  b = await bench()
  b.ram = Buffer.alloc(1 << 20)
  b.reset({ ramSize: 128n * MIB, devices: Transitional | 2n, memoryWanted: 64n * MIB })
  const device = new LegacyDevice(b, 18)
  device.greet(3)
  device.ring(0, 16)
  device.begin()
  expect(b.in32(Port + Register.end)).toBe(64 * 256)
  for (const [index, byte] of [0x00, 0x12, 0x34, 0x00].entries()) b.out8(Port + Register.end + 4 + index, byte)
  b.out8(Port + Register.end, 1)
  expect([b.in32(Port + Register.end), b.in32(Port + Register.end + 4)]).toEqual([64 * 256, 0x34_1200])
  device.notify(0)
  expect(b.reports[1]).toBe(0x34_1200n << 12n)
})

test.each([[true, 1], [false, 0]])('an interface, whose driver takes merged buffers: %s', async (merges, sent) => {
  const { b, network } = await benchWithInterfaces()
  network.list = [wire()]
  network.sendsAtOnce = true
  b.ram = Buffer.alloc(ramBytes)
  b.reset({ ramSize: BigInt(ramBytes), devices: Transitional })
  const device = new LegacyDevice(b, 10)
  expect([device.read(0), device.read(0x2c) >>> 16]).toEqual([0x1000_1af4, 1])
  device.greet(merges ? 1 << Number(NetFeature.merge) : 0)
  expect([b.in8(Port + Register.end), b.in8(Port + Register.end + 5)]).toEqual([0x52, 0x56]) // its address
  device.ring(0, 16)
  const ring = device.ring(1, 32)
  device.begin()
  expect(b.lines).toEqual(merges ? [] : ['virtio device 10: its driver is from before virtio 1.0, and takes no buffers that are merged: it is not served'])
  ring.post([{ gpa: 0x40_0000, length: 12, write: false }, { gpa: 0x40_1000, length: 60, write: false }], false)
  device.notify(1)
  expect(ring.collect()).toHaveLength(sent)
})
