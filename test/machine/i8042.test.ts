/** The keyboard controller as Linux's i8042 driver and boot loaders talk to it, with nothing plugged in. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'

let b: Bench
beforeAll(async () => {
  b = await bench()
})
beforeEach(() => b.reset())

const full = (): boolean => (b.in8(0x64) & 0x01) !== 0
const command = (value: number, parameter?: number): void => {
  b.out8(0x64, value)
  if (parameter !== undefined) b.out8(0x60, parameter)
}
const reply = (): number => {
  expect(full()).toBe(true)
  const value = b.in8(0x60)
  expect(full()).toBe(false)
  return value
}
const line1 = (): boolean => (b.out8(0x20, 0x0a), (b.in8(0x20) & 0x02) !== 0)

test('the input buffer is never full, the keyboard never locked', () => {
  expect(b.in8(0x64) & 0x13).toBe(0x10)
})

test('self-test, keyboard interface test', () => {
  command(0xaa)
  expect(reply()).toBe(0x55)
  expect(b.in8(0x64) & 0x04).toBe(0x04)
  command(0xab)
  expect(reply()).toBe(0x00)
})

test('the command byte reads back what was written; so does the rest of the RAM', () => {
  command(0x60, 0x65)
  command(0x20)
  expect(reply()).toBe(0x65)
  command(0x7f, 0x12)
  command(0x3f)
  expect(reply()).toBe(0x12)
})

test('enabling and disabling the interfaces shows in the command byte', () => {
  command(0x60, 0x00)
  command(0xad)
  command(0xa7)
  command(0x20)
  expect(reply()).toBe(0x30)
  command(0xae)
  command(0xa8)
  command(0x20)
  expect(reply()).toBe(0x00)
})

test('Linux finds no auxiliary port at once: the loop test is not auxiliary data, the interface test fails', () => {
  command(0xd3, 0x5a)
  expect(b.in8(0x64) & 0x21).toBe(0x01)
  b.in8(0x60)
  command(0xa9)
  expect([0x00, 0xfa, 0xff]).not.toContain(reply())
})

test('a byte to the keyboard is answered at once: resend, timeout', () => {
  command(0x60, 0x01)
  b.out8(0x60, 0xf2)
  expect(b.in8(0x64) & 0x41).toBe(0x41)
  expect(line1()).toBe(true)
  expect(b.in8(0x60)).toBe(0xfe)
  expect(b.in8(0x64) & 0x41).toBe(0)
  expect(line1()).toBe(false)
})

test('a byte to the auxiliary device is answered the same', () => {
  command(0xd4, 0xf2)
  expect(b.in8(0x64) & 0x41).toBe(0x41)
  expect(b.in8(0x60)).toBe(0xfe)
})

test('the interrupt follows the output buffer and the command byte', () => {
  command(0x60, 0x00)
  command(0xaa)
  expect(line1()).toBe(false)
  command(0x60, 0x01)
  expect(line1()).toBe(true)
  b.in8(0x60)
  expect(line1()).toBe(false)
})

test('A20 by the output port, as boot loaders do it', () => {
  command(0xd0)
  expect(reply() & 0x03).toBe(0x03)
  command(0xd1, 0xdd)
  command(0xd0)
  expect(reply() & 0x03).toBe(0x01)
  command(0xd1, 0xdf)
  command(0xd0)
  expect(reply() & 0x03).toBe(0x03)
  expect(b.resets).toEqual([])
})

test('bit 3 of the status tells a command from data', () => {
  b.out8(0x64, 0xae)
  expect(b.in8(0x64) & 0x08).toBe(0x08)
  b.out8(0x60, 0xf4)
  expect(b.in8(0x64) & 0x08).toBe(0)
})
