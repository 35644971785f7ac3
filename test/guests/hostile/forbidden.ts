/** What a hostile guest leaves alone when it is to go on living: what would switch it off, reset it, or take its own clock and memory away. */
import { Fixed, fixed32, findTable, FixedDescription } from '../platform/acpi'
import { load64 } from '../platform/hw'

let careful: bool = false
let powerControl: u32 = 0
let resetRegister: u32 = 0
let smiCommand: u32 = 0

/** Looks up the machine's own power ports; `keep` switches the care on. */
export function findForbidden(keep: bool): void {
  careful = keep
  powerControl = fixed32(Fixed.Pm1aControlBlock)
  smiCommand = fixed32(Fixed.SmiCommand)
  const table = findTable(FixedDescription)
  if (table) resetRegister = u32(load64(table + Fixed.ResetRegister + 4))
}

export function isCareful(): bool { return careful }

function covers(port: u32, size: u32, target: u32): bool { return target && port <= target && target < port + size }

/** Whether writing these ports would end the guest. */
export function portForbidden(port: u32, size: u32): bool {
  if (!careful) return false
  return covers(port, size, 0x64) || covers(port, size, 0x92) || covers(port, size, 0xCF9) || covers(port, size, 0x8900)
    || covers(port, size, powerControl) || covers(port, size, powerControl + 1)
    || covers(port, size, resetRegister) || covers(port, size, smiCommand)
    // The chip set's own configuration data: on real boards it moves the memory map.
    || (port < 0xD00 && port + size > 0xCFC)
}

/** Whether writing this MSR would take the guest's own mode, clock or interrupts away. */
export function msrForbidden(index: u32): bool {
  if (!careful) return false
  return index == 0x10 || index == 0x3B // TSC, TSC_ADJUST
    || index == 0x1B // APIC_BASE
    || index == 0xC0000080 // EFER
    || index == 0x174 // SYSENTER_CS, without which SYSEXIT is #GP: Intel's leaves for ring 3 in long mode too
    || index == 0x830 || index == 0x6E0 // x2APIC ICR can send INIT
    || index == 0xC0010117 // VM_HSAVE_PA: any page, which VMRUN would then overwrite
}

/** Whether a store there would do so: the ICR, by which a processor can send itself INIT. */
export function addressForbidden(address: u64): bool {
  if (!careful) return false
  return (address & ~0xFFF) == 0xFEE00000 && (address & 0xFF0) >= 0x2F0 && (address & 0xFF0) <= 0x310
}
