/** A local APIC's modes, and x2APIC mode. Intel SDM vol. 3, 11.12. */
import { describe, expect, it } from 'vitest'
import { Evaluate, TimerChanged, Ipi, Base, Fault, X2Apic, a, enable, rdmsr, wrmsr, deadline, useApic } from './apic'

useApic()

describe('IA32_APIC_BASE (11.12.5)', () => {
  it('goes from mode to mode as figure 11-27 allows', () => {
    expect(a.isMemoryMapped(0)).toBe(1)
    expect(a.writeBase(0, 0xFEE0_0400n)).toBe(Fault) // EXTD without EN
    expect(a.writeBase(0, X2Apic) & Base).toBe(Base)
    expect([a.isMemoryMapped(0), a.base(0)]).toEqual([0, 0xFEE0_0D00n])
    expect(a.writeBase(0, 0xFEE0_0800n)).toBe(Fault) // x2APIC to xAPIC
    expect(a.writeBase(0, 0xFEE0_0000n) & Base).toBe(Base)
    expect(a.isMemoryMapped(0)).toBe(0)
    expect(a.writeBase(0, X2Apic)).toBe(Fault) // disabled to x2APIC
    expect(a.writeBase(0, 0xFEE0_0800n) & Base).toBe(Base)
    expect(a.base(0)).toBe(0xFEE0_0900n)
  })

  it('refuses reserved bits and addresses beyond the guest\'s', () => {
    for (const value of [0xFEE0_0801n, 0xFEE0_0A00n, 1n << 40n | 0x800n, 1n << 63n]) expect(a.writeBase(0, value)).toBe(Fault)
    expect(a.writeBase(0, 0xF_FEE0_0800n) & Fault).toBe(0)
    expect(a.base(0)).toBe(0xF_FEE0_0900n)
  })

  it('forgets all when disabled', () => {
    enable()
    a.accept(0, 0x40, 0)
    a.writeBase(0, 0xFEE0_0000n)
    expect([a.pending(0), a.accept(0, 0x41, 0)]).toEqual([-1, 0])
  })
})

describe('x2APIC (11.12)', () => {
  const enter = (index = 0) => {
    a.writeBase(index, X2Apic)
    wrmsr(0x80F, 0x1FFn, 0n, index)
  }

  it('has no MSRs in the other modes', () => {
    expect([rdmsr(0x802), wrmsr(0x80B, 0n)]).toEqual(['fault', Fault])
  })

  it('identifies itself with 32 bits, and derives the logical id', () => {
    a.start(0x1_2345, 0)
    enter()
    expect(rdmsr(0x802)).toBe(0x1_2345n)
    expect(rdmsr(0x80D)).toBe(BigInt((0x1_2345 >>> 4 & 0xFFFF) * 0x1_0000 + (1 << 5)))
    expect(rdmsr(0x803)).toBe(0x5_0014n)
  })

  it('has the MSRs of table 11-6 and no others', () => {
    enter()
    const readable = new Set([0x802, 0x803, 0x808, 0x80A, 0x80D, 0x80F, 0x828, 0x830, 0x832, 0x833, 0x834, 0x835, 0x836, 0x837, 0x838, 0x839, 0x83E])
    for (let n = 0x810; n < 0x828; n++) readable.add(n)
    const writable = new Set([0x808, 0x80B, 0x80F, 0x828, 0x832, 0x833, 0x834, 0x835, 0x836, 0x837, 0x838, 0x83E])
    for (let msr = 0x800; msr < 0x900; msr++) {
      expect([msr.toString(16), rdmsr(msr) !== 'fault']).toEqual([msr.toString(16), readable.has(msr)])
      if (msr === 0x830 || msr === 0x83F) continue // those send
      expect([msr.toString(16), wrmsr(msr, 0n) !== Fault]).toEqual([msr.toString(16), writable.has(msr)])
    }
  })

  it('refuses reserved bits', () => {
    enter()
    const cases: [number, bigint][] = [
      [0x808, 0x100n], [0x80B, 1n], [0x80F, 0x1400n], [0x828, 1n], [0x832, 0x8_0000n], [0x832, 0x100n], [0x835, 0x2_0000n], [0x837, 0x400n],
      [0x838, 1n << 32n], [0x83E, 4n], [0x83F, 0x100n], [0x830, 0x10_0000n], [0x830, 0x1_0000n], [0x830, 0x2000n],
    ]
    for (const [msr, value] of cases) expect([msr.toString(16), wrmsr(msr, value)]).toEqual([msr.toString(16), Fault])
  })

  it('sends with 32-bit destinations', () => {
    a.start(0xF0, 0)
    for (let n = 0; n < 8; n++) enter(n)
    const targets = (value: bigint) => { expect(wrmsr(0x830, value)).toBe(Ipi); return Number(a.targets(8, 0, a.command(0))) }
    expect(targets(0xF3n << 32n | 0x40n)).toBe(1 << 3)
    expect(targets(0xFFn << 32n | 0x40n)).toBe(0) // 255 is an id like any other
    expect(targets(0xFFFF_FFFFn << 32n | 0x40n)).toBe(0xFF)
    expect(targets(0x000F_0006n << 32n | 0x840n)).toBe(0b110)
    expect(targets(0x0010_0006n << 32n | 0x840n)).toBe(0)
    expect(rdmsr(0x830)).toBe(0x0010_0006_0000_0840n)
    expect(wrmsr(0x83F, 0x77n)).toBe(Evaluate)
    expect(a.pending(0)).toBe(0x77)
    expect(wrmsr(0x830, 0x4_0078n)).toBe(Evaluate)
    expect(a.take(0)).toBe(0x78)
    expect(wrmsr(0x80B, 0n)).toBe(Evaluate)
  })

  it('runs the same timer', () => {
    enter()
    wrmsr(0x832, 0x40n)
    wrmsr(0x83E, 0xBn)
    expect(wrmsr(0x838, 100n, 5n)).toBe(TimerChanged)
    expect([deadline(), rdmsr(0x839, 55n)]).toEqual([105n, 50n])
  })

  it('keeps what waits when it is entered, and its logical id over INIT', () => {
    a.start(0x21, 0)
    enable()
    a.accept(0, 0x40, 0)
    enter()
    expect(a.pending(0)).toBe(0x40)
    a.initialize(0)
    expect([rdmsr(0x802), rdmsr(0x80D)]).toEqual([0x21n, 0x2_0002n])
  })
})
