/** Clocks that are read: what each counted, and the TSC at its first and at its last reading. */
import { Fixed, fixed32 } from '../platform/acpi'
import { in32, load32, load64, readTsc, store32 } from '../platform/hw'

// HPET specification 1.0a, 2.3.1.
@inline const HpetPeriod: u64 = 0xFED00004
@inline const HpetConfiguration: u64 = 0xFED00010
@inline const HpetCounter: u64 = 0xFED000F0

let hpetBegin: u64 = 0
let hpetTsc: u64 = 0
let pmPort: u32 = 0
let pmLast: u32 = 0
let pmTsc: u64 = 0
/** Ticks of the ACPI PM timer and of the HPET, and TSC ticks meanwhile. */
export let pmTicks: u64 = 0
export let pmElapsed: u64 = 0
export let hpetTicks: u64 = 0
export let hpetElapsed: u64 = 0

/** Femtoseconds in a tick of the HPET. */
export function hpetPeriod(): u32 { return load32(HpetPeriod) }

/** First readings. */
export function startCounting(): void {
  store32(HpetConfiguration, load32(HpetConfiguration) | 1)
  hpetTsc = readTsc()
  hpetBegin = load64(HpetCounter)
  pmPort = fixed32(Fixed.PmTimerBlock)
  pmTsc = readTsc()
  pmLast = in32(pmPort)
}

/** Next readings; more often than 24 bits of the PM timer wrap, which takes 4.7 s. */
export function count(): void {
  hpetElapsed = readTsc() - hpetTsc
  hpetTicks = load64(HpetCounter) - hpetBegin
  pmElapsed = readTsc() - pmTsc
  const now = in32(pmPort)
  pmTicks += now - pmLast & 0xFFFFFF
  pmLast = now
}
