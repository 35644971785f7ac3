/** Processors that come and go while the guest runs: the registers that the DSDT's methods use, and the event. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'

const [present, inserted, asked, ejected, reporter, event, status] = [0x640, 0x644, 0x648, 0x64c, 0x64d, 0x64e, 0x64f]
const [generalStatus, generalEnable] = [0x620, 0x622]

let b: Bench
beforeAll(async () => { b = await bench() })
beforeEach(() => {
  b.reset({ vcpus: 2n })
  for (const [register, value] of [[0x23, 0], [0x22, 0x8039]]) { // the SCI: level, vector 39h
    b.write(0xfec0_0000, register)
    b.write(0xfec0_0010, value)
  }
  b.out16(generalEnable, 1)
})

/** The administrator wants another number. */
function want(count: number): void {
  b.vcpus = BigInt(count)
  b.processors()
}

/** The method of the event: looks at both registers and clears what it has seen. */
function look(): { come: number, wanted: number } {
  b.out16(generalStatus, 1)
  b.endOfInterrupt(0x39)
  const [come, wanted] = [b.in32(inserted), b.in32(asked)]
  b.out32(inserted, come)
  b.out32(asked, wanted)
  return { come, wanted }
}

test('after power-on there are as many as the administrator wants, and nothing to look at', () => {
  expect([b.in32(present), b.in32(inserted), b.in32(asked)]).toEqual([0b11, 0, 0])
  b.reset({ vcpus: 32n })
  expect(b.in32(present)).toBe(0xffff_ffff)
  expect(b.plugs).toEqual([])
})

test('those that come are there at once, and the guest is told once', () => {
  want(4)
  expect(b.plugs).toEqual([[2, true], [3, true]])
  expect(b.messages.map(message => message.vector)).toEqual([0x39])
  expect(b.in32(present)).toBe(0b1111)
  expect(look()).toEqual({ come: 0b1100, wanted: 0 })
  expect(b.in16(generalStatus)).toBe(0)
  expect(look()).toEqual({ come: 0, wanted: 0 })
  expect(b.messages.length).toBe(1)
})

test('those that are to go are the guest\'s until it has done with them', () => {
  want(1)
  expect(look()).toEqual({ come: 0, wanted: 0b10 })
  expect(b.in32(present)).toBe(0b11)
  expect(b.plugs).toEqual([])
  b.out8(ejected, 1)
  expect(b.in32(present)).toBe(0b01)
  expect(b.plugs).toEqual([[1, false]])
})

test('a guest that did not do it is asked again when the administrator says so again', () => {
  want(1)
  look()
  want(1)
  expect(b.messages.length).toBe(2)
  expect(look()).toEqual({ come: 0, wanted: 0b10 })
})

test('what the guest has not looked at yet is taken back', () => {
  want(1)
  want(2)
  expect(look()).toEqual({ come: 0, wanted: 0 })
  expect(b.in32(present)).toBe(0b11)
})

test('the same number as there are is no event', () => {
  want(2)
  expect(b.in16(generalStatus)).toBe(0)
  expect(b.messages).toEqual([])
})

test('a guest that has not enabled the event finds it when it does', () => {
  b.out16(generalEnable, 0)
  want(3)
  expect(b.messages).toEqual([])
  expect(b.in16(generalStatus)).toBe(1)
  b.out16(generalEnable, 1)
  expect(b.messages.length).toBe(1)
  expect(look()).toEqual({ come: 0b100, wanted: 0 })
})

test('the power button and the event share the SCI: it stays up until both are cleared', () => {
  b.out16(0x602, 0x0100)
  b.powerButton()
  want(3)
  b.out16(0x600, 0x0100)
  b.endOfInterrupt(0x39)
  expect(b.messages.length).toBe(2)
  b.out16(generalStatus, 1)
  b.endOfInterrupt(0x39)
  expect(b.messages.length).toBe(2)
})

test('the boot processor cannot be given up, nor one that is not there', () => {
  for (const number of [0, 2, 31, 32, 33, 255]) b.out8(ejected, number)
  expect(b.in32(present)).toBe(0b11)
  expect(b.plugs).toEqual([])
})

test('one that the guest gave up by itself comes back when the administrator says the number again', () => {
  b.out8(ejected, 1)
  want(2)
  expect(b.plugs).toEqual([[1, false], [1, true]])
  expect(look()).toEqual({ come: 0b10, wanted: 0 })
})

test('one that is to stay after all, when the guest has begun to give it up, comes again', () => {
  want(1)
  look()
  want(2)
  b.out8(ejected, 1)
  expect(b.plugs).toEqual([[1, false], [1, true]])
  expect(b.in32(present)).toBe(0b11)
  expect(b.messages.length).toBe(2)
  expect(look()).toEqual({ come: 0b10, wanted: 0 })
})

test('one that the guest would not give up, and then does by itself, does not', () => {
  want(1)
  look()
  for (const [register, value] of [[reporter, 1], [event, 3], [status, 0x82]] as const) b.out8(register, value)
  want(2)
  b.out8(ejected, 1)
  expect(b.in32(present)).toBe(0b01)
  expect(look()).toEqual({ come: 0, wanted: 0 })
})

test('the registers of what is there do not take writes, and those that are written only read 0', () => {
  b.out32(present, 0xffff_ffff)
  expect(b.in32(present)).toBe(0b11)
  expect(b.in32(ejected)).toBe(0)
  expect(b.unbacked()).toBe(0n)
})

test.each([
  [3, 0x82, 'its guest keeps vCPU 2 (_OST status 82h)'], [3, 0x83, 'its guest keeps vCPU 2 (_OST status 83h)'], [0x103, 0x80, 'its guest keeps vCPU 2 (_OST status 80h)'],
  [1, 0x81, 'its guest does not take vCPU 2 (_OST status 81h)'],
])('what the guest could not do is told: event %i, status %i', (source, code, line) => {
  for (const [register, value] of [[reporter, 2], [event, source & 0xff], [status, code]] as const) b.out8(register, value)
  expect(b.lines).toEqual([line])
})

test.each([[3, 0], [1, 0], [3, 0x84], [1, 0x80]])('what it does is not: event %i, status %i', (source, code) => {
  for (const [register, value] of [[reporter, 2], [event, source], [status, code]] as const) b.out8(register, value)
  expect(b.lines).toEqual([])
})
