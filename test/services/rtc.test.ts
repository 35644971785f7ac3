/** The host's clock chip, read in every format that a firmware may have left it in. */
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

let registers: number[]
let index = 0
let busy = 0
let statusReads = 0
let early = false

let readRtc: () => bigint
beforeAll(async () => {
  readRtc = (await instantiate('test/services/rtc.entry.ts', { imports: { port: {
    write8: (port: number, value: number) => {
      if (port !== 0) throw new Error(`port ${port} written`)
      index = value & 0x7F
    },
    read8: (port: number) => {
      if (port !== 1) throw new Error(`port ${port} read`)
      if (index === 0x0A) {
        statusReads++
        return busy-- > 0 ? 0xA6 : 0x26
      }
      if (index < 10 && busy > 0) early = true
      return registers[index]
    },
  } } })).exports.readRtc as () => bigint
})
beforeEach(() => { busy = 0; statusReads = 0; early = false })

/** The registers as an MC146818 holds this time: binary or BCD, 24 or 12 hours with bit 7 for the afternoon. */
function set(date: Date, binary: boolean, full: boolean): void {
  const code = (value: number) => binary ? value : Math.floor(value / 10) << 4 | value % 10
  const hour = date.getUTCHours()
  const shown = full ? code(hour) : code(hour % 12 || 12) | (hour >= 12 ? 0x80 : 0)
  registers = [code(date.getUTCSeconds()), 0, code(date.getUTCMinutes()), 0, shown, 0, 1, code(date.getUTCDate()), code(date.getUTCMonth() + 1),
    code(date.getUTCFullYear() - 2000), 0x26, (binary ? 4 : 0) | (full ? 2 : 0), 0, 0x80]
}

describe.each([[true, true], [true, false], [false, true], [false, false]])('binary %s, 24 hours %s', (binary, full) => {
  test('any second of the century', () => {
    fc.assert(fc.property(fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2100, 0, 1) / 1000 - 1 }), seconds => {
      set(new Date(seconds * 1000), binary, full)
      expect(readRtc()).toBe(BigInt(seconds))
    }), { numRuns: 2000 })
  })
  test.each(['2000-02-29T00:00:00Z', '2026-01-01T12:00:00Z', '2024-12-31T23:59:59Z', '2028-03-01T00:30:00Z'])('%s', text => {
    set(new Date(text), binary, full)
    expect(readRtc()).toBe(BigInt(Date.parse(text) / 1000))
  })
})

test('waits while the chip updates itself', () => {
  set(new Date('2026-11-22T10:00:00Z'), false, true)
  busy = 50
  expect(readRtc()).toBe(BigInt(Date.parse('2026-11-22T10:00:00Z') / 1000))
  expect(statusReads).toBeGreaterThan(50)
  expect(early).toBe(false)
})

test('a chip that is not there gives 0, not a wrong date', () => {
  registers = Array(16).fill(0xFF)
  busy = Infinity
  expect(readRtc()).toBe(0n)
})
