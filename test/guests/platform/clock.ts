/** The TSC's frequency, measured against the ACPI PM timer or, without one, the 8254. */
import { Fixed, fixed32 } from './acpi'
import { in32, pause, readTsc } from './hw'
import { counter2Expired, PitFrequency, startCounter2 } from './pit'

/** ACPI 6.5 section 4.8.3.3, Hz. */
@inline export const PmTimerFrequency: u64 = 3579545

let frequency: u64 = 0

/** TSC ticks per second; measured at the first call, which takes 20 ms. */
export function tscFrequency(): u64 {
  if (frequency) return frequency
  const port = fixed32(Fixed.PmTimerBlock)
  frequency = port ? measureByPmTimer(port) : measureByPit()
  return frequency
}

function measureByPmTimer(port: u32): u64 {
  const wanted: u32 = u32(PmTimerFrequency / 50)
  let from = in32(port)
  while (in32(port) == from) pause()
  from = in32(port)
  const begin = readTsc()
  let passed: u32 = 0
  while (passed < wanted) passed = (in32(port) - from) & 0xFFFFFF // the timer may have only 24 bits
  return (readTsc() - begin) * PmTimerFrequency / passed
}

function measureByPit(): u64 {
  const count: u32 = u32(PitFrequency / 50)
  startCounter2(count)
  const begin = readTsc()
  while (!counter2Expired()) pause()
  return (readTsc() - begin) * PitFrequency / count
}

/** TSC ticks in so many microseconds. */
export function ticksOf(microseconds: u64): u64 { return tscFrequency() * microseconds / 1000000 }

/** Microseconds in so many TSC ticks. */
export function microsecondsOf(ticks: u64): u64 { return ticks / tscFrequency() * 1000000 + ticks % tscFrequency() * 1000000 / tscFrequency() }

/** Spins for so many microseconds. */
export function spinFor(microseconds: u64): void {
  const end = readTsc() + ticksOf(microseconds)
  while (readTsc() < end) pause()
}
