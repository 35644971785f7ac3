/** The local APIC's registers, errors and pins, and what any guest may write. Intel SDM vol. 3, chapter 11. */
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  Id, Version, Tpr, Ppr, Eoi, Ldr, Dfr, Svr, Isr, Tmr, Irr, Esr, IcrLow, IcrHigh, Timer, Thermal, Performance, Lint0, Lint1, ErrorEntry,
  InitialCount, CurrentCount, Divide, Masked, None, Evaluate, Nmi, Never, a, read, write, enable, wrmsr, deadline, useApic,
} from './apic'

useApic()

describe('after power-up (11.4.7.1)', () => {
  it('has the manual\'s values', () => {
    a.start(5, 0)
    expect(read(Id)).toBe(0x0500_0000)
    expect(read(Version) & 0xFF).toBe(0x14)
    expect(read(Version) >> 16 & 0xFF).toBe(5)
    expect(read(Dfr)).toBe(0xFFFF_FFFF)
    expect(read(Svr)).toBe(0xFF)
    for (const offset of [Timer, Thermal, Performance, Lint0, Lint1, ErrorEntry]) expect(read(offset)).toBe(Masked)
    for (const offset of [Tpr, Ppr, Ldr, Esr, IcrLow, IcrHigh, InitialCount, CurrentCount, Divide]) expect(read(offset)).toBe(0)
    for (let n = 0; n < 8; n++) for (const register of [Isr, Tmr, Irr]) expect(read(register + n * 16)).toBe(0)
    expect([a.base(0), a.base(1)]).toEqual([0xFEE0_0900n, 0xFEE0_0800n])
    expect([deadline(), a.pending(0), a.take(0)]).toEqual([Never, -1, -1])
  })

  it('takes no interrupts until software enables it, and masks its entries when software disables it', () => {
    expect(a.accept(0, 0x30, 0)).toBe(0)
    expect(write(Lint0, 0x700)).toBe(Evaluate)
    expect(read(Lint0)).toBe(0x1_0700)
    enable()
    expect(a.accept(0, 0x30, 0)).toBe(1)
    write(Lint0, 0x700)
    expect(read(Lint0)).toBe(0x700)
    write(Svr, 0xFF)
    expect(read(Lint0)).toBe(0x1_0700)
    expect(a.pending(0)).toBe(0x30) // what waits is held, 11.4.7.2
  })

  it('keeps id, base and pins over INIT', () => {
    enable()
    a.accept(0, 0x41, 0)
    a.setPin(0, 0, 1)
    a.initialize(0)
    expect([a.pending(0), read(Svr), a.base(0)]).toEqual([-1, 0xFF, 0xFEE0_0900n])
    enable()
    expect(write(Lint0, 0x8031)).toBe(Evaluate)
    expect(a.pending(0)).toBe(0x31)
  })
})

describe('errors (11.5.3)', () => {
  beforeEach(() => { enable() })

  it('are shown and cleared by a write to the ESR', () => {
    a.accept(0, 15, 0)
    write(IcrLow, 0x0004_0003 & ~0x4_0000) // fixed, no shorthand, vector 3
    read(0x40)
    expect(read(Esr)).toBe(0)
    write(Esr, 0)
    expect(read(Esr)).toBe(1 << 5 | 1 << 6 | 1 << 7)
    write(Esr, 0)
    expect(read(Esr)).toBe(0)
  })

  it('interrupt once until the ESR is written', () => {
    write(ErrorEntry, 0xFE)
    write(0x10, 1)
    expect(a.take(0)).toBe(0xFE)
    write(Eoi, 0)
    write(0x3F0, 1) // self-IPI is not there in xAPIC mode
    expect(a.pending(0)).toBe(-1)
    write(Esr, 0)
    write(0x290, 1)
    expect(a.pending(0)).toBe(0xFE)
  })

  it('do not run in circles when the error vector is illegal itself', () => {
    write(ErrorEntry, 5)
    write(0x10, 1)
    write(Esr, 0)
    expect(read(Esr)).toBe(1 << 6 | 1 << 7)
    expect(a.pending(0)).toBe(-1)
  })
})

describe('the register page', () => {
  it('keeps only the bits that are there', () => {
    enable()
    write(Timer, -1)
    write(Thermal, -1)
    write(Performance, -1)
    write(Lint0, -1)
    write(Lint1, -1)
    write(ErrorEntry, -1)
    expect([Timer, Thermal, Performance, Lint0, Lint1, ErrorEntry].map((offset) => read(offset))).toEqual([0x700FF, 0x107FF, 0x107FF, 0x1A7FF, 0x1A7FF, 0x100FF])
    write(Dfr, 0)
    write(Ldr, -1)
    write(Tpr, -1)
    write(Divide, -1)
    expect([Dfr, Ldr, Tpr, Divide].map((offset) => read(offset))).toEqual([0x0FFF_FFFF, 0xFF00_0000, 0xFF, 0xB])
  })

  it('does not let read-only registers be written', () => {
    a.start(3, 0)
    for (const offset of [Id, Version, Ppr, Isr, Tmr, Irr, CurrentCount]) {
      const before = read(offset)
      expect(write(offset, 0x1234_5678)).toBe(None)
      expect(read(offset)).toBe(before)
    }
    write(Esr, 0)
    expect(read(Esr)).toBe(0)
  })

  it('reads bytes of a register\'s first four, and 0 behind them', () => {
    a.start(0x12, 0)
    expect(read(Id + 3)).toBe(0x12)
    expect(read(Id + 4)).toBe(0)
    expect(read(Eoi)).toBe(0)
  })
})

describe('local interrupts (11.5.1)', () => {
  it('come from the 8259 only while LINT0 is ExtINT and unmasked, or the APIC is off', () => {
    expect(a.acceptsExtInt(0)).toBe(0)
    enable()
    write(Lint0, 0x700)
    expect(a.acceptsExtInt(0)).toBe(1)
    expect(a.setPin(0, 0, 1)).toBe(Evaluate)
    expect(a.setPin(0, 0, 1)).toBe(None)
    write(Lint0, 0x1_0700)
    expect(a.acceptsExtInt(0)).toBe(0)
    a.writeBase(0, 0xFEE0_0100n)
    expect(a.acceptsExtInt(0)).toBe(1)
  })

  it('are set up by a BIOS as virtual wires', () => {
    a.enterVirtualWire(0)
    expect([read(Svr), read(Lint0), read(Lint1), a.acceptsExtInt(0)]).toEqual([0x1FF, 0x700, 0x400, 1])
    expect(a.setPin(0, 1, 1)).toBe(Nmi)
    expect(a.setPin(0, 1, 0)).toBe(None)
    expect(a.accept(0, 0x20, 0)).toBe(1)
  })

  it('an edge interrupts once', () => {
    enable()
    write(Lint0, 0x31)
    expect(a.setPin(0, 0, 1)).toBe(Evaluate)
    expect(a.take(0)).toBe(0x31)
    write(Eoi, 0)
    expect(a.pending(0)).toBe(-1)
    a.setPin(0, 0, 0)
    expect(a.pending(0)).toBe(-1)
    a.setPin(0, 0, 1)
    expect(a.pending(0)).toBe(0x31)
  })

  it('a level interrupts again after its end while it lasts', () => {
    enable()
    write(Lint0, 0x8031)
    a.setPin(0, 0, 1)
    expect(read(Lint0)).toBe(0xC031) // remote IRR
    expect(a.take(0)).toBe(0x31)
    expect(a.pending(0)).toBe(-1)
    expect(write(Eoi, 0) & Evaluate).toBe(Evaluate)
    expect(a.take(0)).toBe(0x31)
    a.setPin(0, 0, 0)
    write(Eoi, 0)
    expect([a.pending(0), read(Lint0)]).toEqual([-1, 0x8031])
  })
})

describe('any guest', () => {
  it('can write what it likes', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 0xFFF }), fc.oneof(fc.integer(), fc.constantFrom(0, 0x1FF, 0x2_0040, 0x4_0040, 0xB)), fc.integer({ min: 0, max: 1000 }))
    fc.assert(fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      a.start(0, 0)
      let now = 0n
      for (const [kind, at, value, later] of steps) {
        now += BigInt(later)
        if (kind < 2) write(at, value, now)
        else if (kind === 2) read(at, now)
        else if (kind === 3) wrmsr(0x800 + (at & 0xFF), BigInt(value >>> 0), now)
        else if (kind === 4) a.accept(0, value & 0xFF, value & 0x100 ? 1 : 0)
        else a.writeBase(0, BigInt(value & 0xD00) | 0xFEE0_0000n)
        const waiting = a.pending(0)
        expect(waiting === -1 || waiting >= 16).toBe(true)
        if (at & 1) expect(a.take(0)).toBe(waiting)
        if (deadline() !== Never && deadline() <= now) a.expire(0, now)
        expect(deadline() > now).toBe(true)
      }
    }), { numRuns: 400, seed: 5 })
  })
})
