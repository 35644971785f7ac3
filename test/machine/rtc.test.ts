/** The MC146818 against Motorola's data sheet, with JavaScript's Date as the calendar's oracle. */
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'

const second = 1_000_000_000

let b: Bench
beforeAll(async () => {
  b = await bench()
})
beforeEach(() => b.reset())

const get = (register: number): number => (b.out8(0x70, register), b.in8(0x71))
const set = (register: number, value: number): void => {
  b.out8(0x70, register)
  b.out8(0x71, value)
}
const bcd = (value: number): number => (Math.floor(value / 10) << 4) | (value % 10)
const epochOf = (iso: string): bigint => BigInt(Date.parse(iso) / 1000)
const powerOn = (iso: string): void => b.reset({ epoch: epochOf(iso) })
/** Hours, minutes, seconds. */
const time = (): number[] => [get(4), get(2), get(0)]
/** Century, year, month, day. */
const day = (): number[] => [get(0x32), get(9), get(8), get(7)]
const line8 = (): boolean => (b.out8(0xa0, 0x0a), (b.in8(0xa0) & 0x01) !== 0)

describe('time of day', () => {
  test('BCD and 24 hours after power-on', () => {
    powerOn('2031-12-24T17:45:59Z')
    expect(get(0x0b)).toBe(0x02)
    expect(time()).toEqual([0x17, 0x45, 0x59])
    expect(day()).toEqual([0x20, 0x31, 0x12, 0x24])
    expect(get(6)).toBe(4) // a Wednesday
    b.pass(second)
    expect(time()).toEqual([0x17, 0x46, 0x00])
  })

  test.each([[0x00, 0x12], [0x01, 0x01], [0x0b, 0x11], [0x0c, 0x92], [0x0d, 0x81], [0x17, 0x91]])('hour %i in 12-hour BCD is %i (table 3)', (hour, value) => {
    powerOn(`2024-05-05T${String(hour).padStart(2, '0')}:00:00Z`)
    set(0x0b, 0x00)
    expect(get(4)).toBe(value)
    set(0x0b, 0x80) // and the other way
    set(4, value)
    set(0x0b, 0x00)
    set(0x0b, 0x06)
    expect(get(4)).toBe(hour)
  })

  test('binary', () => {
    powerOn('2099-11-30T23:59:58Z')
    set(0x0b, 0x06)
    expect(time()).toEqual([23, 59, 58])
    expect(day()).toEqual([20, 99, 11, 30])
  })

  test('the calendar agrees with Date for 1970 to 2400', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 13_569_465_599 }), seconds => {
        b.reset({ epoch: BigInt(seconds) })
        const date = new Date(seconds * 1000)
        expect(time()).toEqual([bcd(date.getUTCHours()), bcd(date.getUTCMinutes()), bcd(date.getUTCSeconds())])
        const year = date.getUTCFullYear()
        expect(day()).toEqual([bcd(Math.floor(year / 100)), bcd(year % 100), bcd(date.getUTCMonth() + 1), bcd(date.getUTCDate())])
        expect(get(6)).toBe(date.getUTCDay() + 1)
      }),
      { numRuns: 2000, seed: 20260101 },
    )
  })

  test('a date that is set comes back, for every day of 400 years at some time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 13_569_465_599 }), seconds => {
        const date = new Date(seconds * 1000)
        const year = date.getUTCFullYear()
        set(0x0b, 0x82)
        const fields = [[0x32, Math.floor(year / 100)], [9, year % 100], [8, date.getUTCMonth() + 1], [7, date.getUTCDate()], [4, date.getUTCHours()], [2, date.getUTCMinutes()], [0, date.getUTCSeconds()]]
        for (const [register, value] of fields) set(register, bcd(value))
        set(0x0b, 0x02)
        for (const [register, value] of fields) expect(get(register)).toBe(bcd(value))
        expect(get(6)).toBe(date.getUTCDay() + 1)
      }),
      { numRuns: 2000, seed: 20260102 },
    )
  })

  test('SET holds the time registers; what the guest writes runs on from there', () => {
    powerOn('2024-02-28T23:59:50Z')
    set(0x0b, 0x82)
    b.pass(5n * BigInt(second))
    expect(time()).toEqual([0x23, 0x59, 0x50])
    set(0, 0x58)
    set(0x0b, 0x02)
    b.pass(3n * BigInt(second))
    expect(day()).toEqual([0x20, 0x24, 0x02, 0x29])
    expect(time()).toEqual([0x00, 0x00, 0x01])
  })

  test('the first update comes half a second after the divider is released', () => {
    powerOn('2024-01-01T00:00:00Z')
    b.pass(123_456_789)
    set(0x0a, 0x76)
    b.pass(10n * BigInt(second))
    expect(time()).toEqual([0, 0, 0])
    set(0x0a, 0x26)
    b.pass(499_999_000)
    expect(get(0)).toBe(0)
    b.pass(2_000)
    expect(get(0)).toBe(1)
  })

  test("Linux's way to set it: SET, divider reset, registers, and back", () => {
    powerOn('2024-01-01T00:00:00Z')
    set(0x0b, get(0x0b) | 0x80)
    const select = get(0x0a)
    set(0x0a, select | 0x70)
    for (const [register, value] of [[9, 0x30], [8, 0x06], [7, 0x15], [4, 0x12], [2, 0x34], [0, 0x56]]) set(register, value)
    set(0x0b, get(0x0b) & ~0x80)
    set(0x0a, select)
    b.pass(600_000_000)
    expect(day()).toEqual([0x20, 0x30, 0x06, 0x15])
    expect(time()).toEqual([0x12, 0x34, 0x57])
  })
})

describe('update in progress', () => {
  test('UIP is set for 2228 µs before each second and falls when the time changes', () => {
    powerOn('2024-01-01T00:00:00Z')
    b.pass(997_771_000)
    expect(get(0x0a) & 0x80).toBe(0)
    b.pass(2_000)
    expect(get(0x0a) & 0x80).toBe(0x80)
    expect(get(0)).toBe(0)
    b.pass(2_227_000)
    expect(get(0x0a)).toBe(0x26)
    expect(get(0)).toBe(1)
  })

  test('never while SET or a divider reset stops updates', () => {
    b.pass(999_000_000)
    set(0x0b, 0x82)
    expect(get(0x0a) & 0x80).toBe(0)
    set(0x0b, 0x02)
    expect(get(0x0a) & 0x80).toBe(0x80)
    set(0x0a, 0x76)
    expect(get(0x0a) & 0x80).toBe(0)
  })
})

describe('interrupts', () => {
  test('register C shows what happened, enabled or not, and clears when read', () => {
    powerOn('2024-01-01T23:59:58Z') // the alarm bytes are 00:00:00
    b.pass(1_100_000_000)
    expect(get(0x0c)).toBe(0x50)
    expect(get(0x0c)).toBe(0x00)
    b.pass(1_000_000_000)
    expect(get(0x0c)).toBe(0x70)
    expect(line8()).toBe(false)
  })

  test('periodic: rates of table 5', () => {
    for (const [rate, hertz] of [[3, 8192], [6, 1024], [10, 64], [15, 2], [1, 256], [2, 128]]) {
      b.reset()
      set(0x0a, 0x20 | rate)
      set(0x0b, 0x42)
      let interrupts = 0
      for (let step = 0; step < 100_000; step++) {
        if (b.armed > 2_000_000_000n) break
        b.pass(b.armed - b.now)
        if (line8()) {
          expect(get(0x0c) & 0xc0).toBe(0xc0)
          interrupts++
        }
      }
      expect(interrupts).toBe(2 * hertz)
    }
  })

  test('a periodic interrupt that nobody reads costs one deadline, however long', () => {
    set(0x0a, 0x23)
    set(0x0b, 0x42)
    b.pass(1_000_000_000)
    expect(b.ticks).toBe(1)
    expect(line8()).toBe(true)
    get(0x0c)
    expect(line8()).toBe(false)
  })

  test('update-ended: once a second, on the second', () => {
    set(0x0b, 0x12)
    get(0x0c)
    b.pass(999_999_000)
    expect(line8()).toBe(false)
    b.pass(2_000)
    expect(line8()).toBe(true)
    expect(get(0x0c) & 0x90).toBe(0x90)
    b.pass(1_000_000_000)
    expect(get(0x0c) & 0x90).toBe(0x90)
  })

  test('SET clears the update-ended interrupt enable', () => {
    set(0x0b, 0x12)
    set(0x0b, 0x92)
    expect(get(0x0b)).toBe(0x82)
  })

  test('alarm at a time of day', () => {
    powerOn('2024-01-01T10:00:00Z')
    set(5, 0x09)
    set(3, 0x30)
    set(1, 0x15)
    set(0x0b, 0x22)
    get(0x0c)
    b.pass(BigInt(23 * 3600 + 30 * 60 + 14) * BigInt(second))
    expect(line8()).toBe(false)
    b.pass(BigInt(second) + 1_000n)
    expect(line8()).toBe(true)
    expect(time()).toEqual([0x09, 0x30, 0x15])
    expect(get(0x0c) & 0xa0).toBe(0xa0)
    expect(b.ticks).toBe(1)
  })

  test('alarm bytes C0h and up match always; the next match agrees with a search second by second', () => {
    const field = (limit: number) => fc.oneof(fc.integer({ min: 0, max: limit - 1 }), fc.constantFrom(0xc0, 0xff))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_399 }), field(24), field(60), field(60), (start, hour, minute, secondField) => {
        b.reset({ epoch: BigInt(start) })
        set(0x0b, 0x06)
        set(5, hour)
        set(3, minute)
        set(1, secondField)
        set(0x0b, 0x26)
        const matches = (value: number, pattern: number): boolean => pattern >= 0xc0 || value === pattern
        let distance = 1
        for (; ; distance++) {
          const at = start + distance
          if (matches(Math.floor(at / 3600) % 24, hour) && matches(Math.floor(at / 60) % 60, minute) && matches(at % 60, secondField)) break
        }
        expect(b.armed).toBe(BigInt(distance) * BigInt(second))
      }),
      { numRuns: 300, seed: 20260103 },
    )
  })

  test('an alarm that no time matches never comes', () => {
    set(0x0b, 0x06)
    set(5, 0xff)
    set(3, 75)
    set(0x0b, 0x26)
    expect(b.armed).toBe(0xffff_ffff_ffff_ffffn)
  })
})

describe('CMOS', () => {
  test('register D says that the battery is good; C and D are read-only', () => {
    set(0x0d, 0x00)
    expect(get(0x0d)).toBe(0x80)
  })

  test('memory sizes as AT firmware leaves them, for 512 MiB', () => {
    expect(get(0x15) | (get(0x16) << 8)).toBe(640)
    expect(get(0x17) | (get(0x18) << 8)).toBe(0xffff)
    expect(get(0x30) | (get(0x31) << 8)).toBe(0xffff)
    expect(get(0x34) | (get(0x35) << 8)).toBe((496 << 20) >> 16)
    expect(get(0x5b) | (get(0x5c) << 8) | (get(0x5d) << 16)).toBe(0)
  })

  test('for 8 MiB and for 6 GiB', () => {
    b.reset({ ramSize: 8n << 20n })
    expect(get(0x17) | (get(0x18) << 8)).toBe(7 * 1024)
    expect(get(0x34) | (get(0x35) << 8)).toBe(0)
    b.reset({ ramSize: 6n << 30n })
    expect(get(0x34) | (get(0x35) << 8)).toBe((3 * 1024 - 16) * 16)
    expect(get(0x5b) | (get(0x5c) << 8) | (get(0x5d) << 16)).toBe(3 * 1024 * 16)
  })

  test('the checksum of 10h–2Dh is right', () => {
    let sum = 0
    for (let register = 0x10; register < 0x2e; register++) sum += get(register)
    expect((get(0x2e) << 8) | get(0x2f)).toBe(sum)
  })

  test('the rest keeps what is written; index bit 7 is the NMI mask', () => {
    set(0x40, 0x5a)
    expect(get(0xc0)).toBe(0x5a)
    expect(b.in8(0x70)).toBe(0xff)
  })
})
