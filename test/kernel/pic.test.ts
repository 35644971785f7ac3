/** Lines of PCI functions, from 8259s as their data sheet describes them to the drivers. 8259A data sheet; Intel SDM vol. 3, 11.5.1. */
import { beforeEach, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

/** The default until the TSC is measured, ticks in a microsecond. */
const MICROSECOND = 5000n
const LINT0 = 0xfee0_0350n, EOI = 0xfee0_00b0n
const MASKED = 0x10000, EXTINT = 0x700

class I8259 {
  levels = 0
  mask = 0xff
  inService = 0
  vector = 0
  wiring = 0
  endsByItself = false
  levelTriggered = 0
  private awaited = 0 // the next initialization word, 0: none

  writeCommand(value: number): void { if (value & 0x10) [this.awaited, this.mask, this.inService] = [2, 0, 0] }
  writeData(value: number): void {
    if (this.awaited === 2) this.vector = value & 0xf8
    else if (this.awaited === 3) this.wiring = value
    else if (this.awaited === 4) this.endsByItself = (value & 2) !== 0
    else this.mask = value
    this.awaited = this.awaited && this.awaited < 4 ? this.awaited + 1 : 0
  }

  get requests(): number { return this.levels & ~this.mask & 0xff }
  get interrupts(): boolean { return (this.requests & -this.requests) > 0 && (this.inService === 0 || (this.requests & -this.requests) < (this.inService & -this.inService)) }
  /** The input whose turn it is; the spurious 7 when there is none any more. */
  acknowledge(): number {
    if (!this.interrupts) return 7
    const input = 31 - Math.clz32(this.requests & -this.requests)
    if (!this.endsByItself) this.inService |= 1 << input
    return input
  }
}

let first: I8259
let second: I8259
let now: bigint
let lint0: number
let ends: number
let nucleus: Sandbox
const hw = {
  readTsc: () => now,
  readMsr: () => 0xfee0_0900n, writeMsr: () => {},
  scale: (value: bigint, multiplier: bigint, divisor: bigint) => value * multiplier / divisor,
  multiplyShift: (value: bigint, multiplier: bigint, shift: number) => value * multiplier >> BigInt(shift),
  load32: () => 0,
  store32: (address: bigint, value: number) => {
    if (address === LINT0) lint0 = value
    if (address === EOI) ends++
  },
  out8: (port: number, value: number) => {
    const chip = port & 0x80 ? second : first
    if ((port & ~0x80) !== 0x20 && (port & ~0x80) !== 0x21) throw new Error(`a write to port ${port.toString(16)}h`)
    if (port & 1) chip.writeData(value & 0xff)
    else chip.writeCommand(value & 0xff)
  },
  in8: (port: number) => {
    if (port !== 0x4d0 && port !== 0x4d1) throw new Error(`a read of port ${port.toString(16)}h`)
    return port & 1 ? second.levelTriggered : first.levelTriggered
  },
}

/** Lets interrupts in, most once; whether one came. */
function interrupt(): boolean {
  first.levels = second.interrupts ? first.levels | 4 : first.levels & ~4
  if (lint0 !== EXTINT || !first.interrupts) return false
  const input = first.acknowledge()
  expect(first.wiring).toBe(4)
  expect(second.wiring).toBe(2)
  const vector = input === 2 ? second.vector + second.acknowledge() : first.vector + input
  expect(nucleus.exports.onInterrupt(vector, 0n)).toBe(0)
  return true
}
const set = (input: number, is: boolean) => {
  const chip = input < 8 ? first : second
  chip.levels = is ? chip.levels | 1 << (input & 7) : chip.levels & ~(1 << (input & 7))
}
const fired = () => [0, 1, 2, 3, 4, 5, 6, 7].filter(device => nucleus.exports.takeFired(device))

beforeEach(async () => {
  first = new I8259()
  second = new I8259()
  first.levelTriggered = 1 << 5
  second.levelTriggered = 1 << 2 | 1 << 3
  now = 1_000_000_000n
  ends = 0
  nucleus = await instantiate('test/kernel/pic.entry.ts', { imports: { hw } })
  nucleus.exports.maskPics()
  nucleus.exports.initializeLocalApic(0)
})

test('nothing comes before there is a line, and only lines come then', () => {
  for (let input = 0; input < 16; input++) set(input, true)
  expect([lint0, interrupt()]).toEqual([MASKED, false])
  for (let input = 0; input < 16; input++) set(input, input !== 5 && input !== 11)
  expect([nucleus.exports.openLine(11, 3), nucleus.exports.openLine(5, 0)]).toEqual([1, 1])
  expect(interrupt()).toBe(false)
})

test.each([0, 1, 4, 9, 14])('an input that is triggered by edges is none for lines: %d', input => {
  expect(nucleus.exports.openLine(input, 0)).toBe(0)
  set(input, true)
  expect([lint0, interrupt()]).toEqual([MASKED, false])
})

test.each([5, 10, 11])('a line interrupts once until its driver was called, and again when it is still held down: %d', input => {
  nucleus.exports.openLine(input, 3)
  nucleus.exports.openLine(input, 6)
  for (let turn = 0; turn < 5; turn++) {
    set(input, true)
    expect([interrupt(), interrupt()]).toEqual([true, false])
    expect(fired()).toEqual([3, 6])
    expect(fired()).toEqual([])
    if (turn % 2) set(input, false)
    nucleus.exports.openLines()
    now += 60n * MICROSECOND
    nucleus.exports.openLines()
    expect([interrupt(), fired().length]).toEqual(turn % 2 ? [false, 0] : [true, 2])
    set(input, false)
    nucleus.exports.openLines()
    now += 60n * MICROSECOND
    nucleus.exports.openLines()
  }
  expect(ends).toBe(0) // of the local APIC: it has no part in them
})

test.each([[0n, 20], [50n, 10]])('a line that is held down for ever leaves 50 µs in between, when drivers take %d µs: so many in a millisecond: %d', (taken, expected) => {
  nucleus.exports.openLine(10, 0)
  set(10, true)
  let count = 0
  for (const end = now + 1000n * MICROSECOND; now < end; now += MICROSECOND) {
    if (interrupt()) {
      count++
      now += taken * MICROSECOND
    }
    nucleus.exports.openLines()
  }
  expect(Math.abs(count - expected)).toBeLessThan(2)
})

test('a spurious one calls drivers in vain, and leaves nothing in service', () => {
  nucleus.exports.openLine(5, 1)
  nucleus.exports.onInterrupt(first.vector + 7, 0n)
  expect(fired()).toEqual([1])
  nucleus.exports.openLines()
  now += 60n * MICROSECOND
  nucleus.exports.openLines()
  set(5, true)
  expect([interrupt(), fired(), first.inService, second.inService]).toEqual([true, [1], 0, 0])
})
