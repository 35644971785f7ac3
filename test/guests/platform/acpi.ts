/** The ACPI tables a guest needs: FADT, MADT, HPET, MCFG, and the sleep types in the DSDT. ACPI 6.5, chapter 5. */
import { rootPointer } from './boot'
import { load16, load32, load64, load8 } from './hw'

@inline export const FixedDescription: u32 = 0x50434146 // 'FACP'
@inline export const MultipleApic: u32 = 0x43495041 // 'APIC'
@inline export const EventTimer: u32 = 0x54455048 // 'HPET'
@inline export const MemoryMappedConfiguration: u32 = 0x4746434D // 'MCFG'

/** Whether the bytes of a table add up to 0. */
export function checksumHolds(table: u64): bool {
  let sum: u32 = 0
  const length = load32(table + 4)
  if (length < 36 || length > 0x100000) return false
  for (let i: u64 = 0; i < length; i++) sum += load8(table + i)
  return (sum & 0xFF) == 0
}

/** Address of the table with this signature, or 0. */
export function findTable(signature: u32): u64 {
  const root = rootPointer()
  if (!root) return 0
  const extended = load8(root + 15) >= 2 && load64(root + 24) != 0
  const list = extended ? load64(root + 24) : u64(load32(root + 16))
  if (!list || !checksumHolds(list)) return 0
  const width: u64 = extended ? 8 : 4
  for (let entry = list + 36; entry < list + load32(list + 4); entry += width) {
    const table = extended ? load64(entry) : u64(load32(entry))
    if (load32(table) == signature && checksumHolds(table)) return table
  }
  return 0
}

/** FADT fields: their offsets, ACPI 6.5 table 5-9. */
export namespace Fixed {
  export const Dsdt: u32 = 40
  export const SciInterrupt: u32 = 46
  export const SmiCommand: u32 = 48
  export const AcpiEnable: u32 = 52
  export const Pm1aEventBlock: u32 = 56
  export const Pm1aControlBlock: u32 = 64
  export const PmTimerBlock: u32 = 76
  export const Pm1EventLength: u32 = 88
  export const Flags: u32 = 112
  export const ResetRegister: u32 = 116
  export const ResetValue: u32 = 128
}

/** A 16-bit field of the FADT; 0 when there is no FADT. */
export function fixed16(offset: u32): u32 {
  const table = findTable(FixedDescription)
  return table ? load16(table + offset) : 0
}

/** A 32-bit field of the FADT; 0 when there is no FADT or it is too short. */
export function fixed32(offset: u32): u32 {
  const table = findTable(FixedDescription)
  return table && load32(table + 4) >= offset + 4 ? load32(table + offset) : 0
}

@inline const S5Name: u32 = 0x5F35535F // '_S5_'

/** SLP_TYPa of the soft-off state, from `\_S5` in the DSDT (ACPI 6.5, 7.4.2 and 20.2.5); -1 when it is not there. */
export function softOffType(): i32 {
  const dsdt = u64(fixed32(Fixed.Dsdt))
  if (!dsdt) return -1
  const end = dsdt + load32(dsdt + 4)
  for (let at = dsdt + 36; at + 8 < end; at++) {
    if (load32(at) != S5Name || load8(at + 4) != 0x12) continue // PackageOp
    const first = at + 5 + (load8(at + 5) >> 6) + 1 + 1 // past PkgLength and NumElements
    const operator = load8(first)
    if (operator == 0x0A) return i32(load8(first + 1)) // BytePrefix
    if (operator <= 1) return i32(operator) // ZeroOp, OneOp
    return -1
  }
  return -1
}

/** Address of the first I/O APIC that the MADT names, or 0. ACPI 6.5, 5.2.12.3. */
export function ioApicAddress(): u64 {
  const table = findTable(MultipleApic)
  if (!table) return 0
  const end = table + load32(table + 4)
  for (let entry = table + 44; entry + 2 <= end && load8(entry + 1); entry += load8(entry + 1)) {
    if (load8(entry) == 1) return load32(entry + 4)
  }
  return 0
}

/** How many processors with an xAPIC id the MADT says are enabled; 0 without one. ACPI 6.5, 5.2.12.2. */
export function processorCount(): u32 {
  const table = findTable(MultipleApic)
  if (!table) return 0
  const end = table + load32(table + 4)
  let count: u32 = 0
  for (let entry = table + 44; entry + 2 <= end && load8(entry + 1); entry += load8(entry + 1)) {
    if (load8(entry) == 0) count += load32(entry + 4) & 1
  }
  return count
}

/** The global interrupt to which an ISA interrupt is wired: itself, unless the MADT overrides it. ACPI 6.5, 5.2.12.5. */
export function isaInterrupt(irq: u32): u32 {
  const table = findTable(MultipleApic)
  if (!table) return irq
  const end = table + load32(table + 4)
  for (let entry = table + 44; entry + 2 <= end && load8(entry + 1); entry += load8(entry + 1)) {
    if (load8(entry) == 2 && load8(entry + 3) == irq) return load32(entry + 4)
  }
  return irq
}

/** Polarity and trigger mode of an ISA interrupt, MPS INTI flags; 0 is the bus's own. ACPI 6.5, table 5-26. */
export function isaInterruptFlags(irq: u32): u32 {
  const table = findTable(MultipleApic)
  if (!table) return 0
  const end = table + load32(table + 4)
  for (let entry = table + 44; entry + 2 <= end && load8(entry + 1); entry += load8(entry + 1)) {
    if (load8(entry) == 2 && load8(entry + 3) == irq) return load16(entry + 8)
  }
  return 0
}
