/**
 * The four page-directory-pointer entries of PAE paging, which the CPU loads when CR3 is loaded and the nucleus when it writes a guest's control
 * registers. SDM vol. 3, 4.4.1 and 27.3.1.6.
 */
import * as hw from '../../kernel/hw'
import { readPhysical } from '../guest/memory'
import { Field } from './fields'

@inline const Cr0Paging: u64 = 1 << 31
@inline const Cr4Pae: u64 = 1 << 5
@inline const TableMask: u64 = 0xFFFF_FFE0

/** Loads them into the current VMCS where these control registers say PAE paging. */
export function loadPageDirectoryPointers(cr0: u64, cr3: u64, cr4: u64): void {
  if ((cr0 & Cr0Paging) == 0 || (cr4 & Cr4Pae) == 0) return
  for (let index: u32 = 0; index < 4; index++) hw.vmwrite(Field.GuestPdpte0 + (index << 1), readPhysical((cr3 & TableMask) + (index << 3), 8))
}
