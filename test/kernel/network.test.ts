/** Frames between rings in the memory of guests and drivers, against a plain model: the right bytes arrive in the right place, and a hostile ring gets at nobody else's. */
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const DIRECT = 0xFFFF_8000_0000_0000n
const BLOCK = 2 << 20
const FIRST_FRAME = 512
const PAGES = 4, LINEAR_BYTES = PAGES * 65536
const LEFT = 1, RIGHT = 2, DRIVER = 3, SWITCH = 4
const MERGE = 8
/** Where each sandbox has its rings, and where the switch has its frames and heads. */
const SEND = 0x2000, RECEIVE = 0x8000, FRAMES = 0x4000, HEADS = 0x10000, DELIVERIES = 0x20000

class Outside extends Error {}

let nucleus: Sandbox
/** Linear memories by sandbox, and the guests' memories: two blocks each, of which the second lies at 4 MiB. */
const linear = [1, 2, 3, 4].map(() => Buffer.alloc(LINEAR_BYTES))
const ram = [0, 1].map(() => Buffer.alloc(2 * BLOCK))

/** The bytes at a virtual address that the nucleus may touch for these four. */
function at(address: bigint, length: number): Buffer {
  address = BigInt.asUintN(64, address)
  for (const subject of [1, 2, 3, 4]) {
    const offset = Number(address - BigInt.asUintN(64, nucleus.exports.linearOf(subject)))
    if (offset >= 4096 && offset + length <= LINEAR_BYTES) return linear[subject - 1].subarray(offset, offset + length)
  }
  const hpa = Number(address - DIRECT) - FIRST_FRAME * 4096
  const guest = Math.floor(hpa / (2 * BLOCK))
  if (ram[guest] && hpa % BLOCK + length <= BLOCK) return ram[guest].subarray(hpa % (2 * BLOCK), hpa % (2 * BLOCK) + length)
  throw new Outside(`${address.toString(16)} + ${length}`)
}
/** Guest-physical: the second block is at 4 MiB. */
const guestBytes = (guest: number, gpa: number, length: number) => ram[guest].subarray(gpa >= 2 * BLOCK ? gpa - BLOCK : gpa, (gpa >= 2 * BLOCK ? gpa - BLOCK : gpa) + length)
const own = (address: number, length: number) => Buffer.from(nucleus.memory.buffer, address >>> 0, length)

const hw = {
  copyVirtual: (target: bigint, source: bigint, length: bigint) => { at(source, Number(length)).copy(at(target, Number(length))) },
  copyToVirtual: (target: bigint, source: number, length: bigint) => { own(source, Number(length)).copy(at(target, Number(length))) },
  copyFromVirtual: (target: number, source: bigint, length: bigint) => { at(source, Number(length)).copy(own(target, Number(length))) },
  peek: (source: bigint) => at(source, 8).readBigUInt64LE(0),
  readTsc: () => 0n,
}

type Segment = [address: number, length: number]
interface Slot { segments: Segment[], bytes?: number }

/** Writes a ring as capability/net.ts lays it out, from index 0 on, and offers it. */
function offer(subject: number, ring: number, slots: Slot[], place = ring ? RECEIVE : SEND): void {
  const memory = linear[subject - 1]
  memory.fill(0, place, place + 20480)
  let segment = 0
  slots.forEach(({ segments, bytes = 0 }, index) => {
    ;[segment, segments.length, bytes, 0].forEach((field, i) => memory.writeUInt32LE(field, place + 16 * index + 4 * i))
    for (const [address, length] of segments) {
      memory.writeBigUInt64LE(BigInt(address), place + 4096 + 16 * (segment % 1024))
      memory.writeUInt32LE(length, place + 4096 + 16 * (segment++ % 1024) + 8)
    }
  })
  nucleus.exports.netRing(subject, 0, ring, place)
  nucleus.exports.netOffer(subject, 0, ring, slots.length)
}
const slot = (subject: number, index: number) => [2, 3].map(field => linear[subject - 1].readUInt32LE(RECEIVE + 16 * index + 4 * field))
const done = (subject: number, ring: number) => nucleus.exports.netOffer(subject, 0, ring, 0xFFFF_FFFF)
const take = (capacity = 32) => { nucleus.exports.areFrames(); return nucleus.exports.switchTake(SWITCH, FRAMES, capacity) }
const frame = (index: number) => {
  const record = linear[SWITCH - 1].subarray(FRAMES + 160 * index, FRAMES + 160 * (index + 1))
  const [port, bytes, seen] = [0, 4, 8].map(field => record.readUInt32LE(field))
  return { port, bytes, head: Buffer.from(record.subarray(16, 16 + seen)) }
}
/** Has a frame delivered with this head; true when it was. */
function deliver(index: number, port: number, head: Buffer, from: number, bytes: number, hash = 0, at = HEADS): boolean {
  const memory = linear[SWITCH - 1]
  if (at === HEADS) head.copy(memory, HEADS)
  ;[index, port, at, head.length, from, bytes, hash, 7].forEach((field, i) => memory.writeUInt32LE(field >>> 0, DELIVERIES + 4 * i))
  nucleus.exports.switchDeliver(SWITCH, DELIVERIES, 1)
  const refused = memory.readUInt32LE(DELIVERIES + 28)
  expect([0, 1]).toContain(refused)
  return !refused
}

beforeEach(async () => {
  nucleus = await instantiate('test/kernel/network.entry.ts', { imports: { hw } })
  nucleus.exports.prepare(PAGES, FIRST_FRAME)
  for (const memory of [...linear, ...ram]) memory.fill(0)
  for (const subject of [LEFT, RIGHT, DRIVER]) nucleus.exports.netAccept(subject, 0, 0, 1)
})

/** Cuts [0, bytes) into pieces that lie apart in a guest's memory. */
const pieces = (bytes: number, base: number) => fc.array(fc.integer({ min: 1, max: bytes - 1 }), { maxLength: 6 }).map(cuts => {
  const ends = [...new Set([...cuts, bytes])].sort((a, b) => a - b)
  return ends.map<Segment>((end, i) => [base + 2 * (ends[i - 1] ?? 0) + 100 * i, end - (ends[i - 1] ?? 0)])
})

test('what a guest sent arrives in another\'s buffers, however both lie', () => {
  fc.assert(fc.property(fc.integer({ min: 30, max: 9000 }).chain(bytes => fc.tuple(
    fc.uint8Array({ minLength: bytes, maxLength: bytes }), pieces(bytes, 0x1000), pieces(bytes + 4, 2 * BLOCK + 0x2000), fc.integer({ min: 0, max: 30 }), fc.boolean(),
  )), ([data, sent, received, headBytes, isDriver]) => {
    const content = Buffer.from(data)
    let offset = 0
    for (const [gpa, length] of sent) offset += content.copy(guestBytes(0, gpa, length), 0, offset, offset + length)
    offer(LEFT, 0, [{ segments: sent, bytes: content.length }])
    const to = isDriver ? DRIVER : RIGHT
    const buffers: Segment[] = isDriver ? [[0x10000, content.length + 4]] : received
    offer(to, 1, [{ segments: buffers }])
    expect(nucleus.exports.areFrames()).toBeTruthy()
    expect(take()).toBe(1)
    expect(frame(0)).toEqual({ port: 0, bytes: content.length, head: content.subarray(0, 140) })
    const head = Buffer.alloc(headBytes, 0xAA)
    expect(deliver(0, to - 1, head, headBytes, content.length - headBytes)).toBe(true)
    const arrived = Buffer.concat(buffers.map(([place, length]) => Buffer.from(isDriver ? linear[DRIVER - 1].subarray(place, place + length) : guestBytes(1, place, length))))
    expect(arrived.subarray(0, content.length).equals(Buffer.concat([head, content.subarray(headBytes)]))).toBe(true)
    expect(slot(to, 0)).toEqual([content.length, 1])
    expect([done(LEFT, 0), done(to, 1)]).toEqual([0, 1])
    expect(take()).toBe(0)
    expect(done(LEFT, 0)).toBe(1)
  }), { numRuns: 300 })
})

test('a frame goes on in the next buffers only where they may be merged', () => {
  const send = () => offer(LEFT, 0, [{ segments: [[0, 1000]], bytes: 1000 }])
  const buffers = (): void => offer(RIGHT, 1, [300, 300, 300, 300].map((length, i) => ({ segments: [[i * 1000, length]] })))
  guestBytes(0, 0, 1000).forEach((_, i, all) => { all[i] = i })
  send()
  buffers()
  take()
  expect(deliver(0, 1, Buffer.alloc(0), 0, 1000)).toBe(false)
  expect(done(RIGHT, 1)).toBe(0)
  nucleus.exports.netAccept(RIGHT, 0, MERGE, 1)
  expect(deliver(0, 1, Buffer.alloc(0), 0, 1000)).toBe(true)
  expect([0, 1, 2, 3].map(i => slot(RIGHT, i)[0])).toEqual([300, 300, 300, 100])
  expect(slot(RIGHT, 0)[1]).toBe(4)
  expect(Buffer.concat([0, 1, 2, 3].map(i => guestBytes(1, i * 1000, 300))).subarray(0, 1000).equals(guestBytes(0, 0, 1000))).toBe(true)
  expect(done(RIGHT, 1)).toBe(4)
  expect(deliver(0, 1, Buffer.alloc(0), 0, 10)).toBe(false) // no buffer is left
})

test('ports take turns, those that pause wait, and frames of one come in their order', () => {
  for (const subject of [LEFT, RIGHT]) offer(subject, 0, [100, 101, 102].map(bytes => ({ segments: [[0, 200]], bytes })))
  const taken = (count: number) => Array.from({ length: take(count) }, (_, i) => [frame(i).port, frame(i).bytes])
  expect(taken(3)).toEqual([[0, 100], [1, 100], [0, 101]])
  nucleus.exports.switchPause(SWITCH, 1, true)
  expect(taken(3)).toEqual([[0, 102]])
  expect([done(LEFT, 0), done(RIGHT, 0)]).toEqual([2, 1])
  expect(nucleus.exports.areFrames()).toBeFalsy()
  nucleus.exports.switchPause(SWITCH, 1, false)
  expect(nucleus.exports.areFrames()).toBeTruthy()
  expect(taken(3)).toEqual([[1, 101], [1, 102]])
})

test('a switch that is another has no frames, and finds no port that waits', () => {
  for (const subject of [LEFT, RIGHT]) offer(subject, 0, [100, 101].map(bytes => ({ segments: [[0, 200]], bytes })))
  expect(take(1)).toBe(1)
  nucleus.exports.switchPause(SWITCH, 0, true)
  nucleus.exports.forgetSwitch()
  expect(deliver(0, 1, Buffer.alloc(0), 0, 100)).toBe(false)
  expect(Array.from({ length: take() }, (_, i) => [frame(i).port, frame(i).bytes])).toEqual([[1, 100], [0, 101], [1, 101]])
})

test('a network card whose link is down takes no frames', () => {
  const ready = () => nucleus.exports.switchNumber(SWITCH, 2, 0)
  expect(ready()).toBe(1n)
  nucleus.exports.netAnnounce(DRIVER, 2n, 1500, 0)
  expect(ready()).toBe(0n)
  nucleus.exports.netAnnounce(DRIVER, 2n, 1500, 1)
  expect(ready()).toBe(1n)
})

test('what was taken back is neither read nor written any more', () => {
  offer(LEFT, 0, [{ segments: [[0, 200]], bytes: 200 }])
  offer(RIGHT, 1, [{ segments: [[0, 200]] }])
  take()
  nucleus.exports.netWithdraw(LEFT, 0, 0)
  expect(deliver(0, 1, Buffer.alloc(0), 0, 200)).toBe(false)
  offer(LEFT, 0, [{ segments: [[0, 200]], bytes: 200 }])
  take()
  nucleus.exports.netWithdraw(RIGHT, 0, 1)
  expect(deliver(0, 1, Buffer.alloc(0), 0, 200)).toBe(false)
  nucleus.exports.closePorts(LEFT)
  nucleus.exports.netOffer(LEFT, 0, 0, 1)
  expect(take()).toBe(0)
  expect(nucleus.exports.switchNumber(SWITCH, 0, 0)).toBe(0n)
})

test('frames that the switch has of a sandbox that has ended are not those of the next one', () => {
  const frames = (count: number) => Array.from({ length: count }, () => ({ segments: [[0, 100]] as Segment[], bytes: 100 }))
  offer(LEFT, 0, frames(3))
  expect(take()).toBe(3)
  nucleus.exports.closePorts(LEFT)
  nucleus.exports.reopenPorts(LEFT, LEFT - 1)
  offer(LEFT, 0, frames(2))
  expect([done(LEFT, 0), take(), done(LEFT, 0), take(), done(LEFT, 0)]).toEqual([0, 2, 0, 0, 2])
})

test('two sandboxes that were told the same port do not share it: who comes later has none', () => {
  nucleus.exports.closePorts(RIGHT)
  nucleus.exports.reopenPorts(RIGHT, LEFT - 1)
  expect([LEFT, RIGHT].map(subject => nucleus.exports.netCount(subject))).toEqual([1, 0])
  nucleus.exports.reopenPorts(RIGHT, RIGHT - 1)
  expect(nucleus.exports.netCount(RIGHT)).toBe(1)
})

test('what is no frame is delivered to nobody', () => {
  offer(LEFT, 0, [{ segments: [[0, 1000]], bytes: 1000 }])
  offer(DRIVER, 1, [{ segments: [[0x10000, 4096]] }])
  take()
  expect([0, 11, 12].map(bytes => deliver(0, 2, Buffer.alloc(0), 0, bytes))).toEqual([false, false, true])
})

test('a frame that is not as long as it says is one of zeros', () => {
  guestBytes(0, 0, 26).fill(0x55)
  offer(LEFT, 0, [{ segments: [[0, 26]], bytes: 100 }])
  expect([take(), frame(0)]).toEqual([1, { port: 0, bytes: 100, head: Buffer.alloc(100) }])
})

describe('a hostile ring', () => {
  test('that takes back what it has offered keeps to it', () => {
    offer(LEFT, 0, Array.from({ length: 5 }, () => ({ segments: [[0, 100]], bytes: 100 })))
    expect(take()).toBe(5)
    nucleus.exports.netOffer(LEFT, 0, 0, 2)
    expect([take(), take(), done(LEFT, 0)]).toEqual([0, 0, 5])
  })

  const gpa = fc.oneof(fc.integer({ min: 0, max: 6 << 20 }), fc.constantFrom(BLOCK - 1, BLOCK, 2 * BLOCK - 1, 2 * BLOCK, 3 * BLOCK - 1, 3 * BLOCK, 2 ** 40, 2 ** 52), fc.integer({ min: 0, max: LINEAR_BYTES + 5000 }))
  const length = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.constantFrom(0, 1, BLOCK, 0x7FFF_FFFF, 0xFFFF_FFFF))
  const slots = fc.array(fc.record({ segments: fc.array(fc.tuple(gpa, length), { maxLength: 4 }), bytes: fc.oneof(length, fc.integer({ min: 0, max: 200 })) }), { minLength: 1, maxLength: 5 })

  test('reaches the memory of its own VM or driver only, and stops at no frame', () => {
    fc.assert(fc.property(slots, slots, fc.constantFrom(LEFT, DRIVER), fc.constantFrom(RIGHT, DRIVER), fc.boolean(), fc.array(fc.tuple(fc.nat(6), length, length, length, gpa), { maxLength: 8 }), (sent, received, from, to, merge, deliveries) => {
      nucleus.exports.netAccept(to, 0, merge ? MERGE : 0, 1)
      offer(from, 0, sent as Slot[])
      offer(to, 1, received as Slot[])
      const marks = [ram[0], ram[1], linear[LEFT - 1]].map(memory => Buffer.from(memory.subarray(0, 65536)))
      const count = take()
      expect(count).toBe(sent.length)
      for (let index = 0; index < count; index++) {
        const { bytes, port } = frame(index)
        expect(bytes).toBeGreaterThanOrEqual(12)
        expect(bytes).toBeLessThanOrEqual(12 + 18 + 65535)
        expect(port).toBe(from - 1)
        deliver(index, to - 1, Buffer.alloc(20), 20, bytes - 20)
      }
      for (const [index, headBytes, first, bytes, head] of deliveries) {
        const memory = linear[SWITCH - 1]
        ;[index, to - 1, head % 2 ** 32, headBytes, first, bytes, 3].forEach((field, i) => memory.writeUInt32LE(field >>> 0, DELIVERIES + 4 * i))
        nucleus.exports.switchDeliver(SWITCH, DELIVERIES, 1)
      }
      if (to !== RIGHT) expect(ram[1].subarray(0, 65536).equals(marks[1])).toBe(true)
      expect(ram[0].subarray(0, 65536).equals(marks[0])).toBe(true)
      expect(linear[LEFT - 1].subarray(0, 65536).equals(marks[2])).toBe(true)
      expect(take()).toBe(0)
      expect(done(from, 0)).toBe(sent.length)
    }), { numRuns: 2000 })
  })

  test('with any numbers is refused, and harms nothing', () => {
    const any = fc.oneof(fc.nat(300), fc.constantFrom(0x7FFF_FFFF, -1, 256, 9, 4096))
    fc.assert(fc.property(any, any, any, fc.constantFrom('netRing', 'netOffer', 'netWithdraw', 'netAccept'), (a, b, c, name) => { nucleus.exports[name](LEFT, a, b, c) }), { numRuns: 2000 })
    while (nucleus.exports.areFrames() && take(64)) ;
  })
})
