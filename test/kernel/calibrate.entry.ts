/** Calibration on a machine with the clocks that a test gives it. */
import { RegisterSpace } from '../../capability/firmware'
import { acpi } from '../../kernel/firmware/acpi'
import { initializeLocalApic } from '../../kernel/interrupts/localapic'
import { apicFrequency as apic, calibrate as measure, reference as against, tscFrequency as tsc } from '../../kernel/time/calibrate'

/** Zero stands for a clock that is not there. */
export function calibrate(hpetAddress: u64, timerPort: u64, timerBits: u32): bool {
  acpi().hpetAddress = hpetAddress
  const register = acpi().pmTimer
  register.space = timerPort == 0 ? RegisterSpace.None : RegisterSpace.Port
  register.bits = timerBits
  register.address = timerPort
  initializeLocalApic(0)
  return measure()
}
export function tscFrequency(): u64 { return tsc }
export function apicFrequency(): u64 { return apic }
export function reference(): usize { return changetype<usize>(against) }
