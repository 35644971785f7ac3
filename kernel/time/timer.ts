/** The host's one-shot timer, in TSC ticks. */
import { armTimer } from '../interrupts/localapic'
import { apicFrequency, apicMultiplier } from './calibrate'
import * as hw from '../hw'

/** Asks for an interrupt after `ticks` of the TSC; a longer time than the timer can count ends early. */
export function interruptAfter(ticks: u64): void {
  armTimer(<u32>min(hw.multiplyShift(ticks, apicMultiplier, 32), <u64>u32.MAX_VALUE))
}

/** 10 ms of the local APIC timer's clock: how often a sandbox call that does not return is looked at. */
export function watchdogPeriod(): u32 { return <u32>(apicFrequency / 100) }
