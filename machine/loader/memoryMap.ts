/** The memory map that every boot protocol passes on, with the address range types of ACPI 6.5, 15.2. */
import { Mmio } from '../addresses'
import { HIGH_RAM_BASE, Layout } from '../layout'
import { highRamEnd, lowRamEnd } from './claims'

/** Address range types; Multiboot, PVH and Linux use ACPI's numbers. */
export namespace RangeType {
  export const Ram: u32 = 1
  export const Reserved: u32 = 2
}

/** One range of the map. */
@unmanaged export class MemoryRange {
  base: u64
  length: u64
  type: u32
}

const CAPACITY: u32 = 9
const ranges = memory.data(9 * 24)
let count: u32 = 0

/** Makes the map of this VM; `claims.clear` has read the size of its RAM. */
export function drawMap(): void {
  count = 0
  add(0, Layout.ExtendedBiosData, RangeType.Ram)
  add(Layout.ExtendedBiosData, Layout.LowReserved, RangeType.Reserved)
  add(Layout.LowReserved, Layout.HighMemory, RangeType.Reserved)
  add(Layout.HighMemory, lowRamEnd(), RangeType.Ram)
  // Linux uses configuration space in memory only where the map reserves it.
  add(Mmio.Ecam, Mmio.Ecam + Mmio.EcamSize, RangeType.Reserved)
  add(Mmio.IoApic, Mmio.IoApic + Mmio.IoApicSize, RangeType.Reserved)
  add(Mmio.Hpet, Mmio.Hpet + Mmio.HpetSize, RangeType.Reserved)
  add(Mmio.LocalApic, Mmio.LocalApic + 0x1000, RangeType.Reserved)
  add(HIGH_RAM_BASE, highRamEnd(), RangeType.Ram)
}

/** Number of ranges, ascending and disjoint. */
export function rangeCount(): u32 { return count }

/** Range `index`, below `rangeCount()`. */
export function range(index: u32): MemoryRange {
  return changetype<MemoryRange>(ranges + <usize>index * 24)
}

function add(start: u64, end: u64, type: u32): void {
  if (start >= end || count == CAPACITY) return
  const entry = range(count++)
  entry.base = start
  entry.length = end - start
  entry.type = type
}
