/** Calibration on a machine with the clocks that a test gives it. */
import { AcpiTable } from '../../kernel/firmware/acpi'
import { fixedHardware, FadtFlag, pmTimer } from '../../kernel/firmware/fadt'
import { AddressSpace } from '../../kernel/firmware/genericaddress'
import { readHpet } from '../../kernel/firmware/hpet'
import { initializeLocalApic } from '../../kernel/interrupts/localapic'
import { apicFrequency as apic, calibrate as measure, reference as against, tscFrequency as tsc } from '../../kernel/time/calibrate'

const table = changetype<AcpiTable>(memory.data(64, 8))

/** Zero stands for a clock that is not there. */
export function calibrate(hpetTable: u64, timerPort: u64, timerBits: u32): bool {
  table.hpa = hpetTable
  table.length = 56
  readHpet(hpetTable == 0 ? null : table)
  const register = pmTimer()
  register.space = timerPort == 0 ? AddressSpace.None : AddressSpace.Port
  register.bits = 32
  register.address = timerPort
  fixedHardware().flags = timerBits == 32 ? FadtFlag.TimerExtended : 0
  initializeLocalApic()
  return measure()
}
export function tscFrequency(): u64 { return tsc }
export function apicFrequency(): u64 { return apic }
export function reference(): usize { return changetype<usize>(against) }
