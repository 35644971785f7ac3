/** The 8259A pair against Intel's data sheet 231468, driven through devices that have its lines and through ELCR. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'

let b: Bench
beforeAll(async () => {
  b = await bench()
})
beforeEach(() => {
  b.reset()
  initialize()
})

/** As Linux does it: vectors 30h and 38h, everything unmasked but nothing asserted. */
function initialize(icw4 = 0x01): void {
  for (const [port, base, wiring] of [[0x20, 0x30, 0x04], [0xa0, 0x38, 0x02]]) {
    b.out8(port, 0x11)
    b.out8(port + 1, base)
    b.out8(port + 1, wiring)
    b.out8(port + 1, icw4)
    b.out8(port + 1, 0x00)
  }
}

// Devices as sources of edges: the keyboard controller (1), COM1 (4), the RTC (8).
const keyboard = {
  raise: () => {
    b.out8(0x64, 0x60)
    b.out8(0x60, 0x45)
    b.out8(0x64, 0xaa)
  },
  drop: () => b.in8(0x60),
}
const com1 = {
  raise: () => {
    b.out8(0x3fc, 0x08)
    b.out8(0x3f9, 0x00)
    b.out8(0x3f9, 0x02)
  },
  drop: () => b.out8(0x3f9, 0x00),
}
const clock = {
  raise: () => {
    b.out8(0x70, 0x0b)
    b.out8(0x71, 0x42) // PIE
    b.pass(1_000_000)
  },
  drop: () => {
    b.out8(0x70, 0x0b)
    b.out8(0x71, 0x02)
    b.out8(0x70, 0x0c)
    b.in8(0x71)
  },
}
const isr = (port = 0x20): number => (b.out8(port, 0x0b), b.in8(port))
const irr = (port = 0x20): number => (b.out8(port, 0x0a), b.in8(port))
const eoi = (port = 0x20): void => b.out8(port, 0x20)

describe('initialization', () => {
  test('the mask register reads back what OCW1 wrote; ICW1 clears it', () => {
    b.out8(0x21, 0xfb)
    b.out8(0xa1, 0x5a)
    expect(b.in8(0x21)).toBe(0xfb)
    expect(b.in8(0xa1)).toBe(0x5a)
    b.out8(0x20, 0x11)
    expect(b.in8(0x21)).toBe(0)
  })

  test('power-on leaves vectors 08h and 70h, all masked', () => {
    b.reset()
    expect(b.in8(0x21)).toBe(0xff)
    b.out8(0x21, 0xfd)
    keyboard.raise()
    expect(b.acknowledge()).toBe(0x09)
  })

  test('without ICW4 (IC4 clear) the next write is a mask', () => {
    b.out8(0x20, 0x10)
    b.out8(0x21, 0x50)
    b.out8(0x21, 0x04)
    b.out8(0x21, 0xaa)
    expect(b.in8(0x21)).toBe(0xaa)
  })

  test('a single chip (SNGL) takes no ICW3', () => {
    b.out8(0x20, 0x13)
    b.out8(0x21, 0x50)
    b.out8(0x21, 0x01)
    b.out8(0x21, 0x77)
    expect(b.in8(0x21)).toBe(0x77)
  })
})

describe('requests', () => {
  test('an edge raises INTR; the acknowledge gives the vector, drops INTR and sets ISR', () => {
    com1.raise()
    expect(b.intr).toBe(true)
    expect(irr()).toBe(0x10)
    expect(b.acknowledge()).toBe(0x34)
    expect(b.intr).toBe(false)
    expect([irr(), isr()]).toEqual([0x00, 0x10])
    eoi()
    expect(isr()).toBe(0)
    expect(b.intr).toBe(false) // the line is still high: an edge interrupts once
  })

  test('a masked request waits in IRR', () => {
    b.out8(0x21, 0x10)
    com1.raise()
    expect(b.intr).toBe(false)
    expect(irr()).toBe(0x10)
    b.out8(0x21, 0x00)
    expect(b.intr).toBe(true)
  })

  test('an edge that falls before the acknowledge gives the default vector 7, with nothing in service', () => {
    com1.raise()
    com1.drop()
    expect(b.intr).toBe(false)
    expect(b.acknowledge()).toBe(0x37)
    expect(isr()).toBe(0)
  })

  test('the highest priority goes first, and interrupts one of lower priority in service', () => {
    com1.raise()
    expect(b.acknowledge()).toBe(0x34)
    keyboard.raise()
    expect(b.intr).toBe(true)
    expect(b.acknowledge()).toBe(0x31)
    expect(isr()).toBe(0x12)
    eoi()
    expect(isr()).toBe(0x10)
  })

  test('one of lower priority waits for the EOI', () => {
    keyboard.raise()
    b.acknowledge()
    com1.raise()
    expect(b.intr).toBe(false)
    eoi()
    expect(b.intr).toBe(true)
    expect(b.acknowledge()).toBe(0x34)
  })
})

describe('cascade', () => {
  test("the slave's request comes through input 2 with the slave's vector", () => {
    clock.raise()
    expect(irr()).toBe(0x04)
    expect(b.acknowledge()).toBe(0x38)
    expect([isr(), isr(0xa0)]).toEqual([0x04, 0x01])
    eoi(0xa0)
    eoi()
    expect([isr(), isr(0xa0)]).toEqual([0, 0])
  })

  test("a slave's request that vanishes before the acknowledge takes the master's along: its default vector 7", () => {
    clock.raise()
    b.out8(0xa1, 0xff)
    expect(b.intr).toBe(false)
    expect(b.acknowledge()).toBe(0x37)
    expect(isr()).toBe(0)
  })

  test('what waits in the slave makes a new edge after the EOIs', () => {
    clock.raise()
    expect(b.acknowledge()).toBe(0x38)
    powerEvent()
    expect(b.intr).toBe(false)
    eoi(0xa0)
    eoi()
    expect(b.acknowledge()).toBe(0x39)
  })

  test('special fully nested: a higher input of the same slave interrupts; an equal or lower one does not', () => {
    initialize(0x11)
    powerEvent()
    expect(b.acknowledge()).toBe(0x39)
    clock.raise()
    expect(b.intr).toBe(true)
    expect(b.acknowledge()).toBe(0x38)
    com1.raise()
    expect(b.intr).toBe(false)
  })

  test('fully nested: a higher input of the same slave has to wait', () => {
    powerEvent()
    expect(b.acknowledge()).toBe(0x39)
    clock.raise()
    expect(b.intr).toBe(false)
  })
})

/** Asserts line 9, the SCI, by the power button. */
function powerEvent(): void {
  b.out16(0x602, 0x0100)
  b.powerButton()
}

describe('end of interrupt', () => {
  test('specific', () => {
    com1.raise()
    b.acknowledge()
    keyboard.raise()
    b.acknowledge()
    b.out8(0x20, 0x64)
    expect(isr()).toBe(0x02)
    b.out8(0x20, 0x61)
    expect(isr()).toBe(0x00)
  })

  test('automatic: nothing stays in service', () => {
    initialize(0x03)
    com1.raise()
    expect(b.acknowledge()).toBe(0x34)
    expect(isr()).toBe(0)
  })

  test('rotate on non-specific EOI makes the input served the lowest', () => {
    keyboard.raise()
    b.acknowledge()
    b.out8(0x20, 0xa0)
    keyboard.drop()
    keyboard.raise()
    com1.raise()
    expect(b.acknowledge()).toBe(0x34) // 2 is the highest now, 1 the lowest
    eoi()
    expect(b.acknowledge()).toBe(0x31)
  })

  test('rotate on specific EOI and set priority', () => {
    b.out8(0x20, 0xc3) // 3 is the lowest, 4 the highest
    keyboard.raise()
    com1.raise()
    expect(b.acknowledge()).toBe(0x34)
    b.out8(0x20, 0xe4) // ends 4 and makes it the lowest
    expect(isr()).toBe(0)
    com1.drop()
    com1.raise()
    expect(b.acknowledge()).toBe(0x31)
  })

  test('rotation in automatic EOI mode', () => {
    initialize(0x03)
    b.out8(0x20, 0x80)
    keyboard.raise()
    expect(b.acknowledge()).toBe(0x31)
    keyboard.drop()
    keyboard.raise()
    com1.raise()
    expect(b.acknowledge()).toBe(0x34)
    b.out8(0x20, 0x00)
    expect(b.acknowledge()).toBe(0x31)
  })
})

describe('modes', () => {
  test('special mask: masking the input in service lets lower ones through, and a non-specific EOI passes it over', () => {
    keyboard.raise()
    b.acknowledge()
    com1.raise()
    expect(b.intr).toBe(false)
    b.out8(0x20, 0x68)
    b.out8(0x21, 0x02)
    expect(b.intr).toBe(true)
    expect(b.acknowledge()).toBe(0x34)
    eoi()
    expect(isr()).toBe(0x02)
    eoi()
    expect(isr()).toBe(0x02)
    b.out8(0x20, 0x48)
    eoi()
    expect(isr()).toBe(0x00)
  })

  test('poll: the next read is the poll word and acknowledges', () => {
    com1.raise()
    b.out8(0x20, 0x0c)
    expect(b.in8(0x20)).toBe(0x84)
    expect(isr()).toBe(0x10)
    b.out8(0x20, 0x0c)
    expect(b.in8(0x20) & 0x80).toBe(0)
  })

  test('poll of the slave', () => {
    clock.raise()
    b.out8(0xa0, 0x0c)
    expect(b.in8(0xa0)).toBe(0x80)
    expect(isr(0xa0)).toBe(0x01)
    expect(b.intr).toBe(false)
  })
})

describe('edge/level control', () => {
  test('inputs 0, 1, 2, 8 and 13 stay edge-triggered', () => {
    b.out8(0x4d0, 0xff)
    b.out8(0x4d1, 0xff)
    expect([b.in8(0x4d0), b.in8(0x4d1)]).toEqual([0xf8, 0xde])
    b.out16(0x4d0, 0x0000)
    expect(b.in16(0x4d0)).toBe(0x0000)
  })

  test('a level interrupts again after the EOI while it lasts', () => {
    b.out8(0x4d1, 0x02)
    powerEvent()
    for (let round = 0; round < 3; round++) {
      expect(b.intr).toBe(true)
      expect(b.acknowledge()).toBe(0x39)
      eoi(0xa0)
      eoi()
    }
    b.out16(0x600, 0x0100)
    expect(b.intr).toBe(false)
    expect(irr(0xa0)).toBe(0)
  })
})

describe('FERR# (ICH9 data sheet, 13.7: coprocessor error register)', () => {
  test('is IRQ 13 until port F0h is written, and then again', () => {
    for (let time = 0; time < 2; time++) {
      b.ferr()
      expect(b.intr).toBe(true)
      expect(b.acknowledge()).toBe(0x3d)
      expect(isr(0xa0)).toBe(1 << 5)
      eoi(0xa0)
      eoi()
      b.ferr() // the same error, which the line tells of already
      expect(b.intr).toBe(false)
      b.out8(0xf0, 0)
      expect(irr(0xa0) & 1 << 5).toBe(0)
    }
  })

  test('reaches the I/O APIC\'s pin 13; port F0h is there', () => {
    b.write(0xfec00000, 0x10 + 2 * 13 + 1)
    b.write(0xfec00010, 0)
    b.write(0xfec00000, 0x10 + 2 * 13)
    b.write(0xfec00010, 0x4d)
    b.ferr()
    expect(b.messages.map(message => message.vector)).toEqual([0x4d])
    expect(b.in8(0xf0)).toBe(0xff)
    expect(b.unbacked()).toBe(0n)
  })
})
