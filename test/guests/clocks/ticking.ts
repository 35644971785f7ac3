/** Clocks that interrupt: each tick is counted, and the TSC noted at the first and at the last. */
import { readTsc } from '../platform/hw'
import { routeIsa } from '../platform/ioapic'
import { Apic, DivideBy1, endOfInterrupt, Periodic, readApic, startTimer } from '../platform/localapic'
import { startPit } from '../platform/pit'
import { readRtc, Rtc, writeRtc } from '../platform/rtc'

export namespace Vector {
  export const Pit: u32 = 0x40
  export const Rtc: u32 = 0x41
  export const ApicTimer: u32 = 0x42
}

/** Input clocks in a tick of the 8254 (about 10 ms) and of the local APIC timer. */
export const PitCount: u32 = 11932
export const ApicCount: u32 = 9999991

/** MC146818 data sheet, register B: an interrupt at the end of each update, once a second. */
const UpdateEndedInterrupt: u32 = 1 << 4

const counts: usize = memory.data(3 * 8, 8)
const firsts: usize = memory.data(3 * 8, 8)
const lasts: usize = memory.data(3 * 8, 8)

function place(vector: u32): usize { return <usize>(vector - Vector.Pit) << 3 }

/** Whole periods between the first tick and the last. */
export function periods(vector: u32): u64 { return load<u64>(counts + place(vector)) - 1 }
/** TSC ticks between them. */
export function elapsed(vector: u32): u64 { return load<u64>(lasts + place(vector)) - load<u64>(firsts + place(vector)) }
/** Ticks so far. */
export function ticks(vector: u32): u64 { return load<u64>(counts + place(vector)) }

/** Starts all three. */
export function startTicking(): void {
  routeIsa(0, Vector.Pit)
  startPit(2, PitCount)
  routeIsa(8, Vector.Rtc)
  writeRtc(Rtc.StatusB, readRtc(Rtc.StatusB) | UpdateEndedInterrupt)
  readRtc(Rtc.StatusC)
  startTimer(Vector.ApicTimer, Periodic, ApicCount, DivideBy1)
}

/** Begins to count anew with the next tick of each. */
export function forgetTicks(): void { memory.fill(counts, 0, 3 * 8) }

/**
 * QEMU's TCG now and then delivers an injected interrupt a second time, with interrupts off and none injected: helper_vmrun leaves the vector in
 * `exception_index`, and when the emulator's loop is interrupted before the next exit it takes that for an exception. The local APIC knows nothing of it.
 */
function isInService(vector: u32): bool { return (readApic(Apic.InService + (vector >> 5 << 4)) >> (vector & 31) & 1) != 0 }

/** Takes a tick; false for an interrupt that is none. */
export function tick(vector: u32): bool {
  if (vector < Vector.Pit || vector > Vector.ApicTimer) return false
  const now = readTsc()
  if (!isInService(vector)) return true
  const at = place(vector)
  if (load<u64>(counts + at) == 0) store<u64>(firsts + at, now)
  store<u64>(lasts + at, now)
  store<u64>(counts + at, load<u64>(counts + at) + 1)
  if (vector == Vector.Rtc) readRtc(Rtc.StatusC) // or it interrupts no more
  endOfInterrupt()
  return true
}
