/** The host's time: the TSC, in ticks and in nanoseconds since boot. */
import * as hw from '../hw'
import { tscFrequency } from './calibrate'

/** The TSC when the clock was set up. */
export let bootTsc: u64 = 0
/** Nanoseconds per tick times 2^32. */
export let multiplier: u64 = 0

export function initializeClock(): void {
  bootTsc = hw.readTsc()
  multiplier = hw.scale(1_000_000_000, <u64>1 << 32, tscFrequency)
}

export function toNanoseconds(ticks: u64): u64 { return hw.multiplyShift(ticks, multiplier, 32) }
/** Ticks, rounded up so that a deadline is never early; all ones for what is too far away to count. */
export function toTicks(nanoseconds: u64): u64 { return later(hw.scale(nanoseconds, tscFrequency, 1_000_000_000), 1) }
/** `ticks` after `time`, or the end of all time where that would wrap: a deadline far away must not become one long past. */
export function later(time: u64, ticks: u64): u64 { return time + ticks < time ? u64.MAX_VALUE : time + ticks }
/** Nanoseconds since boot. */
export function uptime(): u64 { return multiplier == 0 ? 0 : toNanoseconds(hw.readTsc() - bootTsc) }
