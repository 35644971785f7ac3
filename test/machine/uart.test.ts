/** COM1 against the National Semiconductor PC16550D data sheet and what Linux's 8250 driver tests for. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'

const [data, ier, iir, fcr, lcr, mcr, lsr, msr, scr] = [0x3f8, 0x3f9, 0x3fa, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff]
const irq4 = 0x10
const characterTime = 86_805 // 10 bits at 115200 bit/s, in nanoseconds

let b: Bench
beforeAll(async () => {
  b = await bench()
})
beforeEach(() => b.reset())

/** True while line 4 is asserted, as the master 8259's IRR shows for an edge that nobody took. */
function line4(): boolean {
  b.out8(0x20, 0x0a)
  return (b.in8(0x20) & irq4) !== 0
}

describe('registers', () => {
  test('reset state (table III)', () => {
    expect(b.in8(ier)).toBe(0)
    expect(b.in8(iir)).toBe(0x01)
    expect(b.in8(lcr)).toBe(0)
    expect(b.in8(mcr)).toBe(0)
    expect(b.in8(lsr)).toBe(0x60)
    expect(b.in8(msr) & 0x0f).toBe(0)
  })

  test('the scratch register keeps its value and disturbs nothing', () => {
    b.out8(scr, 0xa5)
    expect(b.in8(scr)).toBe(0xa5)
    expect(b.in8(iir)).toBe(0x01)
  })

  test('DLAB selects the divisor latch in place of RBR/THR and IER', () => {
    b.out8(ier, 0x05)
    b.out8(lcr, 0x83)
    b.out8(data, 0x34)
    b.out8(ier, 0x12)
    expect(b.in8(data)).toBe(0x34)
    expect(b.in8(ier)).toBe(0x12)
    b.out8(lcr, 0x03)
    expect(b.in8(ier)).toBe(0x05)
    expect(b.output).toEqual([])
  })

  test('IER and MCR keep only the bits that a 16550A has: Linux tells an XScale by bit 6', () => {
    b.out8(ier, 0xff)
    expect(b.in8(ier)).toBe(0x0f)
    b.out8(mcr, 0xff)
    expect(b.in8(mcr)).toBe(0x1f)
  })

  test('IIR bits 7 and 6 say that the FIFOs are on; bit 5 (16750) never', () => {
    expect(b.in8(iir) & 0xe0).toBe(0)
    b.out8(fcr, 0x21)
    expect(b.in8(iir) & 0xe0).toBe(0xc0)
  })
})

describe('transmitter', () => {
  test('what is written is at the far end at once, and the transmitter is empty again', () => {
    for (const byte of Buffer.from('hello')) b.out8(data, byte)
    expect(Buffer.from(b.output).toString()).toBe('hello')
    expect(b.in8(lsr)).toBe(0x60)
  })

  test("Linux's THRE test: enabling the interrupt raises it each time, reading IIR clears it", () => {
    b.out8(ier, 0x02)
    expect(b.in8(iir)).toBe(0x02)
    expect(b.in8(iir)).toBe(0x01)
    b.out8(ier, 0x00)
    b.out8(ier, 0x02)
    expect(b.in8(iir)).toBe(0x02)
  })

  test('writing a character raises it again; IIR of another source does not clear it', () => {
    b.out8(ier, 0x03)
    b.in8(iir)
    b.out8(data, 0x41)
    b.serialInput('x')
    expect(b.in8(iir)).toBe(0x04)
    expect(b.in8(data)).toBe(0x78)
    expect(b.in8(iir)).toBe(0x02)
    expect(b.in8(iir)).toBe(0x01)
  })

  test('the interrupt line needs OUT2', () => {
    b.out8(ier, 0x02)
    expect(line4()).toBe(false)
    b.out8(mcr, 0x08)
    expect(line4()).toBe(true)
    b.in8(iir)
    expect(line4()).toBe(false)
  })
})

describe('receiver', () => {
  test('in loopback a character interrupts as the data sheet has it', () => {
    b.out8(mcr, 0x18)
    b.out8(ier, 0x01)
    b.out8(data, 0x42)
    expect(line4()).toBe(true)
    expect(b.in8(data)).toBe(0x42)
    expect(line4()).toBe(false)
  })

  test('without FIFOs one character is taken; the rest waits at the far end', () => {
    b.serialInput('abc')
    expect(b.input.length).toBe(2)
    expect(b.in8(lsr) & 0x01).toBe(1)
    expect([b.in8(data), b.in8(data), b.in8(data)]).toEqual([0x61, 0x62, 0x63])
    expect(b.in8(lsr) & 0x01).toBe(0)
  })

  test('with FIFOs sixteen are taken and none is lost', () => {
    b.out8(fcr, 0x01)
    const text = 'the quick brown fox jumps over the lazy dog'
    b.serialInput(text)
    expect(b.input.length).toBe(text.length - 16)
    let seen = ''
    while (b.in8(lsr) & 1) seen += String.fromCharCode(b.in8(data))
    expect(seen).toBe(text)
  })

  test.each([[0x01, 1], [0x41, 4], [0x81, 8], [0xc1, 14]])('FCR %i: the interrupt comes at %i characters', (control, level) => {
    b.out8(fcr, control)
    b.out8(ier, 0x01)
    for (let count = 1; count < level; count++) {
      b.serialInput('.')
      expect(b.in8(iir)).toBe(0xc1)
    }
    b.serialInput('.')
    expect(b.in8(iir)).toBe(0xc4)
    b.in8(data)
    expect(b.in8(iir)).toBe(0xc1)
  })

  test('character timeout: four character times after the last one came or was read', () => {
    b.out8(lcr, 0x03) // 8N1
    b.out8(fcr, 0x81)
    b.out8(ier, 0x01)
    b.serialInput('ab')
    b.pass(4 * characterTime - 1000)
    expect(b.in8(iir)).toBe(0xc1)
    b.pass(2000)
    expect(b.in8(iir)).toBe(0xcc)
    b.in8(data)
    b.pass(4 * characterTime - 1000)
    expect(b.in8(iir)).toBe(0xc1)
    b.pass(2000)
    expect(b.in8(iir)).toBe(0xcc)
    b.in8(data)
    expect(b.in8(iir)).toBe(0xc1)
    b.pass(1_000_000_000)
    expect(b.in8(iir)).toBe(0xc1)
  })

  test('the timeout follows the divisor and the character length', () => {
    b.out8(lcr, 0x83)
    b.out8(data, 12) // 9600 bit/s
    b.out8(ier, 0)
    b.out8(lcr, 0x1f) // 8 bits, even parity, 2 stop bits: 12 bits
    b.out8(fcr, 0x81)
    b.out8(ier, 0x01)
    b.serialInput('a')
    b.pass(4_990_000) // 4 × 12 ÷ 9600 s = 5 ms
    expect(b.in8(iir)).toBe(0xc1)
    b.pass(20_000)
    expect(b.in8(iir)).toBe(0xcc)
  })

  test('resetting the receiver FIFO drops what is in it', () => {
    b.out8(fcr, 0x01)
    b.serialInput('abc')
    b.out8(fcr, 0x03)
    expect(b.in8(lsr)).toBe(0x60)
  })
})

describe('loopback and modem lines', () => {
  test('the terminal is there: CTS, DSR and DCD', () => {
    expect(b.in8(msr) & 0xf0).toBe(0xb0)
  })

  test("Linux's probe: LOOP, OUT2 and RTS read back as DCD and CTS", () => {
    b.out8(mcr, 0x1a)
    expect(b.in8(msr) & 0xf0).toBe(0x90)
  })

  test.each([[0x01, 0x20], [0x02, 0x10], [0x04, 0x40], [0x08, 0x80]])('in loopback MCR %i is MSR %i', (output, input) => {
    b.out8(mcr, 0x10 | output)
    expect(b.in8(msr) & 0xf0).toBe(input)
  })

  test('changes set the delta bits and the modem status interrupt; reading MSR clears both', () => {
    b.out8(ier, 0x08)
    b.out8(mcr, 0x10)
    expect(b.in8(msr)).toBe(0x0b) // CTS, DSR and DCD fell
    b.out8(mcr, 0x14)
    expect(b.in8(msr)).toBe(0x40) // RI rising is no trailing edge
    expect(b.in8(iir)).toBe(0x01)
    b.out8(mcr, 0x10)
    expect(b.in8(iir)).toBe(0x00)
    expect(b.in8(msr)).toBe(0x04)
    expect(b.in8(iir)).toBe(0x01)
  })

  test('what is transmitted is received, and nothing leaves', () => {
    b.out8(fcr, 0x01)
    b.out8(mcr, 0x10)
    b.serialInput('outside')
    for (const byte of [1, 2, 3]) b.out8(data, byte)
    expect([b.in8(data), b.in8(data), b.in8(data)]).toEqual([1, 2, 3])
    expect(b.in8(lsr) & 1).toBe(0)
    expect(b.output).toEqual([])
    b.out8(mcr, 0x00)
    expect(b.in8(data)).toBe(0x6f)
  })

  test('overrun: the FIFO keeps the old characters, the 16450 mode the new one; LSR reports it once', () => {
    b.out8(ier, 0x04)
    b.out8(mcr, 0x10)
    b.out8(data, 1)
    b.out8(data, 2)
    expect(b.in8(iir)).toBe(0x06)
    expect(b.in8(lsr) & 0x1f).toBe(0x03)
    expect(b.in8(lsr) & 0x1f).toBe(0x01)
    expect(b.in8(iir)).toBe(0x01)
    expect(b.in8(data)).toBe(2)
    b.out8(fcr, 0x01)
    for (let character = 0; character < 17; character++) b.out8(data, character)
    expect(b.in8(lsr) & 0x02).toBe(0x02)
    for (let character = 0; character < 16; character++) expect(b.in8(data)).toBe(character)
    expect(b.in8(lsr) & 0x01).toBe(0)
  })

  test('a break is a zero character with BI, and bit 7 says that the FIFO holds an error', () => {
    b.out8(fcr, 0x01)
    b.out8(mcr, 0x10)
    b.out8(data, 0x55)
    b.out8(lcr, 0x43)
    expect(b.in8(lsr)).toBe(0xe1) // the error is not that of the character on top
    expect(b.in8(data)).toBe(0x55)
    expect(b.in8(lsr)).toBe(0xf1)
    expect(b.in8(lsr)).toBe(0x61)
    expect(b.in8(data)).toBe(0)
  })

  test('priority: line status, received data, transmitter, modem status (table IV)', () => {
    b.out8(ier, 0x0f)
    b.out8(mcr, 0x10)
    b.out8(data, 1)
    b.out8(data, 2)
    const order = [b.in8(iir)]
    b.in8(lsr)
    order.push(b.in8(iir))
    b.in8(data)
    order.push(b.in8(iir), b.in8(iir))
    b.in8(msr)
    order.push(b.in8(iir))
    expect(order).toEqual([0x06, 0x04, 0x02, 0x00, 0x01])
  })
})

test('COM2 to COM4 are absent', () => {
  for (const base of [0x2f8, 0x3e8, 0x2e8]) expect(b.in8(base + 5)).toBe(0xff)
})

test('reading LSR asks for no clock and no deadline', () => {
  const arms = b.arms
  for (let count = 0; count < 100; count++) b.in8(lsr)
  expect(b.arms).toBe(arms)
})
