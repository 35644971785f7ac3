/** A VM's RAM: below 3 GiB, then from 4 GiB on, as its block table and its nested page tables both say; and all of it comes back. */
import { beforeEach, describe, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const MIB2 = 2n << 20n
const GIB = 1n << 30n
const RAM = 16n << 20n
const ROOT = 0x10_0000n // hpa of the root table

let words: Map<bigint, bigint>
let zeroed: [bigint, bigint][]
let accessPages: bigint[] // what VMCSs were given as the APIC-access address
const APIC_ACCESS = 0x2014 // SDM vol. 3, B.2.1
let s: Sandbox['exports']

const hw = {
  load64: (hpa: bigint) => BigInt.asIntN(64, words.get(hpa) ?? 0n),
  store64: (hpa: bigint, value: bigint) => { words.set(hpa, BigInt.asUintN(64, value)) },
  zero: (hpa: bigint, length: bigint) => {
    zeroed.push([hpa, length])
    if (length <= 4096n) for (let at = hpa; at < hpa + length; at += 8n) words.delete(at)
  },
  readCr3: () => ROOT,
  invalidatePage: () => {}, writeCr3: () => {}, invept: () => {}, vmptrld: () => {}, vmread: () => 0n, vmwrite: (field: number, value: bigint) => { if (field === APIC_ACCESS) accessPages.push(value) },
  cpuid: (leaf: number, _: number, register: number) => cpu.cpuid(leaf >>> 0, register), readMsr: (index: number) => cpu.msrs[index] ?? 0n,
}

/** A CPU, as far as nested tables depend on it. */
interface Cpu { name: string, hasHugePages: boolean, cpuid(leaf: number, register: number): number, msrs: Record<number, bigint> }
const SVM = 1 << 2, PAGE_1GB = 1 << 26, VMX = 1 << 5, MTRR = 1 << 12
const amd = (name: string, hasHugePages: boolean): Cpu => ({
  name, hasHugePages, msrs: {},
  cpuid: (leaf, register) => leaf === 0x8000_0000 && register === 0 ? 0x8000_000A : leaf === 0x8000_0001 ? [0, 0, SVM, hasHugePages ? PAGE_1GB : 0][register] : 0,
})
// Secondary controls with EPT; EPT with four levels, write-back and INVEPT, 2 MiB and 1 GiB pages. SDM vol. 3, A.10. All of RAM is write-back: MTRRs 12.11.2.1.
const intel = (name: string, hasHugePages: boolean): Cpu => ({
  name, hasHugePages,
  cpuid: (leaf, register) => leaf === 1 ? [0, 0, VMX, MTRR][register] : 0,
  msrs: { 0x482: -1n << 63n, 0x48B: 1n << 33n, 0x48C: 1n << 6n | 1n << 14n | 1n << 16n | (hasHugePages ? 1n << 17n : 0n) | 1n << 20n | 1n << 26n, 0xFE: 1n, 0x2FF: 0x806n },
})
const processors = [amd('AMD', false), amd('AMD with 1 GiB pages', true), intel('Intel', false), intel('Intel with 1 GiB pages', true)]
let cpu = processors[0]

async function host(bytes: bigint, on = processors[0]): Promise<void> {
  cpu = on
  words = new Map()
  zeroed = []
  accessPages = []
  s ??= (await instantiate('test/kernel/vm-memory.entry.ts', { imports: { hw } })).exports
  s.detect()
  s.start(RAM, bytes)
}

/** Where nested paging puts a guest physical address: the walk of APM vol. 2, 15.25, or SDM vol. 3, 29.3.2; undefined where it faults. `pages` counts the entries that map, by their size. */
function nested(gpa: bigint, pages = new Map<bigint, bigint>(), allowed = 7n, root: bigint = s.root()): bigint | undefined {
  let table = root
  for (let shift = 39n; ; shift -= 9n) {
    const entry = words.get(table + ((gpa >> shift & 511n) << 3n)) ?? 0n
    if ((entry & 7n) !== (entry & 0x80n || shift === 12n ? allowed : 7n)) return undefined // present, writable, user: nested accesses count as a user's
    if (entry & 0x80n || shift === 12n) {
      pages.set(table + ((gpa >> shift & 511n) << 3n), 1n << shift)
      return (entry & 0x000F_FFFF_FFFF_F000n & -1n << shift) + (gpa & (1n << shift) - 1n)
    }
    table = entry & 0x000F_FFFF_FFFF_F000n
  }
}

describe.each(processors)('$name', processor => describe.each([
  ['16 MiB', 16n << 20n, [[0n, 16n << 20n]]],
  ['3 GiB, all of it below the hole', 3n * GIB, [[0n, 3n * GIB]]],
  ['3 GiB and one block, which lies above', 3n * GIB + MIB2, [[0n, 3n * GIB], [4n * GIB, MIB2]]],
  ['6 GiB', 6n * GIB, [[0n, 3n * GIB], [4n * GIB, 3n * GIB]]],
] as [string, bigint, [bigint, bigint][]][])('%s', (_, bytes, ranges) => {
  const isRam = (gpa: bigint) => ranges.some(([base, length]) => gpa >= base && gpa < base + length)
  beforeEach(async () => {
    await host(bytes + 64n * MIB2, processor)
    expect(s.take(bytes, 2)).toBe(1)
  })

  test('lies where the machine says, in both tables', () => {
    const frames = new Set<number>()
    const pages = new Map<bigint, bigint>()
    const [base, length] = ranges.at(-1)!
    expect(s.blockCount()).toBe(Number((base + length) / MIB2))
    for (let index = 0; index < s.blockCount(); index++) {
      const gpa = BigInt(index) * MIB2
      const frame = s.block(index)
      expect(frame !== 0, `${gpa}`).toBe(isRam(gpa))
      expect(nested(gpa, pages)).toBe(frame ? BigInt(frame) << 12n : undefined)
      if (!frame) continue
      frames.add(frame)
      expect(s.ownerOf(BigInt(frame) << 12n)).toBe(s.ram())
    }
    expect(frames.size).toBe(Number(bytes / MIB2))
    // The host's first GiB is not whole, and so the guest's last has to come from there and from what is beyond.
    const huge = processor.hasHugePages ? Math.max(Number(bytes / GIB) - 1, 0) : 0
    expect([...pages.values()].filter(size => size === GIB).length).toBe(huge)
    expect([...pages.values()].reduce((sum, size) => sum + size, 0n)).toBe(bytes)
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
}))

test('a GiB of which the host caches a part in another way is mapped piece by piece', async () => {
  const processor = intel('Intel', true)
  // 2 MiB in the host's second GiB are write-through. SDM vol. 3, 12.11.2.3, with 36 address bits.
  Object.assign(processor.msrs, { 0x200: 0x4020_0004n, 0x201: 0xF_FFE0_0800n })
  await host(3n * GIB + 64n * MIB2, processor)
  expect(s.take(3n * GIB, 1)).toBe(1)
  const pages = new Map<bigint, bigint>()
  const types = new Map<bigint, number>()
  for (let gpa = 0n; gpa < 3n * GIB; gpa += MIB2) {
    const hpa = nested(gpa, pages)!
    const type = words.get([...pages.keys()].at(-1)!)! >> 3n & 7n
    types.set(type, (types.get(type) ?? 0) + 1)
    expect(type).toBe(hpa === 0x4020_0000n ? 4n : 6n)
  }
  expect([...pages.values()].filter(size => size === GIB).length).toBe(1)
  expect(types.get(4n)).toBe(1)
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

test('a start for which there is no room zeroes nothing', async () => {
  await host(64n * MIB2)
  expect(s.take(65n * MIB2, 1)).toBe(0)
  expect(zeroed).toEqual([])
})

test.each(processors)('firmware lies below 4 GiB on $name, to be read and executed, and comes back with the rest', async processor => {
  await host(64n * MIB2, processor)
  s.setRom(2n)
  expect(s.take(4n * MIB2, 1)).toBe(1)
  expect(s.blockCount()).toBe(2048)
  for (let index = 0; index < 2048; index++) {
    const isRom = index >= 2046, gpa = BigInt(index) * MIB2
    expect(s.block(index) !== 0, `${index}`).toBe(isRom || index < 4)
    expect(nested(gpa)).toBe(index < 4 ? BigInt(s.block(index)) << 12n : undefined)
    // Present and user without write; readable and executable without writable.
    if (isRom) expect(nested(gpa, undefined, 5n)).toBe(BigInt(s.block(index)) << 12n)
  }
  const rom = BigInt(s.block(2047)) << 12n
  expect(zeroed.some(([at, length]) => at <= rom && rom + MIB2 <= at + length)).toBe(true)
  s.give()
  expect([s.owned(s.ram()), s.owned(s.control())]).toEqual([0n, 0n])
})

describe.each(processors)('RAM that is given back on $name', processor => {
  const bytes = 2n * GIB
  beforeEach(async () => {
    await host(bytes + GIB + 64n * MIB2, processor)
    expect(s.take(bytes, 1)).toBe(1)
  })

  test('is mapped no more, zeroed and free; all around it stays where it was', () => {
    const before = Array.from({ length: 1024 }, (_, index) => s.block(index))
    const pages = new Map<bigint, bigint>()
    for (const index of [600n, 5n]) nested(index * MIB2, pages)
    const huge = BigInt([...pages.values()].filter(size => size === GIB).length)
    const free = s.owned(0)
    zeroed = []
    for (const index of [600n, 602n, 5n]) s.drop(index)
    for (let index = 0; index < 1024; index++) {
      const isGone = [600, 602, 5].includes(index)
      expect(s.block(index)).toBe(isGone ? 0 : before[index])
      expect(nested(BigInt(index) * MIB2 + 4096n)).toBe(isGone ? undefined : (BigInt(before[index]) << 12n) + 4096n)
    }
    for (const index of [600, 602, 5]) {
      expect(s.ownerOf(BigInt(before[index]) << 12n)).toBe(0)
      expect(zeroed).toContainEqual([BigInt(before[index]) << 12n, MIB2])
      expect([s.isGone(BigInt(index) * MIB2), s.isGone(BigInt(index + 1) * MIB2 - 1n), s.isGone(BigInt(index + 1) * MIB2)]).toEqual([1, 1, 0])
    }
    // A GiB in one page is mapped by a table from now on.
    expect(s.owned(0)).toBe(free + 3n * 512n - huge)
    expect(huge).toBe(processor.hasHugePages ? 2n : 0n)
  })

  test('comes back zeroed, and is the VM\'s as before', () => {
    const free = s.owned(0)
    s.drop(600n)
    s.drop(600n)
    zeroed = []
    expect(s.comeBack(600n)).toBe(1)
    expect(nested(600n * MIB2)).toBe(BigInt(s.block(600)) << 12n)
    expect(zeroed).toContainEqual([BigInt(s.block(600)) << 12n, MIB2])
    expect(s.ownerOf(BigInt(s.block(600)) << 12n)).toBe(s.ram())
    const there = s.block(600)
    expect(s.comeBack(600n)).toBe(1)
    expect(s.block(600)).toBe(there)
    expect(s.owned(s.ram())).toBe(bytes >> 12n)
    expect(free - s.owned(0)).toBeLessThanOrEqual(1n)
  })

  test('is there again after a reset, or the VM cannot start', () => {
    s.drop(3n)
    s.drop(700n)
    expect(s.clear()).toBe(1)
    expect(s.owned(s.ram())).toBe(bytes >> 12n)
    s.drop(3n)
    expect(s.takeAll()).toBeGreaterThan(0)
    expect([s.comeBack(3n), s.block(3), s.clear()]).toEqual([0, 0, 0])
    s.give()
    expect([s.owned(s.ram()), s.owned(s.control())]).toEqual([0n, 0n])
  })

  test('what is not its RAM stays as it is', () => {
    const owned = s.owned(0)
    for (const block of [1024n, 1536n, 2047n, 2048n, 1n << 40n, -1n]) {
      s.drop(block)
      expect([s.comeBack(block), s.isGone(block << 21n)]).toEqual([0, 0])
    }
    expect(s.owned(0)).toBe(owned)
  })

  test('what a disk may be writing stays until the request has ended', () => {
    const hpa = BigInt(s.block(9)) << 12n
    s.ask(hpa + MIB2 - 512n, 512n)
    s.drop(9n)
    expect(s.block(9)).not.toBe(0)
    s.ask(hpa - 512n, 1024n)
    s.drop(9n)
    expect(s.block(9)).not.toBe(0)
    s.ask(hpa - 512n, 512n)
    s.drop(9n)
    expect(s.block(9)).toBe(0)
  })
})

test('firmware is not given back', async () => {
  await host(64n * MIB2)
  s.setRom(2n)
  expect(s.take(4n * MIB2, 1)).toBe(1)
  s.drop(2047n)
  expect([s.block(2047) !== 0, s.comeBack(2046n), s.isGone(2047n << 21n)]).toEqual([true, 0, 0])
})

test('the table of blocks of the largest VM and its disks do not meet, and fit into the VM\'s part of the window', async () => {
  await host(64n << 20n)
  expect(s.tableEnd() >>> 0).toBeLessThanOrEqual(s.boardAt() >>> 0)
  expect(s.boardEnd() >>> 0).toBeLessThanOrEqual(s.partEnd() >>> 0)
})

test('what the hardware has at the address of the local APIC is zeroed, and each VM\'s own', async () => {
  const processor = intel('Intel that virtualizes the local APIC', false)
  // TPR shadow; APIC accesses and virtual-interrupt delivery. SDM vol. 3, A.3.2 and A.3.3.
  processor.msrs[0x482] |= 1n << 53n
  processor.msrs[0x48B] |= 1n << 32n | 1n << 41n
  await host(64n * MIB2, processor)
  expect([s.take(4n * MIB2, 1), s.powerUpApics(4n * MIB2)]).toEqual([1, 1])
  const pages = [0, 1].map(vm => nested(0xFEE0_0000n, undefined, 7n, s.rootOf(vm))!)
  expect(pages).toEqual(accessPages)
  expect(new Set(pages).size).toBe(2)
  for (const [vm, page] of pages.entries()) {
    expect(zeroed).toContainEqual([page, 4096n])
    expect(s.ownerOf(page)).toBe(s.control() + vm)
  }
  s.give()
  expect(s.owned(s.control())).toBe(0n)
})
