/** The entropy device, VIRTIO 1.2, 5.4, and its generator against another ChaCha20: OpenSSL's. */
import { createCipheriv } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'
import { SplitDriver, type Buffer64 } from './driver.js'
import { Feature, VirtioDevice } from './virtio.js'

const ramBytes = 4 << 20
const place = { descriptors: 0x1000, driver: 0x2000, device: 0x3000, tables: 0x10000 }
const second = 1_000_000_000

let b: Bench
let device: VirtioDevice
let ring: SplitDriver
let word: bigint

beforeAll(async () => {
  b = await bench()
})
beforeEach(() => {
  b.ram = Buffer.alloc(ramBytes)
  word = 0n
  b.chance = () => word++ * 0x9e37_79b9_7f4a_7c15n & 0xffff_ffff_ffff_ffffn
  b.reset({ ramSize: BigInt(ramBytes), devices: 1n })
  device = new VirtioDevice(b, 1)
  device.map(0xc000_0000, 0xc000_4000)
  ring = new SplitDriver(new DataView(b.ram.buffer, b.ram.byteOffset), 64, place, { eventIndex: false, indirect: true })
  device.start({ features: [Feature.version1, Feature.indirect], size: 64, place })
})

/** Has the device fill buffers; how many bytes it says. */
function ask(...buffers: Buffer64[]): number {
  ring.post(buffers, buffers.length > 1)
  device.notify()
  const [{ written }] = ring.collect()
  return written
}
const to = (gpa: number, length: number): Buffer64 => ({ gpa, length, write: true })
const at = (gpa: number, length: number): Buffer => Buffer.from(b.ram.subarray(gpa, gpa + length))

/** The generator as machine/entropy/generator.ts describes it. */
class Model {
  #key = Buffer.alloc(32)
  #pool = Buffer.alloc(0)
  #word = 0n
  #stream(blocks: number): Buffer { return createCipheriv('chacha20', this.#key, Buffer.alloc(16)).update(Buffer.alloc(64 * blocks)) }

  stir(words: number): void {
    for (let count = 0; count < words; count += 4) {
      for (let part = 0; part < 4; part++) {
        const chance = this.#word++ * 0x9e37_79b9_7f4a_7c15n & 0xffff_ffff_ffff_ffffn
        this.#key.writeBigUInt64LE(this.#key.readBigUInt64LE(8 * part) ^ chance, 8 * part)
      }
      this.#key = Buffer.from(this.#stream(1).subarray(0, 32))
    }
    this.#pool = Buffer.alloc(0)
  }

  take(length: number): Buffer {
    while (this.#pool.length < length) {
      const more = this.#stream(16)
      this.#key = Buffer.from(more.subarray(0, 32))
      this.#pool = Buffer.concat([this.#pool, more.subarray(32)])
    }
    const bytes = this.#pool.subarray(0, length)
    this.#pool = this.#pool.subarray(length)
    return Buffer.from(bytes)
  }
}

describe('the generator', () => {
  test('gives ChaCha20\'s bytes, in pieces of any length', () => {
    const model = new Model()
    model.stir(512)
    for (const length of [64, 1, 991, 992, 993, 4096, 7, 32, 3000]) {
      expect(ask(to(0x8000, length))).toBe(length)
      expect(at(0x8000, length)).toEqual(model.take(length))
    }
    expect(b.chances).toBe(512)
  })

  test('asks for chance only when it is used, and then again each minute and each MiB', () => {
    const model = new Model()
    expect(b.chances).toBe(0)
    ask(to(0x8000, 1))
    expect(b.chances).toBe(512)
    model.stir(512)
    model.take(1)
    b.pass(60 * second - 1)
    ask(to(0x8000, 1))
    expect(b.chances).toBe(512)
    model.take(1)
    b.pass(1)
    ask(to(0x8000, 32))
    expect(b.chances).toBe(528)
    model.stir(16)
    expect(at(0x8000, 32)).toEqual(model.take(32))
    for (let count = 0; count < 255; count++) ask(to(0x8000, 4096))
    expect(b.chances).toBe(528)
    ask(to(0x8000, 4096))
    expect(b.chances).toBe(544)
  })

  test('begins anew with the VM', () => {
    ask(to(0x8000, 32))
    const before = at(0x8000, 32)
    word = 5n
    b.reset({ ramSize: BigInt(ramBytes), devices: 1n })
    device.map(0xc000_0000, 0xc000_4000)
    ring = new SplitDriver(new DataView(b.ram.buffer, b.ram.byteOffset), 64, place, { eventIndex: false, indirect: true })
    device.start({ features: [Feature.version1, Feature.indirect], size: 64, place })
    ask(to(0x8000, 32))
    expect(b.chances).toBe(512)
    expect(at(0x8000, 32)).not.toEqual(before)
  })
})

describe('requests', () => {
  test('of several buffers', () => {
    const model = new Model()
    model.stir(512)
    expect(ask(to(0x8000, 10), to(0x9000, 20), to(0x8010, 1))).toBe(31)
    expect(Buffer.concat([at(0x8000, 10), at(0x9000, 20), at(0x8010, 1)])).toEqual(model.take(31))
    expect([at(0x800a, 6), at(0x9014, 8)]).toEqual([Buffer.alloc(6), Buffer.alloc(8)])
  })

  test('of more than 4 KiB get that', () => {
    expect(ask(to(0x8000, 0x10_0000), to(0x30_0000, 100))).toBe(4096)
    expect(at(0x8000 + 4096, 64)).toEqual(Buffer.alloc(64))
    expect(at(0x30_0000, 100)).toEqual(Buffer.alloc(100))
  })

  test('with something to be read', () => {
    b.ram.fill(7, 0x9000, 0x9010)
    expect(ask({ gpa: 0x9000, length: 16, write: false }, to(0x8000, 16))).toBe(16)
    expect(at(0x9000, 16)).toEqual(Buffer.alloc(16, 7))
    expect(ask({ gpa: 0x9000, length: 16, write: false })).toBe(0)
  })

  test('of which there are many are served over time, and no two get the same', () => {
    for (let count = 0; count < 40; count++) ring.post([to(0x20_0000 + 64 * count, 64)], false)
    device.notify()
    expect(ring.collect()).toHaveLength(16)
    b.pass(20_000)
    expect(ring.collect()).toHaveLength(16)
    b.pass(20_000)
    expect(ring.collect()).toHaveLength(8)
    expect(b.armed).toBe(0xffff_ffff_ffff_ffffn)
    expect(new Set(Array.from({ length: 40 }, (_, index) => at(0x20_0000 + 64 * index, 64).toString('hex'))).size).toBe(40)
  })
})
