/** A VM's RAM: below 3 GiB, then from 4 GiB on, as its block table and its nested page tables both say; and all of it comes back. */
import { beforeEach, describe, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const MIB2 = 2n << 20n
const GIB = 1n << 30n
const RAM = 16n << 20n
const ROOT = 0xFFFF_FFFF_8010_0000n

let words: Map<bigint, bigint>
let zeroed: [bigint, bigint][]
let s: Sandbox['exports']

const hw = {
  load64: (hpa: bigint) => BigInt.asIntN(64, words.get(hpa) ?? 0n),
  store64: (hpa: bigint, value: bigint) => { words.set(hpa, BigInt.asUintN(64, value)) },
  zero: (hpa: bigint, length: bigint) => {
    zeroed.push([hpa, length])
    if (length <= 4096n) for (let at = hpa; at < hpa + length; at += 8n) words.delete(at)
  },
  imageAddress: () => BigInt.asIntN(64, ROOT),
  invalidatePage: () => {}, writeCr3: () => {},
}

async function host(bytes: bigint): Promise<void> {
  words = new Map()
  zeroed = []
  s ??= (await instantiate('test/kernel/vm-memory.entry.ts', { imports: { hw } })).exports
  s.start(RAM, bytes)
}

/** Where nested paging puts a guest physical address: the walk of APM vol. 2, 15.25, with 2 MiB pages; undefined where it faults. */
function nested(gpa: bigint): bigint | undefined {
  let table: bigint = s.root()
  for (let shift = 39n; ; shift -= 9n) {
    const entry = words.get(table + ((gpa >> shift & 511n) << 3n)) ?? 0n
    if ((entry & 7n) !== 7n) return undefined // present, writable, user: nested accesses count as a user's
    if (entry & 0x80n) return (entry & 0x000F_FFFF_FFE0_0000n) + (gpa & (1n << shift) - 1n)
    table = entry & 0x000F_FFFF_FFFF_F000n
  }
}

describe.each([
  ['16 MiB', 16n << 20n, [[0n, 16n << 20n]]],
  ['3 GiB, all of it below the hole', 3n * GIB, [[0n, 3n * GIB]]],
  ['3 GiB and one block, which lies above', 3n * GIB + MIB2, [[0n, 3n * GIB], [4n * GIB, MIB2]]],
  ['6 GiB', 6n * GIB, [[0n, 3n * GIB], [4n * GIB, 3n * GIB]]],
] as [string, bigint, [bigint, bigint][]][])('%s', (_, bytes, ranges) => {
  const isRam = (gpa: bigint) => ranges.some(([base, length]) => gpa >= base && gpa < base + length)
  beforeEach(async () => {
    await host(bytes + 64n * MIB2)
    expect(s.take(bytes, 2)).toBe(1)
  })

  test('lies where the machine says, in both tables', () => {
    const frames = new Set<number>()
    const [base, length] = ranges.at(-1)!
    expect(s.blockCount()).toBe(Number((base + length) / MIB2))
    for (let index = 0; index < s.blockCount(); index++) {
      const gpa = BigInt(index) * MIB2
      const frame = s.block(index)
      expect(frame !== 0, `${gpa}`).toBe(isRam(gpa))
      expect(nested(gpa)).toBe(frame ? BigInt(frame) << 12n : undefined)
      if (!frame) continue
      frames.add(frame)
      expect(s.ownerOf(BigInt(frame) << 12n)).toBe(s.ram())
    }
    expect(frames.size).toBe(Number(bytes / MIB2))
    for (const gpa of [base + length, 3n * GIB, 4n * GIB - 1n, 1n << 40n]) if (!isRam(gpa)) expect(nested(gpa)).toBeUndefined()
  })

  test('was zeroed before the guest sees it, and is before anybody else does', () => {
    const blocks = Array.from({ length: s.blockCount() }, (_, index) => BigInt(s.block(index)) << 12n).filter(Boolean)
    const isZeroed = (hpa: bigint) => zeroed.some(([at, length]) => at <= hpa && hpa + MIB2 <= at + length)
    // Everything at once would take long with thousands of blocks: the first, the last and one between.
    const some = [blocks[0], blocks[blocks.length >> 1], blocks.at(-1)!]
    expect(some.every(isZeroed)).toBe(true)
    zeroed = []
    s.clear()
    expect(some.every(isZeroed)).toBe(true)
    zeroed = []
    s.give()
    expect(some.every(isZeroed)).toBe(true)
    expect([s.owned(s.ram()), s.owned(s.control())]).toEqual([0n, 0n])
  })
})

test('a hundred lives leave every frame where it was', async () => {
  await host(64n * MIB2)
  s.take(16n << 20n, 1)
  s.give()
  const before = s.owned(0)
  for (let life = 0; life < 100; life++) {
    expect(s.take(16n << 20n, 1)).toBe(1)
    s.give()
  }
  expect(s.owned(0)).toBe(before)
})

test('too little memory takes nothing', async () => {
  await host(8n * MIB2)
  expect(s.take(64n << 20n, 1)).toBe(0)
  expect([s.owned(s.ram()), s.owned(s.control())]).toEqual([0n, 0n])
  expect(s.take(8n << 20n, 1)).toBe(1)
})
