/** The TSC and the local APIC timer, measured against clocks of a machine whose every frequency is known. */
import { beforeAll, describe, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const TSC = 2_600_000_000n
const APIC = 1_000_000_000n
const HPET = { registers: 0xFED0_0000n, frequency: 14_318_180n, period: 69_841_279n }
const PM = { port: 0x608, frequency: 3_579_545n }
const PIT = 1_193_182n
const LOCAL_APIC = 0xFEE0_0000n
const SECOND = 1_000_000_000n

/** Nanoseconds that have passed; an access to a device takes a microsecond or so. */
let now = 0n
let isHpetStill = false
let first = 0n // what the reference counters show at time 0
let latched = 0n
let isLow = true

const count = (frequency: bigint) => first + now * frequency / SECOND
function pass(nanoseconds = 700n): void { now += nanoseconds }

const hw = {
  readTsc: () => 123n + now * TSC / SECOND,
  scale: (value: bigint, multiplier: bigint, divisor: bigint) => divisor === 0n ? -1n : BigInt.asIntN(64, BigInt.asUintN(64, value) * multiplier / divisor),
  readMsr: () => LOCAL_APIC | 1n << 11n | 1n << 8n,
  writeMsr: () => {},
  load64: (hpa: bigint) => { pass(); return hpa === HPET.registers ? HPET.period << 32n : 0n },
  store64: () => pass(),
  store32: () => pass(50n),
  load32: (hpa: bigint) => {
    if (isHpetStill && hpa < LOCAL_APIC) return 0 // it is read ten million times before it is given up
    if (hpa >= LOCAL_APIC) return Number(BigInt.asIntN(32, 0xFFFF_FFFFn - now * APIC / SECOND))
    pass()
    return Number(BigInt.asIntN(32, count(HPET.frequency)))
  },
  in32: (port: number) => {
    expect(port).toBe(PM.port)
    pass()
    return Number(BigInt.asIntN(32, count(PM.frequency) & 0xFF_FFFFn))
  },
  in8: (port: number) => {
    pass()
    if (port !== 0x42) return 0
    const byte = isLow ? latched & 0xFFn : latched >> 8n
    isLow = !isLow
    return Number(byte)
  },
  out8: (port: number, value: number) => {
    pass()
    if (port === 0x43 && value === 0xB0) started = now
    if (port === 0x43 && value === 0x80) latched = 0xFFFFn - (now - started) * PIT / SECOND & 0xFFFFn
  },
}
let started = 0n

let machine: Sandbox
beforeAll(async () => { machine = await instantiate('test/kernel/calibrate.entry.ts', { imports: { hw } }) })

function calibrate(clocks: { hpet?: boolean, pm?: number }, counter = 0n, isStill = false): boolean {
  now = 0n
  isLow = true
  isHpetStill = isStill
  first = counter
  return Boolean(machine.exports.calibrate(clocks.hpet ? HPET.registers : 0n, clocks.pm ? BigInt(PM.port) : 0n, clocks.pm ?? 0))
}

function reference(): string {
  const at = machine.exports.reference()
  const length = new DataView(machine.memory.buffer).getUint32(at - 4, true)
  return Buffer.from(machine.memory.buffer, at, length).toString('utf16le')
}

/** Within 500 parts in a million: one access at each end of a hundredth of a second, and the HPET's period in whole femtoseconds. */
function expectRight(name: string): void {
  expect(reference()).toBe(name)
  for (const [measured, real] of [[machine.exports.tscFrequency(), TSC], [machine.exports.apicFrequency(), APIC]]) {
    expect(Number(measured) / Number(real)).toBeGreaterThan(0.9995)
    expect(Number(measured) / Number(real)).toBeLessThan(1.0005)
  }
}

describe('against', () => {
  test.each([0n, 0xFFFF_FF00n])('the HPET, whose counter stands at %s', counter => {
    expect(calibrate({ hpet: true, pm: 24 }, counter)).toBe(true)
    expectRight('HPET')
  })
  test.each([0n, 0xFF_FF00n])('the ACPI PM timer of 24 bits, which stands at %s', counter => {
    expect(calibrate({ pm: 24 }, counter)).toBe(true)
    expectRight('ACPI PM timer')
  })
  test('the PIT', () => {
    expect(calibrate({})).toBe(true)
    expectRight('PIT')
  })
})

test('an HPET that stands still is passed over', () => {
  expect(calibrate({ hpet: true, pm: 24 }, 0n, true)).toBe(true)
  expectRight('ACPI PM timer')
})
