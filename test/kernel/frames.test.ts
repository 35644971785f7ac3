import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox'

const Kib4 = 4096n
const Mib2 = 0x20_0000n
const Absent = 0xFFFF
const Firmware = 3
const Ok = 0, NotAllocated = 1, Foreign = 2, Unaligned = 3, WrongSize = 4

let frames: Sandbox['exports']
let zeroed: [bigint, bigint][]

beforeAll(async () => {
  const sandbox = await instantiate('test/kernel/frames.entry.ts', {
    imports: { hw: { zero: (hpa: bigint, bytes: bigint) => { zeroed.push([hpa, bytes]) } } },
  })
  frames = sandbox.exports
})
beforeEach(() => { zeroed = [] })

/** Every frame is accounted for, and what the counters say is what bitmaps and lists say. */
function balanced(table: number) {
  let sum = 0n
  for (let owner = 0; owner < 512; owner++) sum += frames.owned(owner)
  expect(sum).toBe(frames.total())
  expect(frames.freeByBitmap(table)).toBe(frames.owned(0))
}

describe('adding RAM', () => {
  it('needs at most 4 bytes of table per frame', () => {
    for (const gib of [1n, 6n, 64n]) expect(frames.tableBytes(gib << 30n)).toBeLessThanOrEqual((gib << 18n) * 4n)
    expect(frames.tableBytes(16n << 20n)).toBeLessThanOrEqual((16n << 8n) * 4n)
  })

  it('takes whole frames only, once, and none beyond the table', () => {
    const table = frames.start(8n << 20n)
    expect(frames.addRange(0x1001n, 0x3FFFn)).toBe(3n) // 2000h to 5000h
    expect(frames.addRange(0x1000n, 0x5000n)).toBe(2n) // 1000h and 5000h are new
    expect(frames.addRange(0x7000n, 0xFFFn)).toBe(0n)
    expect(frames.addRange(0x7F_F000n, 0xFFFF_FFFF_FFFF_FFFFn)).toBe(1n)
    expect(frames.addRange(0x80_0000n, 0x10_0000n)).toBe(0n)
    expect(frames.addRange(0xFFFF_FFFF_FFFF_F000n, 0x1000n)).toBe(0n)
    expect(frames.total()).toBe(6n)
    expect(frames.ownerOf(0x6000n)).toBe(Absent)
    balanced(table)
  })

  it('never gives out frame 0', () => {
    const table = frames.start(2n << 20n)
    expect(frames.addRange(0n, Mib2)).toBe(512n)
    expect(frames.owned(Firmware)).toBe(1n)
    expect(frames.allocateLarge(20)).toBe(0n)
    const seen = new Set<bigint>()
    for (let n = 0; n < 511; n++) seen.add(frames.allocate(20))
    expect(seen.size).toBe(511)
    expect(seen.has(0n)).toBe(false)
    expect(frames.allocate(20)).toBe(0n)
    balanced(table)
  })

  it('reserves every free frame that a range touches', () => {
    const table = frames.start(16n << 20n)
    frames.addRange(0x10_0000n, 15n << 20n)
    expect(frames.reserve(0x10_0800n, 0x1000n, 1)).toBe(2n)
    expect(frames.reserve(0x10_0000n, 0x3000n, 2)).toBe(1n) // the first two have an owner already
    expect(frames.reserve(0n, 0x10_0000n, 1)).toBe(0n) // not RAM
    expect(frames.reserve(0x10_0000n, 0n, 1)).toBe(0n)
    expect(frames.reserve(0x10_0000n, 0x1000n, 512)).toBe(0n)
    expect([frames.owned(1), frames.owned(2)]).toEqual([2n, 1n])
    balanced(table)
  })
})

describe('allocating', () => {
  let table: number
  beforeEach(() => {
    table = frames.start(32n << 20n)
    frames.addRange(0x20_0000n, 30n << 20n) // 15 blocks
  })

  it('keeps 2 MiB frames whole while a started block has room', () => {
    for (let n = 0; n < 512; n++) expect(frames.allocate(20)).not.toBe(0n)
    for (let n = 0; n < 14; n++) expect(frames.allocateLarge(20) % Mib2).toBe(0n)
    expect(frames.allocateLarge(20)).toBe(0n)
    expect(frames.owned(20)).toBe(15n * 512n)
    balanced(table)
  })

  it('refuses an owner that does not exist', () => {
    for (const owner of [0, 512, 0xFFFF, -1]) {
      expect(frames.allocate(owner)).toBe(0n)
      expect(frames.allocateLarge(owner)).toBe(0n)
      expect(frames.allocateContiguous(2, owner)).toBe(0n)
    }
    balanced(table)
  })

  it('detects double, foreign, unaligned and wrong-size frees, and changes nothing then', () => {
    const small = frames.allocate(20)
    const large = frames.allocateLarge(20)
    expect(frames.free(small + 1n, 20)).toBe(Unaligned)
    expect(frames.free(small, 21)).toBe(Foreign)
    expect(frames.freeLarge(large, 21)).toBe(Foreign)
    expect(frames.freeLarge(large + Kib4, 20)).toBe(Unaligned)
    expect(frames.free(large, 20)).toBe(WrongSize)
    expect(frames.free(large + Kib4, 20)).toBe(WrongSize)
    expect(frames.free(0n, 20)).toBe(NotAllocated)
    expect(frames.free(1n << 40n, 20)).toBe(NotAllocated)
    expect(zeroed).toEqual([])
    expect(frames.free(small, 20)).toBe(Ok)
    expect(frames.free(small, 20)).toBe(NotAllocated)
    expect(frames.free(small, 0)).toBe(NotAllocated)
    expect(frames.freeLarge(large, 20)).toBe(Ok)
    expect(frames.freeLarge(large, 20)).toBe(NotAllocated)
    expect(zeroed).toEqual([[small, Kib4], [large, Mib2]])
    balanced(table)
  })

  it('refuses to free 512 single frames as one', () => {
    const all = Array.from({ length: 512 }, () => frames.allocate(20) as bigint)
    const first = all.reduce((a, b) => (a < b ? a : b))
    expect(frames.freeLarge(first, 20)).toBe(WrongSize)
  })

  it('finds a whole GiB at a multiple of it, lowest first, and frees it 2 MiB at a time', () => {
    const gib = 1n << 30n
    table = frames.start(4n * gib + (64n << 20n))
    frames.addRange(0x10_0000n, 4n * gib) // not the first GiB, and some MiB beyond the last
    const single = frames.allocate(20)
    expect(single / gib).toBe(4n) // where what is not large leaves the GiB alone
    expect([frames.allocateHuge(0), frames.allocateHuge(512)]).toEqual([0n, 0n])
    expect([frames.allocateHuge(20), frames.allocateHuge(21)]).toEqual([gib, 2n * gib])
    expect([frames.owned(20), frames.owned(21)]).toEqual([0x4_0001n, 0x4_0000n])
    expect([frames.ownerOf(2n * gib - 1n), frames.ownerOf(2n * gib), frames.ownerOf(3n * gib)]).toEqual([20, 21, 0])
    frames.reserve(3n * gib + 5n * Mib2, Kib4, 22)
    expect(frames.allocateHuge(20)).toBe(0n) // one frame of the last is somebody's
    balanced(table)
    expect(frames.freeLarge(gib + Mib2, 21)).toBe(Foreign)
    expect(frames.freeLarge(gib + Mib2, 20)).toBe(Ok)
    expect(frames.allocateHuge(20)).toBe(0n)
    balanced(table)
    frames.reclaim(20, 0xFFFF_FFFF_FFFF_FFFFn)
    expect(frames.allocateHuge(23)).toBe(gib)
    balanced(table)
  })

  it('finds frames in a row, inside one block', () => {
    const single = frames.allocate(20)
    const run = frames.allocateContiguous(3, 21)
    expect(run / Mib2).toBe((run + 2n * Kib4) / Mib2)
    expect(run / Mib2).toBe(single / Mib2) // the started block first
    for (let n = 0n; n < 3n; n++) expect(frames.ownerOf(run + n * Kib4)).toBe(21)
    expect(frames.free(run + Kib4, 21)).toBe(Ok)
    const longer = frames.allocateContiguous(2, 22) // the hole of one is too small
    expect(longer).not.toBe(run + Kib4)
    expect(frames.allocateContiguous(512, 23) % Mib2).toBe(0n)
    expect(frames.allocateContiguous(513, 23)).toBe(0n)
    expect(frames.allocateContiguous(0, 23)).toBe(0n)
    balanced(table)
  })

  it('reclaims all that an owner has and nothing else', () => {
    const kept = [frames.allocate(20), frames.allocateLarge(20)]
    for (let n = 0; n < 700; n++) frames.allocate(21)
    frames.allocateLarge(21)
    const first = frames.reclaim(21, 100n) // a step frees what it said, and a block more at most
    expect(first).toBeGreaterThanOrEqual(100n)
    expect(first).toBeLessThan(100n + 512n)
    expect(frames.owned(21)).toBe(700n + 512n - first)
    expect(frames.reclaim(21, 1n << 40n)).toBe(700n + 512n - first)
    expect(frames.reclaim(21, 1n << 40n)).toBe(0n)
    expect(frames.owned(21)).toBe(0n)
    expect(zeroed.length).toBe(701)
    expect(kept.map((hpa) => frames.ownerOf(hpa))).toEqual([20, 20])
    balanced(table)
  })

  it('is the same after a VM was made and destroyed 100 times', () => {
    frames.allocate(1)
    const before = [frames.owned(0), frames.owned(1), frames.total()]
    for (let round = 0; round < 100; round++) {
      const small: bigint[] = []
      const large: bigint[] = []
      for (let n = 0; n < 100; n++) small.push(frames.allocate(30))
      for (let n = 0; n < 10; n++) large.push(frames.allocateLarge(30))
      for (const hpa of large) expect(frames.freeLarge(hpa, 30)).toBe(Ok)
      for (const hpa of small.reverse()) expect(frames.free(hpa, 30)).toBe(Ok)
    }
    expect([frames.owned(0), frames.owned(1), frames.total()]).toEqual(before)
    for (let n = 0; n < 14; n++) expect(frames.allocateLarge(20)).not.toBe(0n) // and nothing is in pieces
    balanced(table)
  })
})

describe('against a model', () => {
  const operation = fc.oneof(
    fc.record({ kind: fc.constantFrom('allocate', 'allocateLarge', 'allocateContiguous', 'reclaim'), owner: fc.integer({ min: 16, max: 19 }), at: fc.nat(), size: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constantFrom('free', 'freeLarge'), owner: fc.integer({ min: 16, max: 19 }), at: fc.nat(), size: fc.constant(0) }),
  )

  it('gives no frame to two owners and loses none', () => {
    fc.assert(fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const table = frames.start(8n << 20n)
      frames.addRange(0x1000n, 0x9_F000n)
      frames.addRange(0x10_0000n, 7n << 20n)
      const total = 0x9Fn + 7n * 256n
      const owners = new Map<bigint, number>() // frame -> owner
      const large = new Set<bigint>()
      const claim = (hpa: bigint, bytes: bigint, owner: number) => {
        for (let at = hpa; at < hpa + bytes; at += Kib4) {
          expect(owners.has(at)).toBe(false)
          expect(at >= 0x1000n && at < 0x80_0000n && !(at >= 0xA_0000n && at < 0x10_0000n)).toBe(true)
          owners.set(at, owner)
        }
      }
      const drop = (hpa: bigint, bytes: bigint) => { for (let at = hpa; at < hpa + bytes; at += Kib4) owners.delete(at) }
      for (const { kind, owner, at, size } of operations) {
        const known = [...owners.keys()]
        const hpa = known.length && at % 7 ? known[at % known.length] : BigInt(at % 0x800) * Kib4
        const start = hpa - hpa % Mib2
        if (kind === 'allocate') {
          const got = frames.allocate(owner)
          if (got) claim(got, Kib4, owner)
          else expect(BigInt(owners.size)).toBe(total)
        } else if (kind === 'allocateLarge') {
          const got = frames.allocateLarge(owner)
          if (got) { claim(got, Mib2, owner); large.add(got) }
        } else if (kind === 'allocateContiguous') {
          const got = frames.allocateContiguous(size, owner)
          if (got) claim(got, BigInt(size) * Kib4, owner)
        } else if (kind === 'free') {
          const expected = !owners.has(hpa) ? NotAllocated : owners.get(hpa) !== owner ? Foreign : large.has(start) ? WrongSize : Ok
          expect(frames.free(hpa, owner)).toBe(expected)
          if (expected === Ok) drop(hpa, Kib4)
        } else if (kind === 'freeLarge') {
          const expected = !owners.has(start) ? NotAllocated : owners.get(start) !== owner ? Foreign : !large.has(start) ? WrongSize : Ok
          expect(frames.freeLarge(start, owner)).toBe(expected)
          if (expected === Ok) { drop(start, Mib2); large.delete(start) }
        } else {
          const mine = known.filter((frame) => owners.get(frame) === owner)
          expect(frames.reclaim(owner, 1n << 40n)).toBe(BigInt(mine.length))
          for (const frame of mine) { owners.delete(frame); large.delete(frame) }
        }
      }
      expect(frames.total()).toBe(total)
      expect(frames.owned(0)).toBe(total - BigInt(owners.size))
      for (const [hpa, owner] of owners) expect(frames.ownerOf(hpa)).toBe(owner)
      balanced(table)
    }), { numRuns: 100, seed: 1 })
  })
})
