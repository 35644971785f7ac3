/** The fixed hardware: power management registers, the SCI, the reset register. ACPI specification 6.5, 5.2.9. */
import * as hw from '../hw'
import { AcpiTable, Signature } from './acpi'
import { AddressSpace, GenericAddressBytes, isUsable, readGenericAddress, Register, setPort } from './genericaddress'
import { Problem, report } from './problems'

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

/** What the nucleus uses of the fixed hardware. */
@unmanaged export class FixedHardware {
  present: u32 //       a usable FADT was found
  flags: u32 //         FadtFlag
  sciInterrupt: u32 //  the SCI's number: of a global interrupt, or of an 8259 input
  smiCommand: u32 //    port that switches ACPI mode on when acpiEnable is written; 0: it always is
  acpiEnable: u32
  resetValue: u32
  century: u32 //       CMOS index of the century; 0: none
  bootArchitecture: u32 // IAPC_BOOT_ARCH; bit 1: there is an 8042
}

const fixed: usize = memory.data(32, 8)
const registers: usize = memory.data(4 * 16, 8)

/** What the FADT says; all zero without one. */
export function fixedHardware(): FixedHardware { return changetype<FixedHardware>(fixed) }
/** PM1a control: sleep type in bits 12:10, sleep enable in bit 13. 4.8.3.2. `space` is None where a register is absent. */
export function pm1aControl(): Register { return changetype<Register>(registers) }
/** PM1b control, on machines with two register blocks. */
export function pm1bControl(): Register { return changetype<Register>(registers + 16) }
/** Counts at 3,579,545 Hz. 4.8.3.3. */
export function pmTimer(): Register { return changetype<Register>(registers + 32) }
/** Writing `resetValue` here resets the machine; may also be PCI configuration space (2). 4.8.3.6. */
export function resetRegister(): Register { return changetype<Register>(registers + 48) }

/** Bits that the PM timer counts in. */
export function pmTimerBits(): u32 { return (fixedHardware().flags & FadtFlag.TimerExtended) != 0 ? 32 : 24 }

/** Reads the table; returns the DSDT's address, or 0. */
export function readFadt(table: AcpiTable | null): u64 {
  memory.fill(fixed, 0, offsetof<FixedHardware>())
  for (let index: u32 = 0; index < 4; index++) changetype<Register>(registers + <usize>(index << 4)).space = AddressSpace.None
  if (table === null) return 0
  const hpa = table.hpa
  if (table.length < <u32>Field.Version1End) {
    report(Problem.TableLength, hpa, Signature.Fadt)
    return 0
  }
  const hardware = fixedHardware()
  hardware.present = 1
  hardware.flags = hw.load32(hpa + Field.Flags)
  hardware.century = hw.load8(hpa + Field.Century)
  hardware.bootArchitecture = hw.load16(hpa + Field.BootArchitecture)
  if ((hardware.flags & FadtFlag.HardwareReduced) == 0) {
    hardware.sciInterrupt = hw.load16(hpa + Field.SciInterrupt)
    hardware.smiCommand = hw.load32(hpa + Field.SmiCommand)
    hardware.acpiEnable = hw.load8(hpa + Field.AcpiEnable)
    readRegister(table, pm1aControl(), Field.Pm1aControl, Field.ExtendedPm1aControl, 16)
    readRegister(table, pm1bControl(), Field.Pm1bControl, Field.ExtendedPm1bControl, 16)
    if (hw.load8(hpa + Field.PmTimerLength) == 4) readRegister(table, pmTimer(), Field.PmTimer, Field.ExtendedPmTimer, 32)
  }
  if ((hardware.flags & FadtFlag.ResetRegister) != 0 && table.length > <u32>Field.ResetValue) {
    hardware.resetValue = hw.load8(hpa + Field.ResetValue)
    // The reset register may also be in PCI configuration space of bus 0: the caller tells by `space`. 4.8.3.6.
    readGenericAddress(resetRegister(), hpa + Field.ResetRegister)
  }
  const extended = table.length >= <u32>Field.ExtendedDsdt + 8 ? hw.load64(hpa + Field.ExtendedDsdt) : 0
  return extended != 0 ? extended : <u64>hw.load32(hpa + Field.Dsdt)
}

/** ACPI 2.0's field where the table has it and it is not 0, else ACPI 1.0's port. */
function readRegister(table: AcpiTable, register: Register, port: u64, extended: u64, bits: u32): void {
  const isExtended = <u64>table.length >= extended + GenericAddressBytes && readGenericAddress(register, table.hpa + extended)
  if (isExtended && isUsable(register)) return
  if (isExtended) report(Problem.RegisterBroken, table.hpa + extended, Signature.Fadt)
  setPort(register, hw.load32(table.hpa + port), bits)
  if (register.space != AddressSpace.None && !isUsable(register)) {
    report(Problem.RegisterBroken, table.hpa + port, Signature.Fadt)
    register.space = AddressSpace.None
  }
}
