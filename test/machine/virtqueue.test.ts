/** Split and packed virtqueues against a driver written from the standard, and against drivers that mean harm. */
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantiate } from '../sandbox.js'
import { PackedDriver, SplitDriver, type Buffer64, type Driver, type Options } from './driver.js'

const Nothing = 0, Taken = 1, Fault = 2
const place = { descriptors: 0x1000, driver: 0x2000, device: 0x3000, tables: 0x10000 }
const buffersAt = 0xc0000

let queue: Record<string, any>
let memory: Record<string, any>
let ram: DataView

beforeAll(async () => {
  const guest = await instantiate('test/machine/ram.entry.ts')
  memory = guest.exports
  queue = (await instantiate('test/machine/virtqueue.entry.ts', { imports: { ram: memory } })).exports
  // The driver sees the RAM only: a mistake of its own ends the test.
  ram = new DataView(guest.memory.buffer, memory.address() >>> 0, 1 << 20)
})
beforeEach(() => {
  memory.setFlicker(0, 0)
  memory.strays.value = 0
  for (let at = 0; at < 0x4000; at += 4) ram.setUint32(at, 0, true)
})

const enable = (size: number, packed: boolean, { eventIndex = false, indirect = true }: Partial<Options> = {}, where: Partial<typeof place> = {}): boolean => {
  const { descriptors, driver, device } = { ...place, ...where }
  return queue.enable(size, BigInt(descriptors), BigInt(driver), BigInt(device), packed ? 1 : 0, eventIndex ? 1 : 0, indirect ? 1 : 0) !== 0
}

const driverOf = (packed: boolean, size: number, options: Options): Driver => packed ? new PackedDriver(ram, size, place, options) : new SplitDriver(ram, size, place, options)

/** The chain that the device keeps as number `index`. */
function chain(index: number): { id: number; buffers: Buffer64[] } {
  const buffers = Array.from({ length: queue.chainCount(index) }, (_, range) => ({
    gpa: Number(queue.rangeGpa(index, range)), length: queue.rangeLength(index, range) >>> 0, write: queue.rangeWritable(index, range) !== 0,
  }))
  return { id: queue.chainId(index), buffers }
}

/** Buffers as a driver may chain them: those to be read first. */
const request = (reads: number, writes: number, first = 0): Buffer64[] => Array.from({ length: reads + writes }, (_, index) => ({
  gpa: buffersAt + (first + index) * 64, length: 1 + (first + index) % 64, write: index >= reads,
}))

test('records fit into what is reserved for them', () => {
  expect(queue.queueBytes()).toBeLessThanOrEqual(64)
  expect(queue.chainHeaderBytes()).toBe(16)
})

type Step = { kind: 'post'; reads: number; writes: number; indirect: boolean } | { kind: 'take' | 'publish' | 'listen' | 'ignore' } | { kind: 'give'; which: number; written: number } | { kind: 'collect'; want: number }

const steps = fc.array(fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('post' as const), reads: fc.nat(4), writes: fc.nat(4), indirect: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('take' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('give' as const), which: fc.nat(300), written: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('publish' as const, 'listen' as const, 'ignore' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('collect' as const), want: fc.nat(4) }) },
), { minLength: 20, maxLength: 120, size: 'max' })

const setups = fc.record({ packed: fc.boolean(), eventIndex: fc.boolean(), indirect: fc.boolean(), exponent: fc.nat(8), odd: fc.nat(255) })

/** Plays driver and device against each other; whatever either says to the other has to be what the other meant. */
function play({ packed, eventIndex, indirect, exponent, odd }: { packed: boolean; eventIndex: boolean; indirect: boolean; exponent: number; odd: number }, list: Step[]): void {
  const size = packed ? 1 + odd : 2 ** exponent
  const options = { eventIndex, indirect }
  const driver = driverOf(packed, size, options)
  expect(enable(size, packed, options)).toBe(true)
  const waiting: { id: number; buffers: Buffer64[] }[] = [] // posted, not taken
  const held = new Map<number, number>() // by the device: its chain's number, and the id
  const spare = Array.from({ length: 256 }, (_, index) => index)
  const returned: { id: number; written: number }[] = [] // given back and not collected
  let given = 0, published = 0, collected = 0
  let wanted = 1 // the count of requests at which the driver wants its interrupt: Infinity for never, -1 for all
  let listening: boolean | undefined
  let first = 0
  const want = (count: number) => {
    driver.want(count)
    wanted = count === 0 ? Infinity : eventIndex && (!packed || count === 1) ? collected + count : -1
  }
  want(1)
  for (const step of list) {
    switch (step.kind) {
      case 'post': {
        const buffers = request(step.reads, step.writes, first++ % 1000)
        const isIndirect = indirect && step.indirect
        if (!buffers.length || driver.free < (isIndirect ? 1 : buffers.length)) break
        const { id, notify } = driver.post(buffers, isIndirect)
        if (listening === true) expect(notify).toBe(true)
        if (listening === false && (packed || !eventIndex)) expect(notify).toBe(false)
        if (notify) listening = undefined // it was told, and is told again once it has asked again
        waiting.push({ id, buffers })
        break
      }
      case 'take': {
        const into = spare[0]
        expect(queue.take(into)).toBe(waiting.length ? Taken : Nothing)
        if (!waiting.length) break
        spare.shift()
        expect(chain(into)).toEqual(waiting[0])
        held.set(into, waiting.shift()!.id)
        break
      }
      case 'give': {
        if (!held.size) break
        const from = [...held.keys()][step.which % held.size]
        queue.give(from, step.written)
        returned.push({ id: held.get(from)!, written: step.written })
        given++
        held.delete(from)
        spare.push(from)
        break
      }
      case 'publish': {
        const before = published
        published = given
        const expected = given > before && (wanted === -1 || wanted > before && wanted <= given)
        expect(queue.publish() !== 0).toBe(expected)
        break
      }
      case 'listen':
        expect(queue.listen() !== 0).toBe(waiting.length > 0)
        listening = waiting.length ? undefined : true
        break
      case 'ignore':
        queue.ignore()
        listening = false
        break
      case 'collect': {
        const back = driver.collect()
        // A packed ring shows what was given at once, a split one when it is published.
        expect(back).toEqual(returned.splice(0, (packed ? given : published) - collected))
        collected += back.length
        want(step.want)
      }
    }
  }
}

test('a driver and the device agree, whatever the order of things', () => {
  fc.assert(fc.property(setups, steps, play), { numRuns: 1500, seed: 20261123 })
})

describe.each([['split', false], ['packed', true]])('%s', (_, packed) => {
  const make = (size: number, eventIndex = false): Driver => driverOf(packed, size, { eventIndex, indirect: true })

  test.each([1, 2, 3, 5, 8, 64, 100, 255, 256])('size %i, several times round', size => {
    if (!packed && (size & (size - 1)) !== 0) {
      expect(enable(size, packed)).toBe(false)
      return
    }
    const driver = make(size, true)
    expect(enable(size, packed, { eventIndex: true })).toBe(true)
    // 65 536 requests bring the indexes of a split ring round once.
    const rounds = size === 8 ? 70_000 : 5 * size + 3
    for (let count = 0; count < rounds; count++) {
      const buffers = request(0, 1 + count % Math.min(size, 3), count % 500)
      const isIndirect = count % 5 === 4
      const { id } = driver.post(buffers, isIndirect)
      if (queue.take(0) !== Taken || queue.chainId(0) !== id || queue.chainCount(0) !== buffers.length) throw new Error(`request ${count}`)
      queue.give(0, count + 1)
      queue.publish()
      const [back] = driver.collect()
      if (back.id !== id || back.written !== count + 1) throw new Error(`request ${count} came back as ${JSON.stringify(back)}`)
    }
    expect(driver.free).toBe(size)
    expect(memory.strays.value).toBe(0)
  })

  test('as many buffers as a chain can have, and one more', () => {
    let driver = make(256)
    enable(256, packed)
    const { id } = driver.post(request(100, 156), false)
    expect(queue.take(0)).toBe(Taken)
    expect(chain(0)).toEqual({ id, buffers: request(100, 156) })
    driver = make(256)
    enable(256, packed)
    driver.post(request(0, 256), true)
    expect(queue.take(0)).toBe(Taken)
    expect(chain(0).buffers).toEqual(request(0, 256))
    driver = make(256)
    enable(256, packed)
    driver.post(request(0, 257), true)
    expect(queue.take(0)).toBe(Fault)
  })

  test('areas have to be RAM and to lie where they may', () => {
    const end = 1 << 20
    const areas: [Partial<typeof place>, boolean][] = [
      [{}, true], [{ descriptors: 0x1008 }, false], [{ driver: 0x2001 }, false], [{ device: 0x3002 }, false],
      [{ descriptors: end - 256 }, true], [{ descriptors: end - 240 }, false], [{ descriptors: 2 ** 52 }, false],
      [{ driver: end - (packed ? 4 : 6 + 2 * 16) }, true], [{ driver: end }, false], [{ device: end - 4 }, packed], [{ device: end }, false],
    ]
    for (const [where, fine] of areas) {
      expect(enable(16, packed, {}, where), JSON.stringify(where)).toBe(fine)
      if (!fine) expect(queue.take(0)).toBe(Fault)
    }
  })

  // Each spoils the second of two requests: the first is served, the ring is at fault, and stays so.
  const spoils: [string, Buffer64[], boolean][] = [
    ['a buffer that is empty', [{ gpa: buffersAt, length: 0, write: true }], false],
    ['a buffer behind the RAM', [{ gpa: 1 << 20, length: 1, write: true }], false],
    ['a buffer that ends behind the RAM', [{ gpa: (1 << 20) - 4, length: 5, write: true }], false],
    ['a length that overflows', [{ gpa: buffersAt, length: 0xffff_ffff, write: true }], false],
    ['an address that overflows', [{ gpa: 2 ** 64 - 2 ** 12, length: 0x2000, write: true }], false],
    ['a buffer to be read behind one to be written', [...request(0, 1), ...request(1, 0)], false],
    ['the same in an indirect table', [...request(0, 1), ...request(1, 0)], true],
    ['an indirect buffer behind the RAM', [{ gpa: 1 << 20, length: 1, write: true }], true],
  ]
  test.each(spoils)('%s', (_name, buffers, isIndirect) => {
    const driver = make(8)
    enable(8, packed)
    driver.post(request(1, 1), false)
    driver.post(buffers, isIndirect)
    driver.post(request(1, 1), false)
    expect([queue.take(0), queue.take(1), queue.take(1)]).toEqual([Taken, Fault, Fault])
    queue.give(0, 1)
    queue.publish()
    expect(driver.collect()).toHaveLength(1)
  })

  test('indirect descriptors that were not negotiated', () => {
    const driver = make(8)
    enable(8, packed, { indirect: false })
    driver.post(request(1, 1), true)
    expect(queue.take(0)).toBe(Fault)
  })

  test.each([0, 15, 17, 257 * 16])('an indirect table of %i bytes', length => {
    const driver = make(8)
    enable(8, packed)
    driver.post(request(1, 1), true)
    ram.setUint32(place.descriptors + 8, length, true)
    expect(queue.take(0)).toBe(Fault)
  })

  test('an indirect table in an indirect table, or with a chain behind it', () => {
    const flagsAt = packed ? 14 : 12
    // In a packed ring's table the flag means nothing (2.8.8): there is no nesting either way.
    for (const [at, flag, result] of [[place.tables, 4, packed ? Taken : Fault], [place.descriptors, 1, Fault]]) {
      const driver = make(8)
      enable(8, packed)
      driver.post(request(1, 1), true)
      ram.setUint16(at + flagsAt, ram.getUint16(at + flagsAt, true) | flag, true)
      expect(queue.take(0)).toBe(result)
    }
  })
})

describe('split', () => {
  test('a loop', () => {
    new SplitDriver(ram, 8, place, { eventIndex: false, indirect: true }).post(request(2, 0), false)
    enable(8, false)
    ram.setUint16(place.descriptors + 16 + 12, 1, true)
    ram.setUint16(place.descriptors + 16 + 14, 0, true)
    expect(queue.take(0)).toBe(Fault)
  })

  test.each([[2, 9, 8], [2, 0xffff, 8], [4, 8, 8], [4, 0xffff, 8]])('an index that jumps, or a head that there is not: %i', (offset, value, size) => {
    new SplitDriver(ram, size, place, { eventIndex: false, indirect: true }).post(request(1, 0), false)
    enable(size, false)
    ram.setUint16(place.driver + offset, value, true)
    expect(queue.take(0)).toBe(Fault)
  })

  test('a next that there is not, in the table and in an indirect one', () => {
    for (const isIndirect of [false, true]) {
      new SplitDriver(ram, 8, place, { eventIndex: false, indirect: true }).post(request(2, 0), isIndirect)
      enable(8, false)
      ram.setUint16((isIndirect ? place.tables : place.descriptors) + 14, 8, true)
      expect(queue.take(0)).toBe(Fault)
    }
  })

  test('descriptors of its own, then an indirect table', () => {
    const driver = new SplitDriver(ram, 8, place, { eventIndex: false, indirect: true })
    enable(8, false)
    driver.post([...request(1, 0), { gpa: place.tables, length: 32, write: false }], false)
    new SplitDriver(ram, 2, { ...place, descriptors: place.tables, driver: 0x4000, device: 0x5000 }, { eventIndex: false, indirect: false }).post(request(1, 1, 5), false)
    ram.setUint16(place.descriptors + 16 + 12, 4, true)
    expect(queue.take(0)).toBe(Taken)
    expect(chain(0).buffers).toEqual([...request(1, 0), ...request(1, 1, 5)])
  })
})

test('packed: a chain that goes round', () => {
  const driver = new PackedDriver(ram, 4, place, { eventIndex: false, indirect: true })
  enable(4, true)
  driver.post(request(4, 0), false)
  ram.setUint16(place.descriptors + 3 * 16 + 14, ram.getUint16(place.descriptors + 3 * 16 + 14, true) | 1, true)
  expect(queue.take(0)).toBe(Fault)
})

describe('what was taken stays as it was', () => {
  test.each([['split', false], ['packed', true]])('%s', (_, packed) => {
    const driver = driverOf(packed, 8, { eventIndex: false, indirect: true })
    enable(8, packed)
    const { id } = driver.post(request(1, 2), true)
    expect(queue.take(0)).toBe(Taken)
    for (let at = 0; at < 0x4000; at++) ram.setUint8(place.tables + at, 0xff)
    expect(chain(0)).toEqual({ id, buffers: request(1, 2) })
  })
})

describe('hostile drivers', () => {
  const counts = () => ['nothings', 'taken', 'faults', 'refused'].map(name => queue[name].value >>> 0)
  test.each([['who writes beforehand', 0], ['who writes meanwhile, a lot', 3], ['who writes meanwhile, now and then', 200]])('a million of one %s', (_, flicker) => {
    const before = counts()
    memory.setFlicker(flicker, 77)
    queue.fuzz(0x5eed + flicker, 1_000_000)
    const [nothings, taken, faults, refused] = counts().map((count, index) => count - before[index])
    // All that can happen does, and often.
    for (const count of [nothings, taken, faults, refused]) expect(count).toBeGreaterThan(20_000)
    expect(memory.strays.value).toBe(0)
  })
})
