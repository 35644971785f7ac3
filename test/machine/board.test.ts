/** The board's dispatch, PCI configuration space, the debug port, deadlines, and what happens to a guest that pokes everything. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'

const never = 0xffff_ffff_ffff_ffffn
const ecam = 0xe000_0000

let b: Bench
beforeAll(async () => {
  b = await bench()
})
beforeEach(() => b.reset())

describe('PCI configuration space', () => {
  const config = (address: number): void => b.out32(0xcf8, address)

  test("Linux's test for mechanism 1", () => {
    b.out8(0xcfb, 0x01)
    const before = b.in32(0xcf8)
    config(0x8000_0000)
    expect(b.in32(0xcf8)).toBe(0x8000_0000)
    config(before)
    expect(b.in32(0xcf8)).toBe(before)
  })

  test('00:00.0 is a host bridge, by both ways and every width', () => {
    config(0x8000_0000)
    expect(b.in32(0xcfc)).toBe(0x29c0_8086)
    expect([b.in16(0xcfc), b.in16(0xcfe)]).toEqual([0x8086, 0x29c0])
    expect([0, 1, 2, 3].map(offset => b.in8(0xcfc + offset))).toEqual([0x86, 0x80, 0xc0, 0x29])
    expect(b.read(ecam)).toBe(0x29c0_8086n)
    expect(b.read(ecam + 2, 2)).toBe(0x29c0n)
    config(0x8000_0008)
    expect(b.in16(0xcfe)).toBe(0x0600)
    expect(b.read(ecam + 0x0b, 1)).toBe(0x06n)
    expect(b.read(ecam + 0x0e, 1)).toBe(0n) // header type 0, one function
  })

  test('PCIEXBAR says where configuration space is', () => {
    expect(b.read(ecam + 0x60, 8)).toBe(0xe000_0001n)
  })

  test('only the interrupt line can be written', () => {
    for (let offset = 0; offset < 0x1000; offset += 4) {
      const before = b.read(ecam + offset)
      b.write(ecam + offset, 0xffff_ffff)
      expect(b.read(ecam + offset)).toBe(offset === 0x3c ? 0xffn : before)
    }
    b.write(ecam + 0x3c, 0x0b, 1)
    config(0x8000_003c)
    expect(b.in32(0xcfc)).toBe(0x0b)
  })

  test('functions that there are not read all ones, and are no unbacked access', () => {
    for (const routing of [0x0001, 0x0008, 0x00f8, 0x0100, 0xffff]) {
      config(0x8000_0000 + routing * 0x100)
      expect(b.in32(0xcfc)).toBe(0xffff_ffff)
      expect(b.read(ecam + routing * 0x1000)).toBe(0xffff_ffffn)
    }
    expect(b.unbacked()).toBe(0n)
  })

  test('without the enable bit CONFIG_DATA answers nothing', () => {
    config(0x0000_0000)
    expect(b.in32(0xcfc)).toBe(0xffff_ffff)
  })

  test('CF9h is the reset register, not a byte of CONFIG_ADDRESS', () => {
    config(0x8000_ff00)
    expect(b.in8(0xcf9)).toBe(0)
    expect(b.in32(0xcf8)).toBe(0x8000_ff00)
  })
})

describe('debug port', () => {
  const print = (text: string): void => {
    for (const byte of Buffer.from(text, 'latin1')) b.out8(0xe9, byte)
  }

  test('reads E9h; lines go to the log', () => {
    expect(b.in8(0xe9)).toBe(0xe9)
    print('first\r\nsecond')
    expect(b.lines).toEqual(['first'])
    print(' line\n')
    expect(b.lines).toEqual(['first', 'second line'])
  })

  test('long lines are cut, and nothing unprintable gets through', () => {
    print('x'.repeat(300) + '\n' + '\u001b[2J\u0000\u00ff\n')
    expect(b.lines).toEqual(['x'.repeat(120), 'x'.repeat(120), 'x'.repeat(60), '?[2J??'])
  })
})

describe('what is not there', () => {
  test('ports read all ones and are counted once for each access', () => {
    expect(b.in8(0x2f8)).toBe(0xff)
    expect(b.in16(0x1234)).toBe(0xffff)
    expect(b.in32(0xfffe)).toBe(0xffff_ffff)
    b.out32(0x5658, 0x564d_5868)
    expect(b.unbacked()).toBe(4n)
  })

  test('addresses read all ones and ignore writes', () => {
    expect(b.read(0xfed4_0000, 8)).toBe(never)
    expect(b.read(0xf000_0000, 1)).toBe(0xffn)
    b.write(0xfed4_0000, 1)
    expect(b.unbacked()).toBe(3n)
  })

  test('port 80h is a place to write to', () => {
    b.out8(0x80, 0x55)
    expect(b.unbacked()).toBe(0n)
  })
})

describe('deadlines', () => {
  test('the clock is told only what is news', () => {
    for (const [port, value] of [[0x43, 0x34], [0x40, 0xff], [0x40, 0xff]]) b.out8(port, value)
    const arms = b.arms
    const armed = b.armed
    expect(armed).not.toBe(never)
    for (let count = 0; count < 50; count++) {
      b.in8(0x3fd)
      b.out8(0x3f8, 0x2e)
      b.in8(0x64)
      b.in32(0x608)
      b.out8(0x70, 0x00)
      b.in8(0x71)
    }
    expect(b.arms).toBe(arms)
    expect(b.armed).toBe(armed)
  })

  test('the earliest of several counts; when it is gone, the next', () => {
    b.write(0xfed0_0010, 1)
    b.write(0xfed0_0100, 4 | (20 << 9))
    b.write(0xfed0_0108, 5_000_000, 8) // 50 ms
    expect(b.armed).toBe(50_000_000n)
    for (const [port, value] of [[0x43, 0x30], [0x40, 0x9c], [0x40, 0x2e]]) b.out8(port, value) // 11932 ticks: 10 ms
    expect(b.armed).toBeGreaterThan(9_999_000n)
    expect(b.armed).toBeLessThan(10_003_000n)
    b.pass(20_000_000)
    expect(b.armed).toBe(50_000_000n)
    b.pass(40_000_000)
    expect(b.armed).toBe(never)
  })

  test('a deadline that moves behind the earliest is no news', () => {
    for (const [port, value] of [[0x43, 0x30], [0x40, 0x9c], [0x40, 0x2e]]) b.out8(port, value)
    const arms = b.arms
    b.write(0xfed0_0010, 1)
    b.write(0xfed0_0100, 4 | (20 << 9))
    for (const comparator of [5_000_000, 6_000_000, 7_000_000]) b.write(0xfed0_0108, comparator, 8)
    expect(b.arms).toBe(arms)
  })

  test('a call that comes early changes nothing', () => {
    for (const [port, value] of [[0x43, 0x30], [0x40, 0x9c], [0x40, 0x2e]]) b.out8(port, value)
    const armed = b.armed
    b.tick()
    expect(b.armed).toBe(armed)
  })
})

/** xorshift32: the same pokes on every run. */
function generator(seed: number): (limit: number) => number {
  let state = seed
  return limit => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}

describe('a hostile guest', () => {
  const sizes = [1, 2, 4, 8]

  test.each([1, 2, 3, 4])('random ports, addresses, values and times, seed %i: no trap, no hang, no deadline in the past for long', seed => {
    const next = generator(seed * 0x9e37_79b9)
    const ports = [0x20, 0x21, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x92, 0xa0, 0xa1, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x4d0, 0x600, 0x602, 0x604, 0x620, 0xcf8, 0xcfc]
    const windows = [0xfec0_0000, 0xfec0_0010, 0xfec0_0040, 0xfed0_0000, 0xfed0_0010, 0xfed0_0100, 0xfed0_0108, 0xfed0_0120, 0xe000_0000]
    for (let step = 0; step < 50_000; step++) {
      const size = sizes[next(3)]
      const port = next(4) ? ports[next(ports.length)] + next(2) : next(0x1_0000)
      const gpa = (next(8) ? windows[next(windows.length)] + 8 * next(next(2) ? 3 : 0x100) : next(0x1_0000_0000)) & ~7
      const wide = sizes[next(4)]
      const value = (BigInt(next(0x1_0000_0000)) << 32n) | BigInt(next(0x1_0000_0000))
      switch (next(8)) {
        case 0: case 1:
          b.out32(port, Number(value & 0xffff_ffffn))
          break
        case 2: case 3:
          if (size === 1) b.out8(port, Number(value & 0xffn))
          else b.out16(port, Number(value & 0xffffn))
          break
        case 4:
          b.in8(port)
          b.in16(port)
          b.in32(port)
          break
        case 5:
          b.write(gpa >>> 0, value, wide)
          break
        case 6:
          b.read(gpa >>> 0, wide)
          break
        case 7:
          if (next(2)) b.acknowledge()
          else b.endOfInterrupt(next(256))
          if (b.input.length < 100) b.serialInput([next(256)])
          if (!next(50)) b.powerButton()
      }
      b.now += BigInt(next(next(100) ? 5_000 : 2_000_000_000))
      const before = b.ticks
      while (b.armed <= b.now) {
        b.tick()
        if (b.ticks - before > 20) throw new Error(`step ${step}: the deadline stays in the past`)
      }
    }
    expect(b.ticks).toBeGreaterThan(0)
  })

  test('every port and width, read and written with a few values', () => {
    for (let port = 0; port < 0x1_0000; port++) {
      for (const value of [0, 0xffff_ffff]) {
        b.out8(port, value & 0xff)
        b.out16(port, value & 0xffff)
        b.out32(port, value >>> 0)
      }
      b.in8(port)
      b.in16(port)
      b.in32(port)
    }
    expect(b.unbacked()).toBeGreaterThan(500_000n)
  })
})
