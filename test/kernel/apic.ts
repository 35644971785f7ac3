/** A local APIC for tests: its registers' and actions' names, and how a guest reaches it. */
import { beforeAll, beforeEach } from 'vitest'
import { instantiate } from '../sandbox'

// Offsets of Intel SDM vol. 3, table 11-1.
export const Id = 0x20, Version = 0x30, Tpr = 0x80, Ppr = 0xA0, Eoi = 0xB0, Ldr = 0xD0, Dfr = 0xE0, Svr = 0xF0
export const Isr = 0x100, Tmr = 0x180, Irr = 0x200, Esr = 0x280, IcrLow = 0x300, IcrHigh = 0x310
export const Timer = 0x320, Thermal = 0x330, Performance = 0x340, Lint0 = 0x350, Lint1 = 0x360, ErrorEntry = 0x370
export const InitialCount = 0x380, CurrentCount = 0x390, Divide = 0x3E0
export const Masked = 0x1_0000
// Action bits.
export const None = 0, Evaluate = 1, TimerChanged = 2, Ipi = 4, EndOfInterrupt = 8, Nmi = 16, Init = 32, Startup = 64, Base = 128, Fault = 0x1_0000
export const Never = 0xFFFF_FFFF_FFFF_FFFFn
export const X2Apic = 0xFEE0_0C00n

/** The module's exports. */
export let a: Record<string, any>

/** Gives every test of a file a local APIC as after power-up. */
export function useApic(): void {
  beforeAll(async () => { a = (await instantiate('test/kernel/apic.entry.ts')).exports })
  beforeEach(() => { a.start(0, 0) })
}

export const read = (offset: number, now = 0n, index = 0) => a.read(index, offset, now) >>> 0
export const write = (offset: number, value: number, now = 0n, index = 0): number => a.write(index, offset, value, now)
export const enable = (index = 0) => write(Svr, 0x1FF, 0n, index)
export const rdmsr = (msr: number, now = 0n, index = 0): bigint | 'fault' => (a.readMsr(index, msr, now) ? BigInt.asUintN(64, a.value(index)) : 'fault')
export const wrmsr = (msr: number, value: bigint, now = 0n, index = 0): number => a.writeMsr(index, msr, value, now)
export const deadline = (index = 0) => BigInt.asUintN(64, a.deadline(index))
