/** The fixed hardware: power management registers, the SCI, the reset register. ACPI specification 6.5, 5.2.9. */
import { Register, RegisterSpace } from '../../capability/firmware'
import { AcpiTable, Signature } from './acpi'
import { AddressSpace, GenericAddressBytes, readGenericAddress, setRegister } from './genericaddress'
import { load8, load16, load32, load64 } from './physical'
import { Problem, report } from './problems'
import { record } from './record'

/** Offsets in the table. */
namespace Field {
  export const Dsdt: u64 = 40
  export const SciInterrupt: u64 = 46
  export const SmiCommand: u64 = 48
  export const AcpiEnable: u64 = 52
  export const Pm1aControl: u64 = 64
  export const Pm1bControl: u64 = 68
  export const PmTimer: u64 = 76
  export const PmTimerLength: u64 = 91
  export const Century: u64 = 108
  export const BootArchitecture: u64 = 109
  export const Flags: u64 = 112
  export const Version1End: u64 = 116
  export const ResetRegister: u64 = 116
  export const ResetValue: u64 = 128
  export const ExtendedDsdt: u64 = 140
  export const ExtendedPm1aControl: u64 = 172
  export const ExtendedPm1bControl: u64 = 184
  export const ExtendedPmTimer: u64 = 208
}

/** Bits of `flags`. Table 5.10. */
export namespace FadtFlag {
  export const PowerButton: u32 = 1 << 4 // 1: there is no fixed-feature button
  export const TimerExtended: u32 = 1 << 8 // the PM timer has 32 bits, else 24
  export const ResetRegister: u32 = 1 << 10
  export const HardwareReduced: u32 = 1 << 20 // none of the fixed hardware is there
}

/** Reads the table; returns the DSDT's address, or 0. */
export function readFadt(table: AcpiTable | null): u64 {
  if (table === null) return 0
  const hpa = table.hpa
  if (table.length < <u32>Field.Version1End) {
    report(Problem.TableLength, hpa, Signature.Fadt)
    return 0
  }
  const hardware = record()
  hardware.hasFixedHardware = 1
  hardware.flags = load32(hpa + Field.Flags)
  hardware.century = load8(hpa + Field.Century)
  hardware.bootArchitecture = load16(hpa + Field.BootArchitecture)
  if ((hardware.flags & FadtFlag.HardwareReduced) == 0) {
    hardware.sciInterrupt = load16(hpa + Field.SciInterrupt)
    hardware.smiCommand = load32(hpa + Field.SmiCommand)
    hardware.acpiEnable = load8(hpa + Field.AcpiEnable)
    readRegister(table, hardware.pm1aControl, Field.Pm1aControl, Field.ExtendedPm1aControl, 16)
    readRegister(table, hardware.pm1bControl, Field.Pm1bControl, Field.ExtendedPm1bControl, 16)
    if (load8(hpa + Field.PmTimerLength) == 4) readRegister(table, hardware.pmTimer, Field.PmTimer, Field.ExtendedPmTimer, 32)
    hardware.pmTimer.bits = (hardware.flags & FadtFlag.TimerExtended) != 0 ? 32 : 24
  }
  if ((hardware.flags & FadtFlag.ResetRegister) != 0 && table.length > <u32>Field.ResetValue) {
    hardware.resetValue = load8(hpa + Field.ResetValue)
    // It may also be in PCI configuration space of bus 0, and then there are other ways. 4.8.3.6.
    readGenericAddress(hardware.resetRegister, hpa + Field.ResetRegister)
    hardware.resetRegister.bits = 8
  }
  const extended = table.length >= <u32>Field.ExtendedDsdt + 8 ? load64(hpa + Field.ExtendedDsdt) : 0
  return extended != 0 ? extended : <u64>load32(hpa + Field.Dsdt)
}

/** ACPI 2.0's field where the table has it and it is not 0, else ACPI 1.0's port. */
function readRegister(table: AcpiTable, register: Register, port: u64, extended: u64, bits: u32): void {
  if (<u64>table.length >= extended + GenericAddressBytes && readGenericAddress(register, table.hpa + extended)) {
    if (register.space != RegisterSpace.None) return
    report(Problem.RegisterBroken, table.hpa + extended, Signature.Fadt)
  }
  const address = load32(table.hpa + port)
  setRegister(register, AddressSpace.Port, address, bits)
  if (address != 0 && register.space == RegisterSpace.None) report(Problem.RegisterBroken, table.hpa + port, Signature.Fadt)
}
