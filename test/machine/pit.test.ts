/** The 8254 against Intel's data sheet 231164. Counter 2 is watched on port 61h, counter 0 on its interrupt. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'

const frequency = 1_193_182n

let b: Bench
beforeAll(async () => {
  b = await bench()
})
beforeEach(() => b.reset())

/** Moves the clock to the middle of the `count`th tick from the present one. */
function clocks(count: number): void {
  const tick = (b.now * frequency) / 1_000_000_000n + BigInt(count)
  const middle = ((2n * tick + 1n) * 1_000_000_000n) / (2n * frequency)
  b.pass(middle - b.now)
}
function program(counter: number, mode: number, count: number, bcd = 0): void {
  b.out8(0x43, (counter << 6) | 0x30 | (mode << 1) | bcd)
  b.out8(0x40 + counter, count & 0xff)
  b.out8(0x40 + counter, count >> 8)
}
function latched(counter: number): number {
  b.out8(0x43, counter << 6)
  return b.in8(0x40 + counter) | (b.in8(0x40 + counter) << 8)
}
const gate = (level: boolean): void => b.out8(0x61, level ? 1 : 0)
const out2 = (): number => (b.in8(0x61) >> 5) & 1
/** OUT of counter 2 at each of the next ticks, from the one after the count was written. */
function wave(length: number): string {
  let levels = ''
  for (let index = 0; index < length; index++) {
    clocks(1)
    levels += out2()
  }
  return levels
}
function counts(length: number): number[] {
  return Array.from({ length }, () => {
    clocks(1)
    return latched(2)
  })
}

// The figures of the data sheet, "Mode definitions": the count is loaded on the clock after it is written.
describe('modes', () => {
  beforeEach(() => {
    gate(true)
    clocks(1)
  })

  test('mode 0: OUT is low until the count is zero, N + 1 clocks after it was written; then it counts on', () => {
    program(2, 0, 4)
    expect(out2()).toBe(0)
    expect(counts(7)).toEqual([4, 3, 2, 1, 0, 0xffff, 0xfffe])
    program(2, 0, 4)
    expect(wave(8)).toBe('00001111')
  })

  test('mode 0: GATE low stops the count and leaves OUT alone', () => {
    program(2, 0, 4)
    clocks(2)
    expect(latched(2)).toBe(3)
    gate(false)
    clocks(100)
    expect(latched(2)).toBe(3)
    expect(out2()).toBe(0)
    gate(true)
    expect(counts(3)).toEqual([2, 1, 0])
    expect(out2()).toBe(1)
  })

  test('mode 0: the first byte of a new count stops counting and lowers OUT', () => {
    program(2, 0, 2)
    clocks(5)
    expect(out2()).toBe(1)
    b.out8(0x42, 3)
    expect(out2()).toBe(0)
    clocks(50)
    expect(out2()).toBe(0)
    b.out8(0x42, 0)
    expect(wave(5)).toBe('00011')
  })

  test('mode 1: GATE rising makes OUT low for N clocks, and again from the start', () => {
    program(2, 1, 3)
    expect(wave(3)).toBe('111')
    gate(false)
    gate(true)
    expect(wave(5)).toBe('00011')
    gate(false)
    gate(true)
    clocks(2)
    gate(false)
    gate(true)
    expect(wave(5)).toBe('00011')
  })

  test('mode 1: a new count takes effect with the next trigger', () => {
    program(2, 1, 3)
    gate(false)
    gate(true)
    clocks(1)
    b.out8(0x42, 5)
    b.out8(0x42, 0)
    expect(wave(4)).toBe('0011')
    gate(false)
    gate(true)
    expect(wave(7)).toBe('0000011')
  })

  test('mode 2: OUT is low for one clock in N', () => {
    program(2, 2, 3)
    expect(wave(10)).toBe('1101101101')
    program(2, 2, 3)
    expect(counts(7)).toEqual([3, 2, 1, 3, 2, 1, 3])
  })

  test('mode 2: GATE low raises OUT; GATE rising starts again', () => {
    program(2, 2, 3)
    clocks(3)
    expect(out2()).toBe(0)
    gate(false)
    expect(out2()).toBe(1)
    clocks(20)
    expect(out2()).toBe(1)
    gate(true)
    expect(wave(6)).toBe('110110')
  })

  test('mode 2: a count written while it runs takes effect at the end of the period', () => {
    program(2, 2, 4)
    clocks(2)
    b.out8(0x42, 3)
    b.out8(0x42, 0)
    expect(wave(8)).toBe('10110110')
  })

  test('mode 3, even count: a square wave, counted down by two', () => {
    program(2, 3, 4)
    expect(wave(9)).toBe('110011001')
    program(2, 3, 4)
    expect(counts(6)).toEqual([4, 2, 4, 2, 4, 2])
  })

  test('mode 3, odd count: high for (N + 1) ÷ 2, low for (N - 1) ÷ 2', () => {
    program(2, 3, 5)
    expect(wave(11)).toBe('11100111001')
    program(2, 3, 5)
    expect(counts(6)).toEqual([4, 2, 0, 4, 2, 4])
  })

  test('mode 4: OUT is low for one clock, N + 1 clocks after the count was written', () => {
    program(2, 4, 3)
    expect(wave(7)).toBe('1110111')
  })

  test('mode 5: the same after GATE rises', () => {
    program(2, 5, 3)
    expect(wave(6)).toBe('111111')
    gate(false)
    gate(true)
    expect(wave(7)).toBe('1110111')
  })

  test('mode numbers 6 and 7 are 2 and 3', () => {
    program(2, 6, 3)
    expect(wave(6)).toBe('110110')
    program(2, 7, 4)
    expect(wave(8)).toBe('11001100')
  })
})

describe('reading and writing', () => {
  beforeEach(() => {
    gate(true)
    clocks(1)
  })

  test('a count of 0 is 65536, in BCD 10000', () => {
    program(2, 0, 0)
    clocks(2)
    expect(latched(2)).toBe(0xffff)
    program(2, 0, 0, 1)
    clocks(2)
    expect(latched(2)).toBe(0x9999)
  })

  test('BCD counts in decimal', () => {
    program(2, 0, 0x1001, 1)
    expect(counts(4)).toEqual([0x1001, 0x1000, 0x0999, 0x0998])
  })

  test('a latched count stays until both bytes are read, and a second latch is ignored', () => {
    program(2, 0, 1000)
    clocks(1)
    b.out8(0x43, 0x80)
    clocks(10)
    b.out8(0x43, 0x80)
    expect(b.in8(0x42)).toBe(1000 & 0xff)
    clocks(10)
    expect(b.in8(0x42)).toBe(1000 >> 8)
    expect(latched(2)).toBe(980)
  })

  test('LSB only and MSB only', () => {
    b.out8(0x43, 0x90)
    b.out8(0x42, 200)
    clocks(11)
    expect(b.in8(0x42)).toBe(190)
    expect(b.in8(0x42)).toBe(190)
    b.out8(0x43, 0xa0)
    b.out8(0x42, 0x12)
    clocks(2)
    expect(b.in8(0x42)).toBe(0x11)
  })

  test('read-back: status and count of several counters at once', () => {
    program(0, 2, 0x1234)
    program(2, 3, 0x4321)
    clocks(1)
    b.out8(0x43, 0xca) // count and status of counters 0 and 2
    expect(b.in8(0x40)).toBe(0xb4) // OUT high, count loaded, both bytes, mode 2
    expect(b.in8(0x40) | (b.in8(0x40) << 8)).toBe(0x1234)
    expect(b.in8(0x42)).toBe(0xb6)
    expect(b.in8(0x42) | (b.in8(0x42) << 8)).toBe(0x4320)
  })

  test('NULL COUNT is set from the control word until the count is loaded', () => {
    b.out8(0x43, 0xb4)
    b.out8(0x43, 0xe8)
    expect(b.in8(0x42)).toBe(0xf4)
    b.out8(0x42, 10)
    b.out8(0x42, 0)
    b.out8(0x43, 0xe8)
    expect(b.in8(0x42) & 0x40).toBe(0x40)
    clocks(1)
    b.out8(0x43, 0xe8)
    expect(b.in8(0x42) & 0x40).toBe(0)
  })
})

describe('port 61h', () => {
  test('gate and speaker bits read back', () => {
    b.out8(0x61, 0x03)
    expect(b.in8(0x61) & 0x0f).toBe(0x03)
  })

  test('the refresh bit toggles every 15.085 µs', () => {
    let toggles = 0
    let last = b.in8(0x61) & 0x10
    for (let step = 0; step < 1000; step++) {
      b.pass(1000)
      const bit = b.in8(0x61) & 0x10
      if (bit !== last) toggles++
      last = bit
    }
    expect(toggles).toBe(66) // 1 ms ÷ 15.085 µs
  })

  test("Linux's calibration: mode 0 on counter 2, OUT on port 61h after 50 ms", () => {
    b.out8(0x61, (b.in8(0x61) & ~0x02) | 0x01)
    program(2, 0, 59659)
    const start = b.now
    while (!(b.in8(0x61) & 0x20)) b.pass(1000)
    const seconds = Number(b.now - start)
    expect(Math.abs(seconds - 50_000_000)).toBeLessThan(5_000)
  })
})

describe('the timer interrupt', () => {
  const pin2 = (): void => {
    for (const [register, value] of [[0x15, 0], [0x14, 0x30]]) {
      b.write(0xfec0_0000, register)
      b.write(0xfec0_0010, value)
    }
    b.messages.length = 0
  }

  test.each([[2], [3]])('mode %i: one interrupt for each period, without drift', mode => {
    program(0, mode, 11932)
    pin2()
    b.pass(10_000_000_000n)
    // 1193182 × 10 ÷ 11932
    expect(b.messages.length).toBe(999)
  })

  test('mode 0 and mode 4 interrupt once', () => {
    for (const mode of [0, 4]) {
      program(0, mode, 1000)
      pin2()
      b.pass(1_000_000_000)
      expect(b.messages.length).toBe(1)
    }
  })

  test('the interrupt comes when the count is zero, not before', () => {
    program(0, 0, 11932)
    pin2()
    b.pass(9_999_000)
    expect(b.messages.length).toBe(0)
    b.pass(5_000)
    expect(b.messages.length).toBe(1)
  })

  test('latching the count between two interrupts loses none', () => {
    program(0, 2, 11932)
    pin2()
    for (let step = 0; step < 1000; step++) {
      b.now += 1_000_000n // time passes, but the CPU is in a loop that reads the counter
      b.out8(0x43, 0x00)
      b.in8(0x40)
      b.in8(0x40)
    }
    expect(b.messages.length).toBe(99)
  })

  test('after a long absence the clock is one call, and only a few interrupts are made up for', () => {
    program(0, 2, 1193)
    pin2()
    b.sleep(3_600_000_000_000n)
    expect(b.ticks).toBe(1)
    expect(b.messages.length).toBe(1)
    b.pass(10_500_000)
    expect(b.messages.length).toBeGreaterThan(10)
    expect(b.messages.length).toBeLessThanOrEqual(10 + 9)
    const made = b.messages.length
    b.pass(100_000_000)
    expect(b.messages.length - made).toBeGreaterThanOrEqual(99)
    expect(b.messages.length - made).toBeLessThanOrEqual(101)
  })

  test('an edge that the 8259 still holds is not wasted on', () => {
    b.out8(0x21, 0xfe)
    program(0, 2, 1193)
    b.acknowledge()
    b.out8(0x20, 0x20)
    let taken = 0
    b.pass(4_900_000) // interrupts off for almost five periods
    for (let step = 0; step < 100; step++) {
      if (b.intr) {
        b.acknowledge()
        b.out8(0x20, 0x20)
        taken++
      }
      b.pass(50_000)
    }
    expect(taken).toBe(9) // all that came due in 9.9 ms
  })

  test('a period of a tick does not keep the board busy', () => {
    program(0, 2, 2)
    pin2()
    b.pass(10_000_000)
    expect(b.ticks).toBeLessThanOrEqual(501)
  })
})
