/** A nucleus copied for another CPU: what it has for itself, what it shares, and that the first one's stays as it was. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'
import { accesses, PAGE, Physical, unsigned } from './physical.ts'

const ROOT = 0x7F_F000n
const RAM = 0x80_0000n
const RAM_BYTES = 0x80_0000n
const INSTANCE_PAGES = 8n
const START = 0x10_0000n, RODATA_END = 0x10_8000n // hpa of the image: text and read-only data, then data
const GUARD = RODATA_END + 3n * PAGE // an unmapped page below a stack
const INSTANCE = RODATA_END + 8n * PAGE
const LINEAR = INSTANCE + INSTANCE_PAGES * PAGE
const PROTECTION = ~0x000F_FFFF_FFFF_F000n

let physical: Physical
let s: Record<string, any>
let linearPages = 0n
/** Virtual addresses: where the copy must differ, and where it must not. */
let own: bigint[]
let shared: bigint[]
let base: Record<string, bigint>

const pages = (from: bigint, end: bigint) => Array.from({ length: Number((end - from) / PAGE) }, (_, i) => from + BigInt(i) * PAGE)
const end = () => LINEAR + linearPages * PAGE
const image = (hpa: bigint) => base.image + hpa
const linear = (page: bigint) => base.linear + page * PAGE
const isLog = (page: bigint) => Boolean(s.isLogPage(Number(page * PAGE)))
const original = (va: bigint) => physical.translate(ROOT, va)

beforeAll(async () => {
  // `End` and `RodataEnd` as boot/hw.h counts them.
  const imageAddress = (key: number) => image(key === 1 ? end() : key === 3 ? RODATA_END : START)
  s = (await instantiate('test/kernel/fork.entry.ts', { imports: { hw: { ...accesses(() => physical), imageAddress } } })).exports
  base = { image: unsigned(s.imageBase.value), direct: unsigned(s.directBase.value), linear: unsigned(s.nucleusLinear.value), slot: unsigned(s.slotBase.value) + unsigned(s.slotLinear.value), frames: unsigned(s.frameTable.value), window: unsigned(s.window.value) }
  linearPages = pages(0n, 0x40_0000n).map(at => at / PAGE).filter(isLog).at(-1)! + 4n
})

/** Page tables as boot/entry.asm and paging.ts make them, each page with bytes of its own. */
function build(): void {
  physical = new Physical(0x100_0000, ROOT)
  s.start(RAM, RAM_BYTES)
  const linears = pages(1n * PAGE, linearPages * PAGE).map(at => at / PAGE)
  for (const hpa of pages(START, end())) {
    physical.page(hpa).fill(Number(hpa / PAGE % 251n))
    if (hpa !== GUARD) expect(s.map(image(hpa), hpa)).toBe(1)
  }
  for (let i = 0n; i < INSTANCE_PAGES; i++) s.map(base.linear - (INSTANCE_PAGES - i) * PAGE, INSTANCE + i * PAGE)
  for (const page of linears) s.map(linear(page), LINEAR + page * PAGE)
  const elsewhere = [base.frames, base.window, base.window + 0x3E00_0000n, base.slot + PAGE, base.slot + 0x10_0000n]
  elsewhere.forEach((va, i) => s.map(va, 0x40_0000n + BigInt(i) * PAGE))
  s.mapDirect(1n << 32n, (1n << 32n) + 0x40_0000n)
  own = [...pages(RODATA_END, end()).filter(hpa => hpa !== GUARD).map(image), ...pages(base.linear - INSTANCE_PAGES * PAGE, base.linear), ...linears.filter(page => !isLog(page)).map(linear)]
  shared = [...pages(START, RODATA_END).map(image), ...linears.filter(isLog).map(linear), ...elsewhere, base.direct + (1n << 32n), base.direct + (1n << 32n) + 0x20_0000n]
}
beforeEach(build)

describe('a copy of the nucleus', () => {
  test('has pages of its own where anything is written, with the same bytes and protection', () => {
    const root = s.forkNucleus()
    expect(root).not.toBe(0n)
    const frames = new Set<bigint>()
    for (const va of own) {
      const [mine, first] = [physical.entry(root, va)!, physical.entry(ROOT, va)!]
      const frame = physical.translate(root, va)!
      frames.add(frame)
      expect(frame, va.toString(16)).toBeGreaterThanOrEqual(RAM)
      expect(mine.value & PROTECTION).toBe(first.value & PROTECTION)
      expect(Buffer.compare(physical.page(frame), physical.page(original(va)!))).toBe(0)
    }
    // One for each page of the image's data: the instance and the linear memory are those pages once more.
    expect(frames.size).toBe(pages(RODATA_END, end()).length - 1)
  })

  test('sees the pages of its own image in its slot', () => {
    const root = s.forkNucleus()
    for (let i = 0n; i < INSTANCE_PAGES; i++) expect(physical.translate(root, base.linear - (INSTANCE_PAGES - i) * PAGE)).toBe(physical.translate(root, image(INSTANCE + i * PAGE)))
    for (let page = 1n; page < linearPages; page++) if (!isLog(page)) expect(physical.translate(root, linear(page))).toBe(physical.translate(root, image(LINEAR + page * PAGE)))
  })

  test('shares text, log, frame table, window, sandboxes and direct map', () => {
    const root = s.forkNucleus()
    expect(shared.filter(va => va > base.linear && va < base.frames).length).toBe(17) // the log's
    for (const va of shared) expect(physical.translate(root, va), va.toString(16)).toBe(original(va)!)
    for (const va of shared) expect(original(va), va.toString(16)).not.toBeNull()
  })

  test('has nothing where nothing was', () => {
    const root = s.forkNucleus()
    for (const va of [image(GUARD), base.linear, linear(linearPages), base.slot, 0n]) expect([original(va), physical.translate(root, va)]).toEqual([null, null])
  })

  test('shares what is mapped later', () => {
    const root = s.forkNucleus()
    for (const va of [base.window + 0x80_0000n, base.slot + 0x4000_0000n]) {
      expect(s.map(va, 0x50_0000n)).toBe(1)
      expect(physical.translate(root, va)).toBe(0x50_0000n)
    }
  })

  test('leaves everything as it was, and can be changed without the first one or another copy seeing it', () => {
    const used = pages(0n, RAM + RAM_BYTES).filter(hpa => hpa < RAM || s.ownerOf(hpa) !== 0)
    const before = used.map(hpa => Buffer.from(physical.page(hpa)))
    const root = s.forkNucleus()
    const other = s.forkNucleus()
    const others = own.map(va => physical.translate(other, va))
    for (const va of own) physical.store64(s.ownEntry(root, va), 0n)
    for (const va of own) expect(physical.translate(root, va)).toBeNull()
    used.forEach((hpa, i) => expect(Buffer.compare(before[i], physical.page(hpa)), hpa.toString(16)).toBe(0))
    expect(own.map(va => physical.translate(other, va))).toEqual(others)
  })
})

test('without enough memory there is none, whichever frame is missing', () => {
  const before: bigint = s.free()
  expect(s.forkNucleus()).not.toBe(0n)
  const needed = before - s.free()
  expect(needed).toBeGreaterThan(BigInt(pages(RODATA_END, end()).length))
  for (let frames = needed - 1n; frames >= 0n; frames--) {
    build()
    s.leave(frames)
    const all = Buffer.from(physical.bytes.subarray(0, Number(RAM)))
    expect(s.forkNucleus(), `${frames}`).toBe(0n)
    expect(Buffer.compare(all, physical.bytes.subarray(0, Number(RAM)))).toBe(0)
  }
})
