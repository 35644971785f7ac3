/** PCI functions and virtio's way over them, by the entropy device: PCI Local Bus Specification 3.0 and VIRTIO 1.2, 4.1. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'
import { SplitDriver } from './driver.js'
import { Feature, Status, VirtioDevice } from './virtio.js'

const bar = 0xc000_0000, msix = 0xc000_4000
const ioapic = 0xfec0_0000
const ramBytes = 1 << 20
const place = { descriptors: 0x1000, driver: 0x2000, device: 0x3000, tables: 0x10000 }
const { version1, eventIndex, indirect, packed, ringReset } = Feature

let b: Bench
let device: VirtioDevice
beforeAll(async () => {
  b = await bench()
})
beforeEach(() => {
  b.ram = Buffer.alloc(ramBytes)
  b.chance = () => 0x0123_4567_89ab_cdefn
  b.reset({ ramSize: BigInt(ramBytes), devices: 1n })
  device = new VirtioDevice(b, 1)
})

const driver = (size: number, options = { eventIndex: false, indirect: true }) => new SplitDriver(new DataView(b.ram.buffer, b.ram.byteOffset), size, place, options)
const buffer = (gpa = 0x8000, length = 64) => ({ gpa, length, write: true })

/** Vector n of the device to local vector 50h + n. */
function openMessages(): void {
  for (const [at, value] of [[0, 0xfee0_1000], [4, 0], [8, 0x50], [12, 0], [16, 0xfee0_1000], [20, 0], [24, 0x51], [28, 0]]) b.write(msix + at, value)
  device.write(device.capability(0x11) + 2, 0x8000, 2)
}
const vectors = () => b.messages.splice(0).map(({ vector }) => vector)

describe('configuration space', () => {
  test('says what it is', () => {
    expect([device.read(0, 2), device.read(2, 2), device.read(8, 1)]).toEqual([0x1af4, 0x1044, 1])
    expect([device.read(0x0e, 1), device.read(0x3d, 1)]).toEqual([0, 1]) // one function, INTA#
    expect(device.read(0x06, 2) & 0x10).toBe(0x10)
    expect(device.capabilities().map(({ identity }) => identity)).toEqual([9, 9, 9, 9, 9, 0x11])
  })

  test('is reached by CF8h too, and only at its own function', () => {
    b.out32(0xcf8, 0x8000_0800)
    expect(b.in32(0xcfc)).toBe(0x1044_1af4)
    b.out32(0xcf8, 0x8000_0900) // 00:01.1
    expect(b.in32(0xcfc)).toBe(0xffff_ffff)
    b.out32(0xcf8, 0x8000_1000) // 00:02.0
    expect(b.in32(0xcfc)).toBe(0xffff_ffff)
    b.out32(0xcf8, 0x8001_0800) // 01:01.0
    expect(b.in32(0xcfc)).toBe(0xffff_ffff)
  })

  test('a VM without it has none', () => {
    b.reset({ ramSize: BigInt(ramBytes) })
    expect(device.read(0)).toBe(0xffff_ffff)
    b.assignAddresses()
    expect(b.read(bar)).toBe(0xffff_ffffn)
    expect(b.unbacked()).toBe(1n)
  })

  test('holds only what can be written', () => {
    const access = device.capabilities()[4].at
    const expected = new Map([[0x04, 0x0407], [0x10, 0xffff_c000], [0x14, 0xffff_f000], [0x18, 0xffff_fffc], [0x3c, 0xff], [access + 4, 0xff], [access + 8, 0xffff_ffff], [access + 12, 0xffff_ffff], [device.capability(0x11), 0xc000_0000]])
    for (let at = 0; at < 0x1000; at += 4) {
      const before = device.read(at)
      device.write(at, 0)
      const cleared = device.read(at)
      device.write(at, 0xffff_ffff)
      expect((device.read(at) ^ cleared) >>> 0, at.toString(16)).toBe(expected.get(at) ?? 0)
      device.write(at, before)
    }
  })

  test('by bytes and words', () => {
    device.write(0x13, 0xd1, 1)
    expect(device.read(0x10)).toBe(0xd100_0000)
    device.write(0x12, 0xc234, 2)
    expect(device.read(0x10)).toBe(0xc234_0000)
    device.write(0x3d, 0xff, 1)
    expect(device.read(0x3c, 2)).toBe(0x01ff)
  })
})

describe('its memory', () => {
  test('has sizes, and lies where the guest says, as long as it is decoded', () => {
    expect([0, 1, 2, 3, 4, 5].map(index => device.sizeOf(index))).toEqual([0x4000, 0x1000, 4, 0, 0, 0])
    expect(b.read(bar)).toBe(0xffff_ffffn)
    for (const base of [bar, 0xd123_4000, 0xfeb0_4000]) {
      device.map(base, msix)
      expect(device.common(0x12, 2)).toBe(1)
      expect(b.read(base + 0x5000)).toBe(0xffff_ffffn)
    }
    expect(b.read(bar)).toBe(0xffff_ffffn) // it has moved away
    device.write(0x04, 0, 2)
    expect(b.read(0xfeb0_4000)).toBe(0xffff_ffffn)
  })

  test('firmware assigns it, and lets it be decoded', () => {
    b.assignAddresses()
    const bars = [device.read(0x10), device.read(0x14), device.read(0x18)]
    expect(bars).toEqual([0xc000_0000, 0xc000_4000, 0x1001])
    expect(device.read(0x04, 2)).toBe(0x0003)
    expect(b.read(bars[0] + 0x12, 2)).toBe(1n)
  })

  test('structures are where the capabilities say', () => {
    const structures = device.capabilities().slice(0, 5).map(({ at }) => [device.read(at + 2, 1), device.read(at + 3, 1), device.read(at + 4, 1), device.read(at + 8), device.read(at + 12)])
    expect(structures).toEqual([[16, 1, 0, 0, 0x3c], [16, 3, 0, 0x1000, 1], [20, 2, 2, 0, 2], [20, 2, 0, 0x2000, 4], [20, 5, 0, 0, 0]])
    expect([2, 3].map(index => device.read(device.capabilities()[index].at + 16))).toEqual([0, 4])
    const at = device.capability(0x11)
    expect([device.read(at + 2, 2), device.read(at + 4), device.read(at + 8)]).toEqual([1, 1, 0x801]) // two vectors
  })

  test('is reached by configuration space too', () => {
    const { at } = device.capabilities()[4]
    const select = (which: number, offset: number, length: number) => {
      device.write(at + 4, which, 1)
      device.write(at + 8, offset)
      device.write(at + 12, length)
    }
    select(0, 0x14, 1)
    device.write(at + 16, 3, 1)
    expect(device.read(at + 16, 1)).toBe(3)
    device.map(bar, msix)
    expect(device.status).toBe(3)
    select(1, 8, 4)
    device.write(at + 16, 0x1234_5678)
    expect(b.read(msix + 8)).toBe(0x1234_5678n)
    // Nothing is there, or the access is none that there is.
    for (const [which, offset, length] of [[2, 0, 2], [2, 4, 2], [3, 0, 4], [255, 0, 4], [0, 0x4000, 4], [0, 0xffff_fffc, 4], [0, 0, 3], [0, 0, 0xffff_ffff], [0, 1, 2]]) {
      select(which, offset, length)
      device.write(at + 16, 0xffff_ffff)
      expect(device.read(at + 16)).toBe(0)
    }
    expect(device.status).toBe(3)
  })

  test('8 bytes are twice 4', () => {
    device.map(bar, msix)
    b.write(bar + 0x20, 0x1_0000_2000n, 8)
    expect(b.read(bar + 0x20, 8)).toBe(0x1_0000_2000n)
    expect([device.common(0x20, 4), device.common(0x24, 4)]).toEqual([0x2000, 1])
  })
})

describe('its port', () => {
  beforeEach(() => {
    device.map(bar, msix)
    device.start({ features: [version1], size: 8, place })
  })
  const ports = (at: number) => {
    device.write(0x18, at)
    device.write(0x04, 0x0007, 2)
  }
  /** Whether the device notices what is written. */
  const notices = (write: () => void) => {
    const ring = driver(8)
    device.start({ features: [version1], size: 8, place })
    ring.post([buffer()], false)
    write()
    return ring.collect().length === 1
  }

  test('takes notifications, wherever the guest puts it', () => {
    expect(notices(() => b.out16(0, 0))).toBe(false)
    for (const at of [0x1000, 0xc124, 0xfffc]) {
      ports(at)
      expect([device.read(0x18), notices(() => b.out16(at, 0))]).toEqual([at | 1, true])
      expect([b.in16(at), b.in32(at), b.in8(at + 3)]).toEqual([0, 0, 0])
    }
    expect(b.unbacked()).toBe(1n) // the first
    expect(notices(() => b.out16(0x1000, 0))).toBe(false) // it has moved away
    device.write(0x04, 0x0006, 2)
    expect(notices(() => b.out16(0xfffc, 0))).toBe(false) // ports are not decoded
    expect(b.in16(0xfffc)).toBe(0xffff)
  })

  test('not of queues that there are not', () => {
    ports(0x1000)
    for (const queue of [1, 0x100, 0xffff]) expect(notices(() => b.out16(0x1000, queue))).toBe(false)
  })

  test('takes no port of the board\'s, nor one beyond the last', () => {
    for (const at of [0x3f8, 0xcf8, 0x1_1000, 0xffff_fffc]) {
      ports(at)
      expect(notices(() => b.out16(at & 0xffff, 0))).toBe(false)
      expect(notices(() => b.out16(0x1000, 0))).toBe(false)
    }
    b.out8(0x3ff, 0x5a)
    expect(b.in8(0x3ff)).toBe(0x5a) // the serial port's scratch register
  })
})

describe('negotiation', () => {
  beforeEach(() => device.map(bar, msix))

  test('offers what is there, and nothing beyond 64 bits', () => {
    expect(device.offered).toBe([version1, eventIndex, indirect, packed, ringReset].reduce((all, bit) => all | 1n << bit, 0n))
    device.setCommon(0, 2, 4)
    expect(device.common(4, 4)).toBe(0)
  })

  test.each<[string, bigint[], boolean]>([
    ['none', [], false], ['version 1', [version1], true], ['all of the rings\'', [version1, packed, eventIndex, indirect], true], ['those of a device before version 1', [eventIndex], false],
    ['one that is not offered', [version1, 35n], false], ['one of another device type', [version1, 0n], false],
  ])('features: %s', (_, features, agreed) => {
    expect(device.start({ features, size: 8, place })).toBe(agreed)
  })

  test('features stay as they were agreed on, until a reset', () => {
    device.start({ features: [version1], size: 8, place })
    device.accept(1n << version1 | 1n << packed)
    device.setCommon(8, 1, 4)
    expect(device.common(12, 4)).toBe(1)
    device.status = 0
    expect([device.status, device.common(12, 4), device.common(0x18, 2), device.common(0x1c, 2), device.common(0x10, 2)]).toEqual([0, 0, 256, 0, 0xffff])
  })

  test('sizes and addresses of a queue can be chosen while it is not enabled', () => {
    device.setCommon(0x18, 16, 2)
    for (const size of [0, 257, 0xffff]) device.setCommon(0x18, size, 2)
    expect(device.common(0x18, 2)).toBe(16)
    device.start({ features: [version1], size: 32, place })
    device.setCommon(0x18, 64, 2)
    device.setCommon(0x20, 0x5000, 4)
    expect([device.common(0x18, 2), device.common(0x20, 4), device.common(0x1c, 2)]).toEqual([32, 0x1000, 1])
  })

  test('a queue that there is not', () => {
    device.setCommon(0x16, 1, 2)
    device.setCommon(0x18, 16, 2)
    expect([device.common(0x16, 2), device.common(0x18, 2), device.common(0x1e, 2)]).toEqual([1, 0, 0])
    device.notify(1)
    device.notify(0xffff)
    device.setCommon(0x16, 0, 2)
    expect(device.common(0x18, 2)).toBe(256)
  })

  test('a vector that there is not is none', () => {
    device.setCommon(0x10, 1, 2)
    device.setCommon(0x1a, 0, 2)
    expect([device.common(0x10, 2), device.common(0x1a, 2)]).toEqual([1, 0])
    device.setCommon(0x10, 2, 2)
    device.setCommon(0x1a, 0xfffe, 2)
    expect([device.common(0x10, 2), device.common(0x1a, 2)]).toEqual([0xffff, 0xffff])
  })

  test('a queue is reset alone where that was agreed on', () => {
    device.start({ features: [version1], size: 8, place })
    device.setCommon(0x3a, 1, 2)
    expect(device.common(0x1c, 2)).toBe(1)
    device.start({ features: [version1, ringReset], size: 8, place })
    driver(8).post([buffer()], false)
    device.setCommon(0x3a, 1, 2)
    expect([device.common(0x3a, 2), device.common(0x1c, 2)]).toEqual([0, 0])
    device.notify()
    const again = driver(8)
    device.setCommon(0x20, place.descriptors, 4)
    device.setCommon(0x28, place.driver, 4)
    device.setCommon(0x30, place.device, 4)
    device.setCommon(0x18, 8, 2)
    device.setCommon(0x1c, 1, 2)
    const { id } = again.post([buffer()], false)
    device.notify()
    expect(again.collect()).toEqual([{ id, written: 64 }])
  })
})

describe('interrupts', () => {
  test('INTA# is the I/O APIC\'s input 17 until the status is read', () => {
    device.map(bar, msix)
    b.write(ioapic, 0x10 + 2 * 17)
    b.write(ioapic + 0x10, 0x0_8039) // level-triggered, vector 39h
    const ring = driver(8)
    device.start({ features: [version1], size: 8, place })
    ring.post([buffer()], false)
    device.notify()
    expect(vectors()).toEqual([0x39])
    expect(device.read(0x06, 2) & 8).toBe(8)
    expect(device.interruptStatus()).toBe(1)
    expect(device.read(0x06, 2) & 8).toBe(0)
    expect(device.interruptStatus()).toBe(0)
    b.endOfInterrupt(0x39)
    expect(vectors()).toEqual([])
    // Not read before the end of the interrupt, it comes again.
    ring.post([buffer()], false)
    device.notify()
    b.endOfInterrupt(0x39)
    expect(vectors()).toEqual([0x39, 0x39])
    // The guest may switch it off, and it comes back with the switch.
    device.write(0x04, 0x0406, 2)
    b.endOfInterrupt(0x39)
    expect(vectors()).toEqual([])
    device.write(0x04, 0x0006, 2)
    expect(vectors()).toEqual([0x39])
    // A reset takes it back.
    device.status = 0
    b.endOfInterrupt(0x39)
    expect(vectors()).toEqual([])
  })

  test('MSI-X sends the queue\'s message; masked, it waits', () => {
    device.map(bar, msix)
    openMessages()
    const ring = driver(8)
    device.start({ features: [version1], size: 8, place, vector: 1 })
    const serve = () => {
      ring.post([buffer()], false)
      device.notify()
      ring.collect()
      return vectors()
    }
    expect(serve()).toEqual([0x51])
    expect(device.interruptStatus()).toBe(0)
    b.write(msix + 28, 1)
    expect(serve()).toEqual([])
    expect(b.read(msix + 0x800)).toBe(2n)
    b.write(msix + 28, 0)
    expect(vectors()).toEqual([0x51])
    expect(b.read(msix + 0x800)).toBe(0n)
    device.write(device.capability(0x11) + 2, 0xc000, 2)
    expect(serve()).toEqual([])
    expect(serve()).toEqual([])
    device.write(device.capability(0x11) + 2, 0x8000, 2)
    expect(vectors()).toEqual([0x51]) // once for both
    // A message is a write of the function's own.
    b.write(msix + 28, 1)
    expect(serve()).toEqual([])
    device.write(0x04, 0x0002, 2)
    b.write(msix + 28, 0)
    expect(vectors()).toEqual([])
    device.write(0x04, 0x0006, 2)
    expect(vectors()).toEqual([0x51])
  })

  test('a message to anywhere else than a local APIC is none', () => {
    device.map(bar, msix)
    openMessages()
    const ring = driver(8)
    device.start({ features: [version1], size: 8, place, vector: 1 })
    b.write(msix + 16, 0x9000)
    ring.post([buffer()], false)
    device.notify()
    expect(vectors()).toEqual([])
    expect(b.ram.readUInt32LE(0x9000)).toBe(0)
  })

  test('none is sent that the driver does not want', () => {
    device.map(bar, msix)
    openMessages()
    const ring = driver(8, { eventIndex: true, indirect: false })
    device.start({ features: [version1, eventIndex], size: 8, place, vector: 1 })
    ring.want(3)
    for (const expected of [[], [], [0x51], []]) {
      ring.post([buffer()], false)
      device.notify()
      expect(vectors()).toEqual(expected)
    }
  })

  test('without bus mastering nothing is taken; with it, what waits', () => {
    device.map(bar, msix)
    openMessages()
    const ring = driver(8)
    device.write(0x04, 0x0002, 2)
    device.start({ features: [version1], size: 8, place, vector: 0 })
    ring.post([buffer()], false)
    device.notify()
    expect([vectors(), ring.collect()]).toEqual([[], []])
    device.write(0x04, 0x0006, 2)
    expect(vectors()).toEqual([0x50])
    expect(ring.collect()).toHaveLength(1)
  })

  test('a device that loses bus mastering is reset: what its memory holds from then on is no ring', () => {
    device.map(bar, msix)
    openMessages()
    const ring = driver(8)
    device.start({ features: [version1], size: 8, place, vector: 0 })
    device.write(0x04, 0x0003, 2)
    ring.post([buffer()], false)
    const memory = Buffer.from(b.ram)
    device.write(0x04, 0x0006, 2)
    device.notify()
    expect([vectors(), device.status, device.common(0x1c, 2), memory.equals(b.ram)]).toEqual([[], 0, 0, true])
    const fresh = driver(8)
    device.start({ features: [version1], size: 8, place, vector: 0 })
    fresh.post([buffer()], false)
    device.notify()
    expect([vectors(), fresh.collect().length]).toEqual([[0x50], 1])
  })
})

describe('a ring that cannot be', () => {
  beforeEach(() => {
    device.map(bar, msix)
    openMessages()
    device.setCommon(0x10, 0, 2)
  })

  test('stops the device until it is reset, and says so', () => {
    const ring = driver(8)
    device.start({ features: [version1], size: 8, place, vector: 1 })
    device.setCommon(0x10, 0, 2)
    ring.post([buffer()], false)
    ring.post([buffer(0x20_0000)], false)
    ring.post([buffer()], false)
    device.notify()
    expect(vectors()).toEqual([0x51, 0x50]) // of the queue for the first, then of the configuration
    expect(device.status & Status.needsReset).toBe(Status.needsReset)
    expect(ring.collect()).toHaveLength(1)
    device.notify()
    device.status = device.status & ~Status.needsReset
    device.notify()
    expect([vectors(), ring.collect()]).toEqual([[], []])
    const fresh = driver(8)
    expect(device.start({ features: [version1], size: 8, place, vector: 1 })).toBe(true)
    fresh.post([buffer()], false)
    device.notify()
    expect([vectors(), fresh.collect().length, device.status & Status.needsReset]).toEqual([[0x51], 1, 0])
  })

  test.each([['a size that is no power of two', { size: 24 }], ['an area that is not RAM', { place: { ...place, device: ramBytes } }], ['one that is not where it may be', { place: { ...place, descriptors: 0x1008 } }]])('%s is refused as soon as it is enabled', (_, wrong) => {
    device.start({ features: [version1], size: 16, place, ...wrong })
    expect(device.status & Status.needsReset).toBe(Status.needsReset)
  })

  test('a packed queue may have any size', () => {
    device.start({ features: [version1, packed], size: 24, place })
    expect(device.status & Status.needsReset).toBe(0)
  })
})

test('requests from before DRIVER_OK are seen with it', () => {
  device.map(bar, msix)
  const ring = driver(8)
  ring.post([buffer()], false)
  device.start({ features: [version1], size: 8, place })
  expect(ring.collect()).toHaveLength(1)
})

describe('a hostile guest', () => {
  test.each([1, 2, 3])('writes anything to every register, seed %i: no trap, no hang', seed => {
    let state = seed * 0x9e37_79b9
    const next = (limit: number) => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return (state >>> 0) % limit
    }
    device.map(bar, msix)
    openMessages()
    const seen = { messages: 0, stops: 0 }
    for (let step = 0; step < 60_000; step++) {
      const value = next(4) ? next(0x1_0000) : next(0x1_0000_0000)
      switch (next(8)) {
        case 0:
          device.start({ features: [version1, next(2) ? packed : eventIndex], size: 1 << next(9), place, vector: next(3) })
          break
        case 1:
          b.write(bar + next(0x40), value, [1, 2, 4][next(3)])
          break
        case 2:
          device.setCommon([0x20, 0x28, 0x30][next(3)], next(8) ? next(0x1_0000) & ~15 : value, 4)
          break
        case 3:
          for (const status of [0, 1, 3, 11, 15].slice(next(3))) device.status = status
          break
        case 4:
          device.accept(1n << version1 | BigInt(next(4)) << 28n | BigInt(next(2)) << packed)
          break
        case 5:
          // Descriptors and an available ring as they might be, with a wrong word now and then.
          for (let index = 0; index < 8; index++) {
            const flags = [2, 3, 4, 0x82, 0x82, 0x84, 0x8082][next(7)]
            const words = [0x8000 + next(0x1000), 0, 1 + next(100), next(2) ? flags | next(8) << 16 : next(8) | flags << 16]
            words.forEach((word, part) => b.ram.writeUInt32LE((next(100) ? word : value) >>> 0, place.descriptors + 16 * index + 4 * part))
            b.ram.writeUInt16LE(next(8), place.driver + 4 + 2 * index)
          }
          b.ram.writeUInt32LE(next(4) | next(8) << 16, place.driver)
          device.notify()
          break
        case 6:
          if (next(8)) b.read(bar + 4 * next(0x1000))
          else device.write(4 * next(0x40), value, 4)
          break
        case 7:
          device.map(bar, msix)
          if (next(4) === 0) openMessages()
          b.write(msix + 4 * next(8), next(2) ? 0xfee0_0000 + 4 * next(0x400) : value)
          device.notify()
      }
      b.pass(next(30_000))
      if (device.status & Status.needsReset) seen.stops++
      seen.messages += b.messages.splice(0).length
    }
    expect(seen.messages).toBeGreaterThan(100)
    expect(seen.stops).toBeGreaterThan(1000)
  })
})
