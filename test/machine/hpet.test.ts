/** The HPET against the IA-PC HPET specification 1.0a. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'

const base = 0xfed0_0000
const ioapic = 0xfec0_0000
const [configuration, status, counter] = [base + 0x10, base + 0x20, base + 0xf0]
const timer = (index: number): number => base + 0x100 + 0x20 * index
const [level, enable, periodic, setValue, mode32] = [0x02, 0x04, 0x08, 0x40, 0x100]

let b: Bench
beforeAll(async () => {
  b = await bench()
})
beforeEach(() => b.reset())

function route(pin: number, low: number): void {
  b.write(ioapic, 0x10 + 2 * pin)
  b.write(ioapic + 0x10, low)
}
const vectors = (): number[] => b.messages.splice(0).map(message => message.vector)

describe('capabilities', () => {
  test('three timers, 64 bits, legacy replacement, 10 ns', () => {
    const id = b.read(base, 8)
    expect(id >> 32n).toBe(10_000_000n) // femtoseconds; the specification allows at most 5F5E100h
    expect((id >> 8n) & 0x1fn).toBe(2n) // the last timer's number
    expect(id & 0x2000n).toBe(0x2000n)
    expect(id & 0x8000n).toBe(0x8000n)
    expect((id >> 16n) & 0xffffn).toBe(0x8086n)
    expect(id & 0xffn).not.toBe(0n)
    expect(b.read(base + 4)).toBe(10_000_000n)
  })

  test('each timer is periodic and 64 bits wide, without FSB delivery, and may be routed to pins 20–23', () => {
    for (let index = 0; index < 3; index++) {
      expect(b.read(timer(index), 8)).toBe(0x00f0_0000_0000_0030n)
      b.write(timer(index), 0xffff_ffff)
      expect(b.read(timer(index)) & 0xc1ffn).toBe(0x017en) // route 31 does not stick
    }
    expect(b.read(timer(3), 8)).toBe(0n)
  })

  test('a route that the timer has sticks, another does not', () => {
    b.write(timer(0), 21 << 9)
    expect((b.read(timer(0)) >> 9n) & 0x1fn).toBe(21n)
    b.write(timer(0), 5 << 9)
    expect((b.read(timer(0)) >> 9n) & 0x1fn).toBe(21n)
  })
})

describe('main counter', () => {
  test('stands still until it is enabled, then counts 100 for each microsecond', () => {
    b.pass(1_000_000)
    expect(b.read(counter, 8)).toBe(0n)
    b.write(configuration, 1)
    b.pass(1_000_000)
    expect(b.read(counter, 8)).toBe(100_000n)
    b.write(configuration, 0)
    b.pass(1_000_000)
    expect(b.read(counter, 8)).toBe(100_000n)
    b.write(configuration, 1)
    b.pass(1_000)
    expect(b.read(counter, 8)).toBe(100_100n)
  })

  test('can be written, whole or by halves', () => {
    b.write(counter, 0x1234_5678_9abc_def0n, 8)
    expect(b.read(counter)).toBe(0x9abc_def0n)
    expect(b.read(counter + 4)).toBe(0x1234_5678n)
    b.write(counter + 4, 1)
    b.write(counter, 2)
    expect(b.read(counter, 8)).toBe(0x1_0000_0002n)
  })
})

describe('one-shot', () => {
  beforeEach(() => {
    route(20, 0x50)
    b.write(configuration, 1)
  })

  test('interrupts when the counter reaches the comparator, once', () => {
    b.write(timer(2), (20 << 9) | enable)
    b.write(timer(2) + 8, 100_000, 8)
    b.pass(999_990)
    expect(vectors()).toEqual([])
    b.pass(10)
    expect(vectors()).toEqual([0x50])
    b.pass(10_000_000_000)
    expect(vectors()).toEqual([])
  })

  test('a comparator in the past does not match', () => {
    b.pass(1_000_000)
    b.write(timer(0), (20 << 9) | enable)
    b.write(timer(0) + 8, 99_999, 8)
    b.pass(1_000_000_000)
    expect(vectors()).toEqual([])
  })

  test('in 32-bit mode it matches when the low half comes round', () => {
    b.pass(1_000_000)
    b.write(timer(0), (20 << 9) | enable | mode32)
    b.write(timer(0) + 8, 99_999)
    b.pass((2n ** 32n - 2n) * 10n)
    expect(vectors()).toEqual([])
    b.pass(20)
    expect(vectors()).toEqual([0x50])
    b.pass(2n ** 32n * 10n)
    expect(vectors()).toEqual([0x50])
  })

  test('nothing comes while the interrupt is disabled', () => {
    b.write(timer(0), 20 << 9)
    b.write(timer(0) + 8, 1000, 8)
    b.pass(1_000_000)
    expect(vectors()).toEqual([])
    expect(b.ticks).toBe(0)
  })

  test('level: the status bit holds the line until it is written 1', () => {
    route(20, 0x8050)
    b.write(timer(1), (20 << 9) | enable | level)
    b.write(timer(1) + 8, 1000, 8)
    b.pass(10_000)
    expect(vectors()).toEqual([0x50])
    expect(b.read(status)).toBe(2n)
    b.endOfInterrupt(0x50)
    expect(vectors()).toEqual([0x50])
    b.write(status, 2)
    b.endOfInterrupt(0x50)
    expect(vectors()).toEqual([])
    expect(b.read(status)).toBe(0n)
  })

  test('two level-triggered timers share an input', () => {
    route(20, 0x8050)
    for (const index of [0, 1]) {
      b.write(timer(index), (20 << 9) | enable | level)
      b.write(timer(index) + 8, 1000, 8)
    }
    b.pass(20_000)
    expect(vectors()).toEqual([0x50])
    b.write(status, 1)
    b.endOfInterrupt(0x50)
    expect(vectors()).toEqual([0x50])
    b.write(status, 2)
    b.endOfInterrupt(0x50)
    expect(vectors()).toEqual([])
  })
})

describe('periodic', () => {
  beforeEach(() => {
    route(20, 0x50)
    b.write(configuration, 1)
  })

  test('VAL_SET: the first write is the comparator, the next the period (as Linux does it)', () => {
    b.write(timer(0), (20 << 9) | enable | periodic | setValue | mode32)
    b.write(timer(0) + 8, 50_000)
    b.write(timer(0) + 8, 100_000)
    b.pass(500_000)
    expect(vectors()).toEqual([0x50])
    expect(b.read(timer(0) + 8)).toBe(150_000n)
    b.pass(10_000_000)
    expect(vectors().length).toBe(10)
    expect(b.read(timer(0) + 8)).toBe(1_150_000n)
  })

  test('64 bits, through an hour, without drift', () => {
    b.write(timer(0), (20 << 9) | enable | periodic | setValue)
    b.write(timer(0) + 8, 100_000_000, 8)
    b.pass(3_600_000_000_000)
    expect(vectors().length).toBe(3600)
  })

  test('after a long absence one interrupt stands for all', () => {
    b.write(timer(0), (20 << 9) | enable | periodic | setValue)
    b.write(timer(0) + 8, 100, 8)
    b.sleep(3_600_000_000_000)
    expect(b.ticks).toBe(1)
    expect(vectors().length).toBe(1)
    expect(b.read(timer(0) + 8, 8)).toBe(360_000_000_100n)
  })

  test('a period of one tick does not keep the board busy', () => {
    b.write(timer(0), (20 << 9) | enable | periodic | setValue)
    b.write(timer(0) + 8, 1, 8)
    b.pass(10_000_000)
    expect(b.ticks).toBeLessThanOrEqual(502)
  })

  test('a period of zero matches once', () => {
    b.write(timer(0), (20 << 9) | enable | periodic | setValue)
    b.write(timer(0) + 8, 100, 8)
    b.write(timer(0) + 8, 0, 8)
    b.pass(10_000_000)
    expect(vectors().length).toBe(1)
  })
})

describe('legacy replacement', () => {
  test('timer 0 has the timer line (pin 2), timer 1 the RTC line (pin 8); the 8254 and the RTC lose theirs', () => {
    route(2, 0x30)
    route(8, 0x38)
    b.write(configuration, 3)
    b.write(timer(0), enable | periodic | setValue)
    b.write(timer(0) + 8, 100_000, 8)
    b.write(timer(1), enable | periodic | setValue)
    b.write(timer(1) + 8, 250_000, 8)
    for (const [port, value] of [[0x43, 0x34], [0x40, 0xa9], [0x40, 0x04], [0x70, 0x0b], [0x71, 0x42]]) b.out8(port, value)
    b.pass(10_000_000)
    const seen = vectors()
    expect(seen.filter(vector => vector === 0x30).length).toBe(10)
    expect(seen.filter(vector => vector === 0x38).length).toBe(4)
  })

  test('the 8254 has its line back afterwards', () => {
    b.write(configuration, 3)
    b.write(configuration, 1)
    for (const [port, value] of [[0x43, 0x34], [0x40, 0xa9], [0x40, 0x04]]) b.out8(port, value)
    route(2, 0x30)
    b.pass(10_500_000)
    expect(vectors().length).toBe(10)
  })

  test('through the 8259: each edge stays until it is taken', () => {
    b.out8(0x21, 0xfe)
    b.write(configuration, 3)
    b.write(timer(0), enable | periodic | setValue)
    b.write(timer(0) + 8, 100_000, 8)
    b.pass(1_000_000)
    for (let round = 0; round < 3; round++) {
      expect(b.intr).toBe(true)
      expect(b.acknowledge()).toBe(0x08)
      b.out8(0x20, 0x20)
      expect(b.intr).toBe(false)
      b.pass(1_000_000)
    }
  })
})
