/** ACPI fixed hardware (ACPI 6.5, 4.8) and every way to reset or power off. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'

const [pm1Status, pm1Enable, pm1Control, timer] = [0x600, 0x602, 0x604, 0x608]
const [keyboardController, resetControl, fastReset] = [1, 2, 4] // capability/power.ts, ResetCause

let b: Bench
beforeAll(async () => {
  b = await bench()
})
beforeEach(() => {
  b.reset()
  for (const [register, value] of [[0x23, 0], [0x22, 0x8039]]) {
    b.write(0xfec0_0000, register)
    b.write(0xfec0_0010, value)
  }
})

describe('PM1', () => {
  test('SCI_EN is always set: there is no SMI command to set it with', () => {
    expect(b.in16(pm1Control)).toBe(0x0001)
    b.out16(pm1Control, 0x0000)
    expect(b.in16(pm1Control)).toBe(0x0001)
  })

  test('the power button raises the SCI when it is enabled, until its status is written 1', () => {
    b.powerButton()
    expect(b.messages).toEqual([])
    expect(b.in16(pm1Status)).toBe(0x0100)
    b.out16(pm1Enable, 0x0100)
    expect(b.messages.map(message => message.vector)).toEqual([0x39])
    b.out16(pm1Status, 0x0000)
    expect(b.in16(pm1Status)).toBe(0x0100)
    b.out16(pm1Status, 0x0100)
    expect(b.in16(pm1Status)).toBe(0x0000)
    b.endOfInterrupt(0x39)
    expect(b.messages.length).toBe(1)
  })

  test('bytes and double words reach the same registers', () => {
    b.out8(pm1Enable + 1, 0x01)
    b.powerButton()
    expect(b.in32(pm1Status)).toBe(0x0100_0100)
    b.out8(pm1Status, 0xff)
    expect(b.in8(pm1Status + 1)).toBe(0x01)
    b.out8(pm1Status + 1, 0x01)
    expect(b.in8(pm1Status + 1)).toBe(0x00)
  })

  test('enable bits without a source do not stick', () => {
    b.out16(pm1Enable, 0xffff)
    expect(b.in16(pm1Enable)).toBe(0x0521)
  })

  test('SLP_EN with the S5 type powers off; with another type, or without SLP_EN, it does not', () => {
    b.out16(pm1Control, 5 << 10)
    b.out16(pm1Control, (1 << 10) | (1 << 13))
    expect(b.offs).toBe(0)
    b.out16(pm1Control, (5 << 10) | (1 << 13))
    expect(b.offs).toBe(1)
    expect(b.in16(pm1Control)).toBe((5 << 10) | 1) // SLP_EN reads 0
  })

  test('of the general-purpose events only the first has a source: what enables the others does not stick', () => {
    b.out32(0x620, 0xffff_ffff)
    expect(b.in32(0x620)).toBe(0x0001_0000)
  })
})

describe('power management timer', () => {
  test('3.579545 MHz, 24 bits', () => {
    b.pass(1_000_000_000)
    expect(b.in32(timer)).toBe(3_579_545)
    b.pass(4_000_000_000)
    expect(b.in32(timer)).toBe((5 * 3_579_545) % 2 ** 24)
  })

  test('it is read-only, and bytes of it can be read', () => {
    b.pass(1_000_000_000)
    b.out32(timer, 0)
    expect(b.in8(timer + 1)).toBe((3_579_545 >> 8) & 0xff)
    expect(b.in16(timer)).toBe(3_579_545 & 0xffff)
  })

  test('TMR_STS is set when the top bit changes, and raises the SCI when enabled', () => {
    const half = (2 ** 23 * 1e9) / 3_579_545 // 2.3435 s
    b.pass(Math.floor(half) - 1000)
    expect(b.in16(pm1Status)).toBe(0)
    b.pass(2000)
    expect(b.in16(pm1Status)).toBe(1)
    expect(b.ticks).toBe(0)
    b.out16(pm1Status, 1)
    b.out16(pm1Enable, 1)
    b.pass(Math.floor(half))
    expect(b.ticks).toBe(1)
    expect(b.messages.length).toBe(1)
    b.pass(Math.floor(10 * half))
    expect(b.ticks).toBe(1) // nobody cleared the status
  })
})

describe('reset', () => {
  test('CF9h: on the rising edge of RST_CPU', () => {
    b.out8(0xcf9, 0x02)
    expect(b.in8(0xcf9)).toBe(0x02)
    expect(b.resets).toEqual([])
    b.out8(0xcf9, 0x06)
    expect(b.resets).toEqual([resetControl])
  })

  test('the ACPI reset register is one write of 06h to CF9h', () => {
    b.out8(0xcf9, 0x06)
    expect(b.resets).toEqual([resetControl])
  })

  test('keyboard controller: FEh, or any pulse of output bit 0', () => {
    b.out8(0x64, 0xff)
    expect(b.resets).toEqual([])
    b.out8(0x64, 0xfe)
    b.out8(0x64, 0xf0)
    expect(b.resets).toEqual([keyboardController, keyboardController])
  })

  test('keyboard controller: the output port with bit 0 clear', () => {
    b.out8(0x64, 0xd1)
    b.out8(0x60, 0x03)
    expect(b.resets).toEqual([])
    b.out8(0x64, 0xd1)
    b.out8(0x60, 0x02)
    expect(b.resets).toEqual([keyboardController])
  })

  test('port 92h bit 0; A20 alone does not reset', () => {
    expect(b.in8(0x92)).toBe(0x02)
    b.out8(0x92, 0x00)
    b.out8(0x92, 0x02)
    expect(b.resets).toEqual([])
    b.out8(0x92, 0x03)
    expect(b.resets).toEqual([fastReset])
  })
})
