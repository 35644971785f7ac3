/**
 * The four page-directory-pointer entries of PAE paging, which the CPU loads when CR3 is loaded and the nucleus when it writes a guest's control
 * registers. SDM vol. 3, 4.4.1 and 27.3.1.6.
 */
import * as hw from '../../kernel/hw'
import { readPhysical } from '../guest/memory'
import { Cr0, Cr4, Efer, physicalWidth } from '../guest/paging'
import { Field } from '../../capability/vmcs'

@inline const TableMask: u64 = 0xFFFF_FFE0

/** Loads them into the current VMCS, whose guest is the one selected, where it has PAE paging. */
export function loadPageDirectoryPointers(): void {
  const isPae = (hw.vmread(Field.GuestCr0) & Cr0.PG) != 0 && (hw.vmread(Field.GuestCr4) & Cr4.PAE) != 0 && (hw.vmread(Field.GuestEfer) & Efer.LMA) == 0
  if (!isPae) return
  const table = hw.vmread(Field.GuestCr3) & TableMask
  for (let index: u32 = 0; index < 4; index++) hw.vmwrite(Field.GuestPdpte0 + (index << 1), readPhysical(table + (index << 3), 8))
}

/** Present, with bits that must be 0. Table 4-8. */
export function isReservedPointer(entry: u64): bool { return (entry & 1) != 0 && (entry & 0x1E6 | entry >> physicalWidth) != 0 }

/** Whether one of the four that this CR3 of the selected guest points at is so. */
export function hasReservedPointer(cr3: u64): bool {
  for (let index: u32 = 0; index < 4; index++) if (isReservedPointer(readPhysical((cr3 & TableMask) + (index << 3), 8))) return true
  return false
}
