/** Sandboxes made, grown and taken apart: their memory, its tables, and that none takes another's. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const RAM = 0x100_0000n
const ROOT = 0x10_0000n // hpa of the root table
const IMAGE = 0xFFFF_FFFF_8000_0000n
const PAGE = 4096n
const INITIAL = 2 // pages of 64 KiB
const Nucleus = 1
const Ok = 0, NoMemory = 3, Trapped = 4
const Free = 0, Failed = 2

/** Physical memory, by 8-byte words; what was never written is what an earlier system left. */
let words: Map<bigint, bigint>
let gateStatus = 0
let tsc = 0n

const hw = {
  load32: (hpa: bigint) => Number((words.get(hpa & ~7n) ?? 0n) >> (hpa & 4n ? 32n : 0n) & 0xFFFF_FFFFn),
  load64: (hpa: bigint) => BigInt.asIntN(64, words.get(hpa) ?? 0xDEAD_0000_0000n),
  store64: (hpa: bigint, value: bigint) => { words.set(hpa, BigInt.asUintN(64, value)) },
  zero: (hpa: bigint, length: bigint) => { for (let at = hpa; at < hpa + length; at += 8n) words.set(at, 0n) },
  readCr3: () => ROOT,
  invalidatePage: () => {}, writeCr3: () => {}, readTsc: () => tsc++,
  moduleCount: () => 1,
  moduleImport: () => 0n,
  moduleInstantiate: () => 0n + BigInt.asIntN(64, IMAGE),
  moduleNumber: (_: number, key: number) => key === 2 ? INITIAL : 0, // ModuleNumber.InitialPages; and it exports nothing
  enter: () => 0n,
  gateStatus: () => gateStatus,
}

let nucleus: Sandbox
let s: Sandbox['exports']

async function boot(mebibytes: number): Promise<void> {
  words = new Map()
  hw.zero(ROOT, PAGE)
  gateStatus = 0
  nucleus = await instantiate('test/kernel/sandbox.entry.ts', { imports: { hw } })
  s = nucleus.exports
  expect(s.start(RAM, BigInt(mebibytes) << 20n)).toBe(1)
}

/** Frames of the tables on the way to `va`, by walking them as the processor does. APM vol. 2, figure 5-17. */
function tables(va: bigint): bigint[] {
  const on: bigint[] = []
  let table = ROOT
  for (let shift = 39n; shift > 12n; shift -= 9n) {
    const entry = words.get(table + ((va >> shift & 511n) << 3n)) ?? 0n
    if (!(entry & 1n)) return on
    table = entry & 0x000F_FFFF_FFFF_F000n
    on.push(table)
  }
  return on
}

const unsigned = (value: bigint) => BigInt.asUintN(64, value)
const made = () => { const subject = s.reserve(); expect(s.begin(subject)).toBe(Ok); return subject }

describe('a sandbox', () => {
  beforeEach(() => boot(16))

  test('has its instance\'s pages and its memory but for page 0', () => {
    const subject = made()
    const linear = unsigned(s.linear(subject))
    expect(linear).toBe(unsigned(s.slotBase.value) + BigInt(subject) * unsigned(s.slotBytes.value) + (1n << 32n))
    const isMapped = (va: bigint) => s.lookup(va) !== 0n
    expect([linear - 0x8001n, linear - 0x8000n, linear - 1n, linear, linear + 4095n, linear + 4096n].map(isMapped)).toEqual([false, true, true, false, false, true])
    expect([linear + 0x1_FFFFn, linear + 0x2_0000n, linear + (1n << 32n)].map(isMapped)).toEqual([true, false, false])
  })

  test('starts with zeroes, and every frame is its own', () => {
    const subject = made()
    const linear = unsigned(s.linear(subject))
    const seen = new Set<bigint>()
    for (let at = PAGE; at < 0x2_0000n; at += PAGE) {
      const frame = s.lookup(linear + at)
      expect(s.ownerOf(frame)).toBe(s.sandboxOwner(subject))
      for (let word = 0n; word < PAGE; word += 512n) expect(words.get(frame + word)).toBe(0n)
      seen.add(frame)
    }
    expect(seen.size).toBe(31)
  })

  test('leaves no frame behind, and its record counts instances across lives', () => {
    const before = s.owned(0)
    for (let life = 1; life <= 5; life++) {
      const subject = made()
      expect(s.generation(subject)).toBe(life)
      expect(s.growMemory(subject, BigInt(INITIAL), 3n)).toBe(1)
      s.release(subject)
      expect([s.state(subject), s.owned(0), s.sandboxBytes(subject)]).toEqual([Free, before, 0n])
      expect(s.lookup(unsigned(s.linear(subject)) + PAGE)).toBe(0n)
    }
  })

  test('grows to its limit and not beyond', () => {
    const subject = made()
    const limit = 64n
    expect(s.growMemory(subject, BigInt(INITIAL), limit)).toBe(0)
    expect(s.growMemory(subject, BigInt(INITIAL), limit - BigInt(INITIAL) + 1n)).toBe(0)
    expect(s.growMemory(subject, BigInt(INITIAL), limit - BigInt(INITIAL))).toBe(1)
    expect(s.pages(subject)).toBe(64)
    expect(s.growMemory(subject, limit, 1n)).toBe(0)
    expect(s.growMemory(subject, limit, 0n)).toBe(1)
    expect(s.growMemory(subject, 0xFFFF_FFFF_FFFF_FFFFn, 1n)).toBe(0)
  })

  test('whose start traps is Failed, and can be made anew', () => {
    const subject = s.reserve()
    gateStatus = 5
    expect(s.begin(subject)).toBe(Trapped)
    expect(s.state(subject)).toBe(Failed)
    gateStatus = 0
    s.clean(subject)
    expect(s.begin(subject)).toBe(Ok)
  })

  test('that does not export what is called fails, and nothing is jumped to', () => {
    const subject = made()
    s.callMissing(subject)
    expect(s.state(subject)).toBe(Failed)
    expect(Buffer.from(nucleus.memory.buffer, s.trap(subject), s.trapLength(subject)).toString()).toBe('it does not export what is called')
  })
})

describe('ninety-five of them', () => {
  beforeAll(() => boot(64))

  test('share no table that any of them gives back', () => {
    const subjects = Array.from({ length: 95 }, made)
    expect(s.reserve()).toBe(0)
    const linear = subjects.map(subject => unsigned(s.linear(subject)))
    // The directory of 1 GiB entries serves 32 slots.
    for (const va of linear) expect(tables(va).slice(0, 1).map(table => s.ownerOf(table))).toEqual([Nucleus])
    subjects.forEach((subject, index) => {
      for (const table of tables(linear[index] + PAGE).slice(1)) expect(s.ownerOf(table)).toBe(s.sandboxOwner(subject))
    })
    for (let index = 0; index < 95; index += 2) s.release(subjects[index])
    subjects.forEach((_, index) => { expect(s.lookup(linear[index] + PAGE) !== 0n, `${index}`).toBe(index % 2 === 1) })
  })
})

describe('without memory for it', () => {
  test('growing gives back what it had taken', async () => {
    await boot(3)
    const subject = made()
    const before = s.owned(0)
    expect(before).toBeLessThan(60n * 16n)
    for (let turn = 0; turn < 3; turn++) {
      expect(s.growMemory(subject, BigInt(INITIAL), 62n)).toBe(0)
      // Tables that were needed on the way stay until the end, but no more of them for asking again.
      expect(s.owned(0)).toBeGreaterThanOrEqual(before - 1n)
    }
    expect(s.growMemory(subject, BigInt(INITIAL), 1n)).toBe(1)
  })

  test('starting leaves nothing', async () => {
    await boot(2)
    const before = s.owned(0)
    const subjects: number[] = []
    let status = Ok
    while (status === Ok) {
      subjects.push(s.reserve())
      status = s.begin(subjects.at(-1)!)
    }
    expect(status).toBe(NoMemory)
    expect(s.sandboxBytes(subjects.at(-1)!)).toBe(0n)
    for (const subject of subjects) s.release(subject)
    expect(s.owned(0)).toBe(before)
  })
})
