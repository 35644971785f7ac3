/** The I/O APIC against Intel's 82093AA data sheet 290566, and the EOI register of version 20h. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'

const base = 0xfec0_0000

let b: Bench
beforeAll(async () => {
  b = await bench()
})
beforeEach(() => b.reset())

function get(register: number): number {
  b.write(base, register)
  return Number(b.read(base + 0x10))
}
function set(register: number, value: number): void {
  b.write(base, register)
  b.write(base + 0x10, value)
}
function route(pin: number, low: number, destination = 0): void {
  set(0x11 + 2 * pin, destination << 24 >>> 0)
  set(0x10 + 2 * pin, low)
}
/** COM1's line, an ISA edge on pin 4. */
const com1 = {
  raise: () => {
    b.out8(0x3fc, 0x08)
    b.out8(0x3f9, 0x02)
  },
  drop: () => b.out8(0x3f9, 0x00),
}
/** The SCI, a level on pin 9. */
const sci = {
  raise: () => {
    b.out16(0x602, 0x0100)
    b.powerButton()
  },
  drop: () => b.out16(0x600, 0x0100),
}

describe('registers', () => {
  test('version 20h, 24 pins', () => expect(get(1)).toBe(0x0017_0020))

  test('the id is the number of vCPUs that there can be, and can be changed; the arbitration id follows', () => {
    expect(get(0)).toBe(0x0400_0000)
    set(0, 0xff00_0000)
    expect(get(0)).toBe(0x0f00_0000)
    expect(get(2)).toBe(0x0f00_0000)
  })

  test('IOREGSEL reads back', () => {
    b.write(base, 0x13)
    expect(b.read(base)).toBe(0x13n)
  })

  test('all entries are masked after power-on', () => {
    for (let pin = 0; pin < 24; pin++) {
      expect(get(0x10 + 2 * pin)).toBe(0x0001_0000)
      expect(get(0x11 + 2 * pin)).toBe(0)
    }
  })

  test('read-only and reserved bits of an entry do not stick', () => {
    route(4, 0xffff_ffff, 0xff)
    expect(get(0x18)).toBe(0x0001_afff)
    expect(get(0x19)).toBe(0xff00_0000)
  })

  test('registers that there are not read all ones', () => {
    expect(get(0x40)).toBe(0xffff_ffff)
    expect(get(0xff)).toBe(0xffff_ffff)
  })
})

describe('edges', () => {
  test('an edge sends one message with vector, mode and destination of the entry', () => {
    route(4, 0x0034, 0x02)
    com1.raise()
    expect(b.messages).toEqual([{ vector: 0x34, mode: 0, level: false, destination: 2, logical: false }])
    com1.drop()
    expect(b.messages.length).toBe(1)
    com1.raise()
    expect(b.messages.length).toBe(2)
    expect(get(0x18) & 0x4000).toBe(0)
  })

  test('logical destination, lowest priority', () => {
    route(4, 0x0934, 0x03)
    com1.raise()
    expect(b.messages).toEqual([{ vector: 0x34, mode: 1, level: false, destination: 3, logical: true }])
  })

  test('an edge that comes while the pin is masked is lost', () => {
    route(4, 0x1_0034)
    com1.raise()
    route(4, 0x0034)
    expect(b.messages).toEqual([])
  })

  test("the timer's line 0 is pin 2", () => {
    route(2, 0x30)
    route(0, 0x31)
    b.out8(0x43, 0x34)
    b.out8(0x40, 0xa9)
    b.out8(0x40, 0x04) // 1193 ticks: 1 ms
    b.messages.length = 0 // OUT rose with the mode; from here on, one for each period
    b.pass(10_500_000)
    expect(b.messages.map(message => message.vector)).toEqual(Array(10).fill(0x30))
  })

  test('polarity does not turn an idle line into an interrupt', () => {
    route(4, 0x2034)
    expect(b.messages).toEqual([])
    com1.raise()
    expect(b.messages.length).toBe(1)
  })
})

describe('levels', () => {
  test('one message until the EOI; then another while the level lasts', () => {
    route(9, 0x8039)
    sci.raise()
    expect(b.messages).toEqual([{ vector: 0x39, mode: 0, level: true, destination: 0, logical: false }])
    expect(get(0x22) & 0x4000).toBe(0x4000)
    b.endOfInterrupt(0x39)
    expect(b.messages.length).toBe(2)
    sci.drop()
    b.endOfInterrupt(0x39)
    expect(b.messages.length).toBe(2)
    expect(get(0x22) & 0x4000).toBe(0)
    sci.raise()
    expect(b.messages.length).toBe(3)
  })

  test("another vector's EOI changes nothing", () => {
    route(9, 0x8039)
    sci.raise()
    b.endOfInterrupt(0x3a)
    expect(b.messages.length).toBe(1)
  })

  test('a level that rose and fell and rose again before the EOI is not lost', () => {
    route(9, 0x8039)
    sci.raise()
    sci.drop()
    sci.raise()
    expect(b.messages.length).toBe(1)
    b.endOfInterrupt(0x39)
    expect(b.messages.length).toBe(2)
  })

  test('unmasking a pin that is asserted interrupts', () => {
    route(9, 0x1_8039)
    sci.raise()
    expect(b.messages).toEqual([])
    route(9, 0x8039)
    expect(b.messages.length).toBe(1)
  })

  test('the EOI register ends a vector too', () => {
    route(9, 0x8039)
    sci.raise()
    b.write(base + 0x40, 0x39)
    expect(b.messages.length).toBe(2)
  })

  test('making an entry edge-triggered clears remote IRR, as kernels do to end an interrupt by hand', () => {
    route(9, 0x8039)
    sci.raise()
    route(9, 0x1_0039)
    route(9, 0x8039)
    expect(b.messages.length).toBe(2)
  })

  test('an NMI by a level-triggered entry waits for no EOI', () => {
    route(9, 0x8400)
    sci.raise()
    expect(b.messages).toEqual([{ vector: 0, mode: 4, level: false, destination: 0, logical: false }])
    expect(get(0x22) & 0x4000).toBe(0)
  })
})
