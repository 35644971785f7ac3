/** Which interrupt a local APIC delivers. Intel SDM vol. 3, 11.8. */
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { Tpr, Ppr, Eoi, Isr, Tmr, Irr, None, Evaluate, EndOfInterrupt, Fault, a, read, write, enable, useApic } from './apic'

useApic()

describe('priorities (11.8)', () => {
  beforeEach(() => { enable() })

  it('delivers the highest vector first and nests by class', () => {
    a.accept(0, 0x31, 0)
    a.accept(0, 0x52, 0)
    expect(a.take(0)).toBe(0x52)
    expect(read(Ppr)).toBe(0x50)
    expect(a.pending(0)).toBe(-1)
    a.accept(0, 0x5F, 0) // the same class does not interrupt
    expect(a.pending(0)).toBe(-1)
    a.accept(0, 0x60, 0)
    expect(a.take(0)).toBe(0x60)
    expect(write(Eoi, 0)).toBe(Evaluate)
    expect(read(Ppr)).toBe(0x50)
    expect(write(Eoi, 0)).toBe(Evaluate)
    expect(a.take(0)).toBe(0x5F)
    write(Eoi, 0)
    expect(a.take(0)).toBe(0x31)
    expect(write(Eoi, 0)).toBe(None)
    expect(write(Eoi, 0)).toBe(None)
  })

  it('shows what waits and what is in service', () => {
    a.accept(0, 0xEF, 1)
    expect([read(Irr + 0x70), read(Tmr + 0x70), read(Isr + 0x70)]).toEqual([0x8000, 0x8000, 0])
    a.take(0)
    expect([read(Irr + 0x70), read(Tmr + 0x70), read(Isr + 0x70)]).toEqual([0, 0x8000, 0x8000])
    a.accept(0, 0xEF, 0)
    expect([read(Irr + 0x70), read(Tmr + 0x70), read(Isr + 0x70)]).toEqual([0x8000, 0, 0x8000])
  })

  it('merges an interrupt with one that waits already', () => {
    expect(a.accept(0, 0x40, 0)).toBe(1)
    expect(a.accept(0, 0x40, 0)).toBe(0)
    a.take(0)
    expect(a.accept(0, 0x40, 0)).toBe(1)
    write(Eoi, 0)
    expect(a.take(0)).toBe(0x40)
    write(Eoi, 0)
    expect(a.pending(0)).toBe(-1)
  })

  it('holds back what is not above the task priority', () => {
    a.accept(0, 0x45, 0)
    expect(write(Tpr, 0x40)).toBe(Evaluate)
    expect([a.pending(0), read(Ppr), a.readCr8(0)]).toEqual([-1, 0x40, 4n])
    write(Tpr, 0x3F)
    expect([a.pending(0), read(Ppr)]).toEqual([0x45, 0x3F])
    a.take(0)
    expect(read(Ppr)).toBe(0x40)
    write(Tpr, 0x47) // the same class: PPR is the task priority
    expect(read(Ppr)).toBe(0x47)
    expect(a.writeCr8(0, 0x10n)).toBe(Fault)
    a.writeCr8(0, 3n)
    expect([read(Tpr), read(Ppr)]).toEqual([0x30, 0x40])
  })

  it('tells the I/O APIC the end of a level-triggered interrupt only', () => {
    a.accept(0, 0x51, 1)
    a.take(0)
    const action = write(Eoi, 0)
    expect(action & EndOfInterrupt).toBe(EndOfInterrupt)
    expect(a.vectorOf(action)).toBe(0x51)
    a.accept(0, 0x51, 0)
    a.take(0)
    expect(write(Eoi, 0)).toBe(None)
  })

  it('agrees with a plain model', () => {
    const operation = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('accept'), value: fc.integer({ min: 16, max: 255 }), level: fc.boolean() }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('take', 'eoi'), value: fc.constant(0), level: fc.constant(false) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('tpr'), value: fc.integer({ min: 0, max: 255 }), level: fc.constant(false) }) },
    )
    fc.assert(fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      a.start(0, 0)
      enable()
      const waiting = new Set<number>(), service = new Set<number>(), levels = new Set<number>()
      let tpr = 0
      for (const { kind, value, level } of operations) {
        const top = Math.max(-1, ...waiting)
        const inService = Math.max(-1, ...service)
        const ppr = Math.max(tpr >> 4, inService >> 4)
        const deliverable = top >> 4 > ppr ? top : -1
        expect(a.pending(0)).toBe(deliverable)
        if (kind === 'accept') {
          expect(a.accept(0, value, level)).toBe(waiting.has(value) ? 0 : 1)
          waiting.add(value)
          if (level) levels.add(value)
          else levels.delete(value)
        } else if (kind === 'take') {
          expect(a.take(0)).toBe(deliverable)
          if (deliverable >= 0) { waiting.delete(deliverable); service.add(deliverable) }
        } else if (kind === 'eoi') {
          const action = write(Eoi, 0)
          if (inService >= 0) {
            expect(action & EndOfInterrupt ? a.vectorOf(action) : -1).toBe(levels.has(inService) ? inService : -1)
            expect(!!(action & Evaluate)).toBe(waiting.size > 0)
          } else expect(action).toBe(None)
          service.delete(inService)
        } else {
          write(Tpr, value)
          tpr = value
        }
      }
      for (const [register, set] of [[Irr, waiting], [Isr, service], [Tmr, levels]] as const) {
        const bits = new Set<number>()
        for (let vector = 0; vector < 256; vector++) if (read(register + (vector >> 5) * 16) >>> (vector & 31) & 1) bits.add(vector)
        expect(bits).toEqual(set)
      }
    }), { numRuns: 300, seed: 3 })
  })
})
