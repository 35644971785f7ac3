import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { instantiate } from '../sandbox'

// Offsets of Intel SDM vol. 3, table 11-1.
const Id = 0x20, Version = 0x30, Tpr = 0x80, Ppr = 0xA0, Eoi = 0xB0, Ldr = 0xD0, Dfr = 0xE0, Svr = 0xF0
const Isr = 0x100, Tmr = 0x180, Irr = 0x200, Esr = 0x280, IcrLow = 0x300, IcrHigh = 0x310
const Timer = 0x320, Thermal = 0x330, Performance = 0x340, Lint0 = 0x350, Lint1 = 0x360, ErrorEntry = 0x370
const InitialCount = 0x380, CurrentCount = 0x390, Divide = 0x3E0
const Masked = 0x1_0000
// Action bits.
const None = 0, Evaluate = 1, TimerChanged = 2, Ipi = 4, EndOfInterrupt = 8, Nmi = 16, Init = 32, Startup = 64, Base = 128, Fault = 0x1_0000
const Never = 0xFFFF_FFFF_FFFF_FFFFn
const X2Apic = 0xFEE0_0C00n

let a: Record<string, any>
beforeAll(async () => { a = (await instantiate('test/kernel/apic.entry.ts')).exports })
beforeEach(() => { a.start(0, 0) })

const read = (offset: number, now = 0n, index = 0) => a.read(index, offset, now) >>> 0
const write = (offset: number, value: number, now = 0n, index = 0): number => a.write(index, offset, value, now)
const enable = (index = 0) => write(Svr, 0x1FF, 0n, index)
const rdmsr = (msr: number, now = 0n, index = 0): bigint | 'fault' => (a.readMsr(index, msr, now) ? BigInt.asUintN(64, a.value(index)) : 'fault')
const wrmsr = (msr: number, value: bigint, now = 0n, index = 0): number => a.writeMsr(index, msr, value, now)
const deadline = (index = 0) => BigInt.asUintN(64, a.deadline(index))

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

describe('IPIs (11.6)', () => {
  const Fixed = 0, Lowest = 1 << 8, NmiMode = 4 << 8, InitMode = 5 << 8, StartupMode = 6 << 8
  const Logical = 1 << 11, Assert = 1 << 14, Level = 1 << 15, Self = 1 << 18, All = 2 << 18, Others = 3 << 18
  const send = (low: number, destination = 0, index = 0) => {
    write(IcrHigh, destination << 24, 0n, index)
    return write(IcrLow, low, 0n, index)
  }
  const targets = (index = 0) => Number(a.targets(8, index, a.command(index)))
  beforeEach(() => { for (let n = 0; n < 8; n++) enable(n) })

  it('to oneself need nobody', () => {
    expect(send(Self | 0x55)).toBe(Evaluate)
    expect(a.pending(0)).toBe(0x55)
    expect(send(Self | 3)).toBe(None)
    write(Esr, 0)
    expect(read(Esr)).toBe(1 << 6)
    expect(send(Self | NmiMode)).toBe(None) // reserved for self
  })

  it('shorthands', () => {
    expect(send(All | 0x40, 0, 2)).toBe(Ipi)
    expect(targets(2)).toBe(0xFF)
    expect(send(Others | 0x40, 0, 2)).toBe(Ipi)
    expect(targets(2)).toBe(0xFB)
  })

  it('physical destinations', () => {
    expect(send(Fixed | 0x40, 3)).toBe(Ipi)
    expect(targets()).toBe(1 << 3)
    send(Fixed | 0x40, 0xFF)
    expect(targets()).toBe(0xFF)
    send(Fixed | 0x40, 9)
    expect(targets()).toBe(0)
    a.writeBase(3, 0xFEE0_0000n) // a disabled APIC hears nothing
    send(Fixed | 0x40, 3)
    expect(targets()).toBe(0)
  })

  it('logical destinations, flat', () => {
    for (let n = 0; n < 8; n++) write(Ldr, 1 << (24 + n), 0n, n)
    send(Logical | 0x40, 0b1010_0001)
    expect(targets()).toBe(0b1010_0001)
  })

  it('logical destinations, cluster', () => {
    for (let n = 0; n < 8; n++) {
      write(Dfr, 0x0FFF_FFFF, 0n, n)
      write(Ldr, (n >> 2 << 4 | 1 << (n & 3)) << 24, 0n, n)
    }
    send(Logical | 0x40, 0x15) // cluster 1, members 0 and 2
    expect(targets()).toBe(0b0101_0000)
    send(Logical | 0x40, 0xF2) // member 1 of every cluster
    expect(targets()).toBe(0b0010_0010)
    send(Logical | 0x40, 0x2F)
    expect(targets()).toBe(0)
  })

  it('lowest priority goes to the one whose priority is lowest', () => {
    for (let n = 0; n < 8; n++) write(Tpr, 0x80 - n * 0x10, 0n, n)
    a.writeBase(7, 0xFEE0_0000n)
    write(Svr, 0xFF, 0n, 6)
    send(Lowest | 0x40, 0xFF)
    expect(targets()).toBe(1 << 5)
    send(Lowest | 0x40, 2)
    expect(targets()).toBe(1 << 2)
  })

  it('modes', () => {
    send(NmiMode, 1)
    expect(a.deliver(1, a.command(0))).toBe(Nmi)
    expect(send(InitMode | Assert | Level, 1)).toBe(Ipi)
    expect(a.deliver(1, a.command(0))).toBe(Init)
    expect(send(InitMode | Level, 1)).toBe(None) // level de-assert
    send(StartupMode | 0x9A, 1)
    const action = a.deliver(1, a.command(0))
    expect([action & Startup, a.vectorOf(action)]).toEqual([Startup, 0x9A])
    for (const mode of [3, 7]) expect(send(mode << 8 | 0x40, 1)).toBe(None)
    send(Fixed | Level | Assert | 0x40, 1)
    expect(a.deliver(1, a.command(0))).toBe(Evaluate)
    expect(read(Tmr + 0x20, 0n, 1)).toBe(0) // IPIs are edge-triggered
    expect(send(Fixed | 0x0F, 1)).toBe(None)
    write(Esr, 0)
    expect(read(Esr)).toBe(1 << 5)
    expect(read(IcrLow) & 1 << 12).toBe(0)
  })

  it('messages of devices (11.11)', () => {
    const route = (address: bigint, data: number) => Number(a.targets(8, -1, a.messageCommand(address, data)))
    expect(route(0xFEE0_5000n, 0x4041)).toBe(1 << 5)
    expect(route(0xFEEF_F000n, 0x4041)).toBe(0xFF)
    for (let n = 0; n < 8; n++) write(Ldr, 1 << (24 + n), 0n, n)
    expect(route(0xFEE0_600Cn, 0x4141)).toBe(1 << 1) // logical, lowest priority
    expect(route(0xFEE0_6004n, 0x4041)).toBe(0b110)
    expect(a.deliver(2, a.messageCommand(0xFEE0_2000n, 0xC041))).toBe(Evaluate)
    expect(read(Tmr + 0x20, 0n, 2)).toBe(2) // level
    expect(a.deliver(2, a.messageCommand(0xFEE0_2000n, 0x4400))).toBe(Nmi)
  })
})

describe('the timer (11.5.4)', () => {
  beforeEach(() => { enable() })

  it.each([[0b0000, 2], [0b0001, 4], [0b0010, 8], [0b0011, 16], [0b1000, 32], [0b1001, 64], [0b1010, 128], [0b1011, 1]])('divides as value %i says', (value, by) => {
    a.start(0, 3) // 8 TSC ticks to one of the input clock
    enable()
    write(Timer, 0x40)
    write(Divide, value)
    expect(write(InitialCount, 1000, 5000n)).toBe(TimerChanged)
    expect(deadline()).toBe(5000n + 1000n * 8n * BigInt(by))
    expect(read(CurrentCount, 5000n)).toBe(1000)
    expect(read(CurrentCount, 5000n + 8n * BigInt(by) - 1n)).toBe(1000)
    expect(read(CurrentCount, 5000n + 8n * BigInt(by))).toBe(999)
    expect(read(CurrentCount, deadline() - 1n)).toBe(1)
    expect(read(CurrentCount, deadline())).toBe(0)
  })

  it('one-shot interrupts once', () => {
    write(Divide, 0xB)
    write(Timer, 0x40)
    write(InitialCount, 100, 10n)
    expect(a.expire(0, 109n)).toBe(None)
    expect(a.expire(0, 110n)).toBe(Evaluate | TimerChanged)
    expect([a.pending(0), deadline(), read(CurrentCount, 200n)]).toEqual([0x40, Never, 0])
    expect(a.expire(0, 10_000n)).toBe(None)
  })

  it('periodic goes on, and catches up at once', () => {
    write(Divide, 0xB)
    write(Timer, 0x2_0040)
    write(InitialCount, 100, 0n)
    a.expire(0, 100n)
    expect([a.take(0), deadline(), read(CurrentCount, 130n)]).toEqual([0x40, 200n, 70])
    write(Eoi, 0)
    expect(read(CurrentCount, 230n)).toBe(70) // due, and nobody called
    expect(a.expire(0, 1_000_000_000_050n)).toBe(Evaluate | TimerChanged)
    expect(deadline()).toBe(1_000_000_000_100n)
    expect(read(CurrentCount, 1_000_000_000_050n)).toBe(50)
    a.take(0)
    write(Eoi, 0)
    expect(a.pending(0)).toBe(-1)
    expect(write(InitialCount, 0, 1_000_000_000_060n)).toBe(TimerChanged)
    expect(deadline()).toBe(Never)
  })

  it('masked counts and interrupts nobody', () => {
    write(Divide, 0xB)
    write(Timer, 0x3_0040)
    write(InitialCount, 100, 0n)
    expect([deadline(), read(CurrentCount, 250n)]).toEqual([Never, 50])
    expect(write(Timer, 0x2_0040, 250n)).toBe(TimerChanged)
    expect([deadline(), a.pending(0)]).toEqual([300n, -1])
  })

  it('goes on at another pace when divided otherwise', () => {
    write(Divide, 0xB)
    write(Timer, 0x40)
    write(InitialCount, 100, 0n)
    write(Divide, 0x0, 40n)
    expect([read(CurrentCount, 40n), deadline()]).toEqual([60, 160n])
  })

  it('interrupts for what was due before it was changed', () => {
    write(Divide, 0xB)
    write(Timer, 0x40)
    write(InitialCount, 100, 0n)
    expect(write(InitialCount, 500, 150n)).toBe(Evaluate | TimerChanged)
    expect([a.pending(0), deadline()]).toEqual([0x40, 650n])
  })

  it('TSC deadline', () => {
    expect(a.writeTscDeadline(0, 1000n, 0n)).toBe(None) // not in this mode
    expect(write(Timer, 0x4_0040)).toBe(TimerChanged)
    expect(a.readTscDeadline(0, 0n)).toBe(0n)
    expect(a.writeTscDeadline(0, 1000n, 10n)).toBe(TimerChanged)
    expect([deadline(), a.readTscDeadline(0, 10n), read(CurrentCount, 10n)]).toEqual([1000n, 1000n, 0])
    expect(write(InitialCount, 5)).toBe(None)
    expect(read(InitialCount)).toBe(0)
    expect(a.expire(0, 999n)).toBe(None)
    expect(a.expire(0, 1000n)).toBe(Evaluate | TimerChanged)
    expect([a.take(0), deadline(), a.readTscDeadline(0, 1000n)]).toEqual([0x40, Never, 0n])
    write(Eoi, 0)
    expect(a.writeTscDeadline(0, 500n, 2000n)).toBe(Evaluate) // in the past
    expect([a.take(0), deadline()]).toEqual([0x40, Never])
    write(Eoi, 0)
    a.writeTscDeadline(0, 3000n, 2000n)
    expect(a.writeTscDeadline(0, 0n, 2000n)).toBe(TimerChanged) // disarmed
    expect([deadline(), a.pending(0)]).toEqual([Never, -1])
    a.writeTscDeadline(0, 3000n, 2000n)
    expect(a.writeTscDeadline(0, 9000n, 4000n)).toBe(Evaluate | TimerChanged) // the old one had come
    expect([deadline(), a.pending(0)]).toEqual([9000n, 0x40])
  })

  it('is disarmed by a change to or from TSC-deadline mode, not by one between the others', () => {
    write(Divide, 0xB)
    write(Timer, 0x40)
    write(InitialCount, 100, 0n)
    write(Timer, 0x2_0040, 10n)
    expect([read(CurrentCount, 30n), deadline()]).toEqual([70, 100n])
    write(Timer, 0x4_0040, 30n)
    expect([read(CurrentCount, 30n), deadline()]).toEqual([0, Never])
    a.writeTscDeadline(0, 1000n, 30n)
    write(Timer, 0x40, 40n)
    expect(deadline()).toBe(Never)
  })

  it('a moved TSC moves a deadline in TSC, not a count', () => {
    write(Divide, 0xB)
    write(Timer, 0x40)
    write(InitialCount, 100, 1000n)
    a.moveTime(0, -500n)
    expect([read(CurrentCount, 520n), deadline()]).toEqual([80, 600n])
    write(Timer, 0x4_0040, 520n)
    a.writeTscDeadline(0, 1000n, 520n)
    a.moveTime(0, -500n)
    expect(deadline()).toBe(1000n)
  })

  it('holds the longest period', () => {
    a.start(0, 5)
    enable()
    write(Divide, 0xA)
    write(Timer, 0x40)
    write(InitialCount, -1, 1n << 60n)
    expect(deadline()).toBe((1n << 60n) + 0xFFFF_FFFFn * 32n * 128n)
  })
})

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
