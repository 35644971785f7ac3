/** Processors that are started, answer or do not, and keep time or do not. Intel SDM vol. 3, 9.4.4 and 11.6.1. */
import { beforeEach, describe, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'
import { accesses, PAGE, Physical, unsigned } from './physical.ts'

const ROOT = 0x7F_F000n
const RAM = 0x80_0000n
const APIC = 0xFEE0_0000n
const START = 0x10_0000n, RODATA_END = 0x10_2000n, END = RODATA_END + 8n * PAGE // hpa of the image; its data is the instance
const TRAMPOLINE = 0x10_1230n, TRAMPOLINE_BYTES = 0xA0n
const TOLD = TRAMPOLINE_BYTES - 16n
const TSC_HERTZ = 5_000_000_000n // what is assumed until it is measured
const EFER = 0xD01n // SCE, LME, LMA, NXE
const Failed = 2, Starting = 3, Online = 1
const Init = 5, Startup = 6

/** How a processor behaves. */
interface Processor { answers?: 'first' | 'second' | 'never', runsGuests?: boolean, skew?: bigint, standsStill?: boolean }

let physical: Physical
let nucleus: Sandbox
let s: Record<string, any>
let tsc = 0n
let destination = 0
let processors: Map<number, Processor>
let isX2Apic: boolean | undefined
/** What was sent, and by whom a processor was found ready. */
let sent: { mode: number, apicId: number, page: bigint }[]
let running: { number: number, apicId: number, root: bigint }[]

const image = (hpa: bigint) => unsigned(s.imageBase.value) + hpa

/** Of the processor's record: the first that is waited for. */
const expected = (apicId: number) => Array.from({ length: 32 }, (_, number) => number).find(number => number > 0 && s.apicId(number) === apicId && s.state(number) === 0)!

function receive(mode: number, page: bigint): void {
  const apicId = destination
  sent.push({ mode, apicId, page })
  const { answers = 'first', runsGuests = true } = processors.get(apicId)!
  const tries = sent.filter(each => each.apicId === apicId && each.mode === Startup).length
  if (mode !== Startup || answers === 'never' || tries !== (answers === 'second' ? 2 : 1)) return
  // It begins in the copy of the trampoline, by the first one's tables, and goes on in its own.
  expect(Buffer.compare(physical.page(page).subarray(0, Number(TOLD)), physical.bytes.subarray(Number(TRAMPOLINE), Number(TRAMPOLINE + TOLD)))).toBe(0)
  const told = page + TOLD
  expect([physical.load32(told), physical.load32(told + 4n)]).toEqual([0x900, Number(ROOT)])
  const root = physical.load64(told + 8n)
  expect(physical.entry(ROOT, page)).toMatchObject({ value: page | 1n })
  expect(physical.translate(root, image(START))).toBe(START)
  expect(physical.translate(root, image(RODATA_END))).toBeGreaterThanOrEqual(RAM)
  const number = expected(apicId)
  running.push({ number, apicId, root })
  s.setState(number, runsGuests ? Starting : Failed)
}

/** Time passes, and who is starting shows its TSC. */
function pass(ticks: bigint): void {
  tsc += ticks
  for (const { number, apicId } of running) {
    const { skew = 0n, standsStill = false } = processors.get(apicId)!
    if (s.state(number) === Starting && !standsStill) s.showTsc(number, tsc + skew)
  }
}

const hw = {
  ...accesses(() => physical),
  load32: (hpa: bigint) => hpa >= APIC ? 0 : physical.load32(hpa),
  store32: (hpa: bigint, value: number) => {
    if (hpa < APIC) return physical.store32(hpa, value)
    if (hpa === APIC + 0x310n) destination = value >>> 24
    if (hpa === APIC + 0x300n) receive(value >> 8 & 7, BigInt(value & 0xFF) * PAGE)
  },
  // A page that is mapped for a record is zeroed.
  invalidatePage: (va: bigint) => {
    const at = unsigned(va) - unsigned(s.nucleusLinear.value)
    if (at >= 0x4000_0000n && at < 0x8000_0000n) new Uint8Array(nucleus.memory.buffer, Number(at), s.recordBytes.value).fill(0)
  },
  imageAddress: (key: number) => image(({ 1: END, 3: RODATA_END, 21: TRAMPOLINE, 22: TRAMPOLINE + TRAMPOLINE_BYTES } as Record<number, bigint>)[key] ?? START),
  // The x2APIC's registers are MSRs; there is one interrupt command of 64 bits, and one id of 32. SDM vol. 3, 11.12.1.2.
  readMsr: (msr: number) => msr === 0x1B ? APIC | 1n << 11n | BigInt(isX2Apic!) << 10n : msr === 0x802 ? 0n : EFER,
  writeMsr: (msr: number, value: bigint) => {
    if (msr !== 0x830) return
    expect(isX2Apic).toBe(true)
    destination = Number(value >> 32n)
    receive(Number(value >> 8n) & 7, (value & 0xFFn) * PAGE)
  },
  fence: () => {},
  readTsc: () => { tsc += 50n; return tsc },
  pause: () => pass(50_000n),
  scale: (value: bigint, multiplier: bigint, divisor: bigint) => value * multiplier / divisor,
}

/** A host's beginning. In which mode its APICs are is decided then, once. */
async function begin(inX2ApicMode: boolean): Promise<void> {
  if (isX2Apic !== inX2ApicMode) nucleus = await instantiate('test/kernel/start.entry.ts', { imports: { hw } })
  isX2Apic = inX2ApicMode
  s = nucleus.exports
  physical = new Physical(0x100_0000, ROOT)
  sent = []
  running = []
  processors = new Map()
  expect(s.start(RAM, 0x80_0000n)).toBe(1)
  for (let hpa = START; hpa < END; hpa += PAGE) s.map(image(hpa), hpa)
  for (let i = 0n; i < 8n; i++) s.map(unsigned(s.nucleusLinear.value) - (8n - i) * PAGE, RODATA_END + i * PAGE)
  for (let at = TRAMPOLINE; at < TRAMPOLINE + TRAMPOLINE_BYTES; at++) physical.bytes[Number(at)] = Number(at & 0xFFn)
}

beforeEach(() => begin(false))

/** The first one, whose APIC id is 0, starts the others, by their APIC ids; what the log says of it. */
function start(others: Record<number, Processor>, low: [bigint, bigint][] = [[PAGE, 0x9_E000n]]): string {
  for (const [from, end] of low) s.addRam(from, end - from)
  s.addProcessor(0)
  for (const [apicId, behaviour] of Object.entries(others)) {
    processors.set(Number(apicId), behaviour)
    s.addProcessor(Number(apicId))
  }
  s.startCpus()
  return Buffer.from(nucleus.memory.buffer, s.log.value, s.readLog()).toString()
}
const modes = (apicId: number) => sent.filter(each => each.apicId === apicId).map(each => each.mode)

describe('processors that answer', () => {
  test('are numbered in the order of the MADT, each with a nucleus of its own, and the log has nothing to say', () => {
    expect(start({ 2: {}, 4: {}, 6: {} })).toBe('')
    expect(s.online()).toBe(4)
    expect([1, 2, 3].map(number => [s.state(number), s.apicId(number)])).toEqual([[Online, 2], [Online, 4], [Online, 6]])
    expect(new Set(running.map(({ root }) => root)).size).toBe(3)
  })

  test('get INIT and one startup interrupt, or a second one where they need it', () => {
    start({ 2: {}, 4: { answers: 'second' } })
    expect([modes(2), modes(4), s.online()]).toEqual([[Init, Startup], [Init, Startup, Startup], 3])
  })

  test('are reached by ids of 32 bits in x2APIC mode, by no store to the xAPIC\'s page', async () => {
    await begin(true)
    expect(start({ 2: {}, 255: {}, 4711: { answers: 'second' } })).toBe('')
    expect([modes(2), modes(255), modes(4711), s.online()]).toEqual([[Init, Startup], [Init, Startup], [Init, Startup, Startup], 4])
  })

  test('are 31 beside the first at most', () => {
    expect(start(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [i + 1, {}])))).toContain('processor with APIC id 32 is done without: the hypervisor runs on 32 at most')
    expect(s.online()).toBe(32)
    expect([modes(31), modes(32)]).toEqual([[Init, Startup], []])
  })
})

describe('a processor that is done without', () => {
  const says = (why: string) => `processor with APIC id 2 is done without: ${why}\n`

  test.each<[string, Processor, string]>([
    ['does not answer', { answers: 'never' }, 'it does not answer'],
    ['cannot run guests', { runsGuests: false }, 'guests cannot run on it'],
    ['is ahead', { skew: 1_000_000n }, 'its TSC does not agree with the first processor\'s'],
    ['is behind', { skew: -1_000_000n }, 'its TSC does not agree with the first processor\'s'],
    ['has a TSC that stands still', { standsStill: true }, 'its TSC does not agree with the first processor\'s'],
  ])('because it %s: the log says so, and its number goes to the next', (_, behaviour, why) => {
    const log = start({ 2: behaviour, 4: {} })
    expect(log.endsWith(`] ${says(why)}`), log).toBe(true)
    expect([s.online(), s.state(1), s.apicId(1)]).toEqual([2, Online, 4])
  })

  test('is told to stop: it may be late, or waits for what becomes of it', () => {
    start({ 2: { answers: 'never' } })
    expect([modes(2), s.state(1), s.online()]).toEqual([[Init, Startup, Startup, Init], Failed, 1])
  })

  test('is waited for for a second', () => {
    const before = tsc
    start({ 2: { answers: 'never' } })
    expect(tsc - before).toBeGreaterThan(TSC_HERTZ)
    expect(tsc - before).toBeLessThan(TSC_HERTZ * 12n / 10n)
  })

  test.each([[12n, 'no memory for a nucleus of its own'], [4n, 'no memory for its record']])('for want of memory: %d frames are left', (frames, why) => {
    s.leave(frames)
    expect(start({ 2: {} })).toContain(says(why))
    expect([sent, s.online()]).toEqual([[], 1])
  })

  test('because an xAPIC has no way to name it: nobody else is sent what is meant for it', () => {
    const log = start({ 255: {}, 258: {}, 4: {} })
    for (const apicId of [255, 258]) expect(log).toContain(`processor with APIC id ${apicId} is done without: its local APIC can be reached in x2APIC mode only`)
    expect(sent.map(each => each.apicId)).toEqual([4, 4])
    expect([s.online(), s.apicId(1)]).toEqual([2, 4])
  })
})

describe('the page that they start in', () => {
  test.each<[string, [bigint, bigint][], bigint]>([
    ['is the highest whole one below the EBDA', [[PAGE, 0x9_FC00n]], 0x9_E000n],
    ['is below 640 KiB', [[PAGE, 0x20_0000n]], 0x9_F000n],
    ['is in the highest range that has one', [[PAGE, 0x5000n], [0x2_0000n, 0x3_0000n], [0x9_0800n, 0x9_1400n]], 0x2_F000n],
  ])('%s', (_, low, page) => {
    start({ 2: {}, 4: {} }, low)
    expect(sent.filter(each => each.mode === Startup).map(each => each.page)).toEqual([page, page])
  })

  test('has its bytes back afterwards, and is mapped no more', () => {
    const before = Buffer.from(physical.page(0x9_D000n).fill(0x77))
    start({ 2: {}, 4: { answers: 'never' } })
    expect(running.length).toBe(1)
    expect(Buffer.compare(before, physical.page(0x9_D000n))).toBe(0)
    for (const root of [ROOT, running[0].root]) expect(physical.translate(root, 0x9_D000n)).toBeNull()
  })

  test('is nowhere: the host has one processor, and says why', () => {
    expect(start({ 2: {} }, [[0x10_0000n, 0x20_0000n]])).toContain('no page below 640 KiB')
    expect([sent, s.online()]).toEqual([[], 1])
  })
})

test('a host with one processor starts none', () => {
  expect(start({})).toBe('')
  expect([sent, s.online()]).toEqual([[], 1])
})
