import { load32, load64, store32, store64 } from '../../kernel/hw'
import { Processor } from '../../capability/vcpu'
import { raisePageFault } from './fault'
import { hostAddress, NotRam } from './memory'
import { Access, AlignmentCheck, beyondWidth, Cr0, Cr4, Efer, Entry, PageFaultError, physicalWidth, Untranslated } from './paging'

/** Host addresses of the entries that a walk used, top first. */
const used: usize = memory.data(4 * sizeof<u64>(), 8)

/**
 * The exact walk of 8-byte entries from `table`, whose entries map 1 << `shift` bytes each: every fault, every right, and the accessed and
 * dirty bits, which are set only when the whole translation succeeds.
 */
export function walkExactly(cpu: Processor, linear: u64, access: u32, table: u64, shift: u64): u64 {
  const noExecuteReserved = cpu.efer & Efer.NXE ? 0 : Entry.NoExecute
  let allowed = u64.MAX_VALUE
  let noExecute: u64 = 0
  let entry: u64 = 0
  let count: usize = 0
  while (true) {
    const slot = hostAddress(table + (linear >> shift << 3 & 0xFF8))
    if (slot == NotRam) return unbackedTable(cpu, linear, access)
    entry = load64(slot)
    if (!(entry & Entry.Present)) return pageFault(cpu, linear, access, 0)
    if (entry & (beyondWidth | noExecuteReserved | reservedBits(entry, shift))) {
      return pageFault(cpu, linear, access, PageFaultError.Present | PageFaultError.Reserved)
    }
    store<u64>(used + (count++ << 3), slot)
    allowed &= entry
    noExecute |= entry & Entry.NoExecute
    if (shift == 12 || entry & Entry.PageSize) break
    table = entry & Entry.Address
    shift -= 9
  }
  if (!allows(cpu, access, allowed, noExecute != 0)) return pageFault(cpu, linear, access, PageFaultError.Present)
  for (let i: usize = 0; i < count; i++) mark64(load<u64>(used + (i << 3)), Entry.Accessed)
  if (access & Access.Write) mark64(load<u64>(used + (count - 1 << 3)), Entry.Accessed | Entry.Dirty)
  const offset = (<u64>1 << shift) - 1
  return entry & Entry.Address & ~offset | linear & offset
}

/** Bits of a present entry that must be 0, its width and NX apart. Intel SDM vol. 3, 4.4.2 and 4.5.4. */
@inline function reservedBits(entry: u64, shift: u64): u64 {
  if (shift == 12 || !(entry & Entry.PageSize)) return 0
  return shift == 39 ? Entry.PageSize : (<u64>1 << shift) - 1 & ~<u64>0x1FFF
}

/** PAE paging: four entries of their own kind, then two levels. Intel SDM vol. 3, 4.4. */
export function walkPae(cpu: Processor, linear: u64, access: u32): u64 {
  const slot = hostAddress((cpu.cr3 & 0xFFFF_FFE0) + (linear >> 30 << 3 & 0x18))
  if (slot == NotRam) return unbackedTable(cpu, linear, access)
  const entry = load64(slot)
  if (!(entry & Entry.Present)) return pageFault(cpu, linear, access, 0)
  // Bits 2:1, 8:5 and 63:52 are reserved whatever EFER.NXE. Table 4-8. Bit 5 is let pass: QEMU's processor, whose own walk came
  // this way before, sets it as if it were an accessed bit.
  if (entry & (beyondWidth | 0xFFF0_0000_0000_01C6)) return pageFault(cpu, linear, access, PageFaultError.Present | PageFaultError.Reserved)
  return walkExactly(cpu, linear, access, entry & Entry.Address, 21)
}

/** 32-bit paging, with 4 MiB pages where CR4.PSE is set. Intel SDM vol. 3, 4.3. */
export function walk32(cpu: Processor, linear: u64, access: u32): u64 {
  const directorySlot = hostAddress((cpu.cr3 & 0xFFFF_F000) + (linear >> 22 << 2 & 0xFFC))
  if (directorySlot == NotRam) return unbackedTable(cpu, linear, access)
  const directory = <u64>load32(directorySlot)
  if (!(directory & Entry.Present)) return pageFault(cpu, linear, access, 0)
  if (directory & Entry.PageSize && cpu.cr4 & Cr4.PSE) {
    // PSE-36: bits 20:13 are bits 39:32 of the address; bit 21 is reserved. Table 4-4.
    const high = directory >> 13 & 0xFF
    if (directory & 1 << 21 || physicalWidth < 40 && high >> (physicalWidth - 32)) {
      return pageFault(cpu, linear, access, PageFaultError.Present | PageFaultError.Reserved)
    }
    if (!allows(cpu, access, directory, false)) return pageFault(cpu, linear, access, PageFaultError.Present)
    mark32(directorySlot, Entry.Accessed | (access & Access.Write ? Entry.Dirty : 0))
    return high << 32 | directory & 0xFFC0_0000 | linear & 0x3F_FFFF
  }
  const tableSlot = hostAddress((directory & 0xFFFF_F000) + (linear >> 12 << 2 & 0xFFC))
  if (tableSlot == NotRam) return unbackedTable(cpu, linear, access)
  const entry = <u64>load32(tableSlot)
  if (!(entry & Entry.Present)) return pageFault(cpu, linear, access, 0)
  if (!allows(cpu, access, directory & entry, false)) return pageFault(cpu, linear, access, PageFaultError.Present)
  mark32(directorySlot, Entry.Accessed)
  mark32(tableSlot, Entry.Accessed | (access & Access.Write ? Entry.Dirty : 0))
  return entry & 0xFFFF_F000 | linear & 0xFFF
}

/** `allowed` is the AND of all entries. Intel SDM vol. 3, 4.6.1; the two bits are the same in Access and Entry. */
function allows(cpu: Processor, access: u32, allowed: u64, noExecute: bool): bool {
  if (access & Access.Fetch && noExecute) return false
  const user = (allowed & Entry.User) != 0
  if (access & Access.User) {
    if (!user) return false
  } else if (user) {
    if (access & Access.Fetch) {
      if (cpu.cr4 & Cr4.SMEP) return false
    } else if (cpu.cr4 & Cr4.SMAP && !(cpu.rflags & AlignmentCheck)) return false
  }
  if (!(access & Access.Write) || allowed & Entry.Write) return true
  return !(access & Access.User) && !(cpu.cr0 & Cr0.WP)
}

/** Notes the fault; the error code tells of a fetch only where a page can forbid one. Intel SDM vol. 3, 4.7. */
function pageFault(cpu: Processor, linear: u64, access: u32, cause: u32): u64 {
  const tellsFetch = (cpu.cr4 & Cr4.SMEP) != 0 || ((cpu.cr4 & Cr4.PAE) != 0 && (cpu.efer & Efer.NXE) != 0)
  raisePageFault(linear, cause | access & (Access.Write | Access.User | (tellsFetch ? Access.Fetch : 0)))
  return Untranslated
}

/** A table that does not lie in RAM reads as all ones, as where nothing answers on the bus: reserved bits are set. No device is asked. */
function unbackedTable(cpu: Processor, linear: u64, access: u32): u64 {
  return pageFault(cpu, linear, access, PageFaultError.Present | PageFaultError.Reserved)
}

@inline function mark64(slot: u64, bits: u64): void {
  const entry = load64(slot)
  if ((entry & bits) != bits) store64(slot, entry | bits)
}

@inline function mark32(slot: u64, bits: u64): void {
  const entry = <u64>load32(slot)
  if ((entry & bits) != bits) store32(slot, <u32>(entry | bits))
}
