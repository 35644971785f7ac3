import { load64 } from '../../kernel/hw'
import { Processor } from '../../capability/vcpu'
import { Exception } from '../../capability/exception'
import { raise } from './fault'
import { hostAddress, NotRam } from './memory'
import { Access, beyondWidth, Cr0, Cr4, Efer, Entry, Untranslated } from './paging'
import { walk32, walkExactly, walkPae } from './slowwalk'
import { stands, Valid, Walk, walkEra, walkOf } from './walkcache'

/**
 * Translates a linear address through the guest's page tables as the processor does, sets accessed and dirty bits, and returns the
 * guest physical address, or Untranslated with the exception noted in fault.ts. `access` is a set of Access bits.
 * Intel SDM vol. 3, chapter 4; AMD APM vol. 2, chapter 5. Protection keys, shadow stacks and 5-level paging are not offered to guests.
 */
export function translate(cpu: Processor, linear: u64, access: u32): u64 {
  // Long mode is never active without paging. Intel SDM vol. 3, 9.8.5.
  if (!(cpu.efer & Efer.LMA)) return walkOther(cpu, linear, access)
  const known = recall(cpu, linear, access)
  return known == Untranslated ? walk64(cpu, linear, access, walkOf(linear)) : known
}

/** What an earlier walk in long mode found, if nothing that it read has changed; otherwise Untranslated, and `translate` is to look. */
@inline export function recall(cpu: Processor, linear: u64, access: u32): u64 {
  const walk = walkOf(linear)
  return walk.key == (linear & ~<u64>0xFFF | access | Valid) && walk.era == walkEra && stands(cpu, walk) ? walk.page | linear & 0xFFF : Untranslated
}

/** Without paging, 32-bit and PAE paging. */
function walkOther(cpu: Processor, linear: u64, access: u32): u64 {
  if (!(cpu.cr0 & Cr0.PG)) return linear & 0xFFFF_FFFF
  return cpu.cr4 & Cr4.PAE ? walkPae(cpu, linear, access) : walk32(cpu, linear, access)
}

/**
 * 4-level paging where nothing stands in the way: all present, allowed, accessed and, for a write, dirty. One test per level finds
 * whatever needs a closer look, and the exact walk then starts from the top. What is found is kept in `walk`.
 */
function walk64(cpu: Processor, linear: u64, access: u32, walk: Walk): u64 {
  if (<u64>(<i64>linear << 16 >> 16) != linear) { // not canonical. Intel SDM vol. 1, 3.3.7.1
    raise(access & Access.Stack ? Exception.StackFault : Exception.GeneralProtection, 0)
    return Untranslated
  }
  walk.key = 0
  const root = cpu.cr3 & Entry.Address
  const tested = Entry.Present | Entry.Accessed | beyondWidth | (cpu.efer & Efer.NXE ? 0 : Entry.NoExecute)
  let table = root
  let allowed = u64.MAX_VALUE
  let anywhere: u64 = 0
  let entry: u64 = 0
  let slot: u64 = 0
  let shift: u64 = 39
  let record = changetype<usize>(walk)
  while (true) {
    slot = hostAddress(table + (linear >> shift << 3 & 0xFF8))
    if (slot == NotRam) return walkExactly(cpu, linear, access, root, 39)
    entry = load64(slot)
    if ((entry & tested) != (Entry.Present | Entry.Accessed)) return walkExactly(cpu, linear, access, root, 39)
    keep(record, slot, entry)
    record += sizeof<u64>()
    allowed &= entry
    anywhere |= entry
    if (shift == 12) break
    table = entry & Entry.Address
    if (entry & Entry.PageSize) {
      // Bit 12 of a large page is PAT; the address bits above it must be 0.
      if (shift == 39 || table & ((<u64>1 << shift) - 1) & ~<u64>0x1FFF) return walkExactly(cpu, linear, access, root, 39)
      break
    }
    shift -= 9
  }
  if (!permitted(cpu, access, allowed, anywhere) || (access & Access.Write && !(entry & Entry.Dirty))) {
    return walkExactly(cpu, linear, access, root, 39)
  }
  while (record < changetype<usize>(walk) + 4 * sizeof<u64>()) {
    keep(record, slot, entry)
    record += sizeof<u64>()
  }
  const offset = (<u64>1 << shift) - 1
  const gpa = entry & Entry.Address & ~offset | linear & offset
  walk.era = walkEra
  walk.cr3 = cpu.cr3
  walk.cr4 = cpu.cr4
  walk.efer = cpu.efer
  walk.page = gpa & ~<u64>0xFFF
  walk.key = linear & ~<u64>0xFFF | access | Valid
  return gpa
}

/** Notes one entry of a walk; `record` advances by 8 for each. */
@inline function keep(record: usize, slot: u64, entry: u64): void {
  store<u64>(record, slot, offsetof<Walk>('slot0'))
  store<u64>(record, entry, offsetof<Walk>('entry0'))
}

/** A first look at the rights: false also where CR0.WP or EFLAGS.AC has yet to decide. Write and User are the same bits in both. */
@inline function permitted(cpu: Processor, access: u32, allowed: u64, anywhere: u64): bool {
  if (<u64>(access & (Access.Write | Access.User)) & ~allowed) return false
  if (!(access & Access.User) && (allowed & Entry.User) != 0 && (cpu.cr4 & (Cr4.SMEP | Cr4.SMAP)) != 0) return false
  return !(access & Access.Fetch && anywhere & Entry.NoExecute)
}
