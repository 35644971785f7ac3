/**
 * The nucleus's own page tables. Intel SDM vol. 3, 4.5; APM vol. 2, 5.3.
 * boot/entry.asm made the first ones; here they get their protections and grow.
 */
import * as hw from '../hw'
import { allocate } from './frames'
import { DirectBase, ImageBase } from './layout'
import { Owner } from '../../capability/owner'

@inline export const Present: u64 = 1
@inline export const Write: u64 = 1 << 1
@inline export const Large: u64 = 1 << 7
@inline export const NoExecute: u64 = 1 << 63
@inline export const AddressMask: u64 = 0x000F_FFFF_FFFF_F000

const PageBytes: u64 = 4096
const LargeBytes: u64 = 0x20_0000

let noExecute: u64 = 0 // NoExecute where the CPU has it

/** Of this CPU: each has its own. */
@inline function rootTable(): u64 { return hw.readCr3() }
@inline function slotOf(table: u64, va: u64, level: u32): u64 { return table + ((va >> (12 + 9 * level) & 511) << 3) }

// Frames for tables before the allocator works: the next of a run that bringup.ts set aside; 0 afterwards.
let early: u64 = 0
export function setEarlyFrames(hpa: u64): void { early = hpa }

function allocateTable(owner: u32): u64 {
  if (early == 0) return allocate(owner)
  early += PageBytes
  return early - PageBytes
}

/** The entry for `va` at `level` (0: 4 KiB, 1: 2 MiB, 2: 1 GiB), by its hpa; 0 when a table on the way is missing and `owner` is Free, or no memory is left. */
function entry(va: u64, level: u32, owner: u32): u64 {
  let table = rootTable()
  for (let depth: u32 = 3; depth > level; depth--) {
    const at = slotOf(table, va, depth)
    let value = hw.load64(at)
    if ((value & Present) == 0) {
      if (owner == Owner.Free) return 0
      const frame = allocateTable(owner)
      if (frame == 0) return 0
      hw.zero(frame, PageBytes)
      value = frame | Present | Write
      hw.store64(at, value)
    } else if ((value & Large) != 0 && depth < 3) {
      if (!split(at, value, depth)) return 0
      value = hw.load64(at)
    }
    table = value & AddressMask
  }
  return slotOf(table, va, level)
}

/** Replaces a large page by a table of the next size down that maps the same. */
function split(at: u64, value: u64, depth: u32): bool {
  const frame = allocate(Owner.Nucleus)
  if (frame == 0) return false
  const step: u64 = depth == 2 ? LargeBytes : PageBytes
  const flags = value & ~AddressMask & (depth == 2 ? u64.MAX_VALUE : ~Large)
  const base = value & AddressMask & ~(step * 512 - 1)
  for (let i: u64 = 0; i < 512; i++) hw.store64(frame + (i << 3), base + i * step | flags)
  hw.store64(at, frame | Present | Write)
  return true
}

/** Maps one 4 KiB page, data only; table frames go to `owner`. False when no frame is left for a table. */
export function mapPage(va: u64, hpa: u64, flags: u64, owner: u32): bool {
  const at = entry(va, 0, owner)
  if (at == 0) return false
  hw.store64(at, hpa | flags | Present | noExecute)
  hw.invalidatePage(va)
  return true
}

/** Maps one 4 KiB page of code, for as long as CPUs start in it. False when no frame is left for a table. */
export function mapCode(va: u64, hpa: u64): bool {
  const at = entry(va, 0, Owner.Nucleus)
  if (at != 0) hw.store64(at, hpa | Present)
  return at != 0
}

/** Where `va` is mapped, by 4 KiB pages only; 0 when it is not. */
export function lookup(va: u64): u64 {
  const at = entry(va, 0, Owner.Free)
  if (at == 0) return 0
  const value = hw.load64(at)
  return (value & Present) != 0 ? value & AddressMask : 0
}

/** Returns where it was mapped, or 0. */
export function unmapPage(va: u64): u64 {
  const frame = lookup(va)
  if (frame != 0) hw.store64(entry(va, 0, Owner.Free), 0)
  hw.invalidatePage(va)
  return frame
}

/**
 * The entry of the page at `va` in the tables at `root`, which began as a copy of this CPU's own: tables on the way that both still share are
 * copied first, so that changing the entry changes nothing here. 0 when no frame is left.
 */
export function ownEntry(root: u64, va: u64): u64 {
  let table = root
  let original = rootTable()
  for (let depth: u32 = 3; depth > 0; depth--) {
    const at = slotOf(table, va, depth)
    const shared = hw.load64(slotOf(original, va, depth))
    if (hw.load64(at) == shared) {
      const frame = copyFrame(shared & AddressMask)
      if (frame == 0) return 0
      hw.store64(at, shared & ~AddressMask | frame)
    }
    table = hw.load64(at) & AddressMask
    original = shared & AddressMask
  }
  return slotOf(table, va, 0)
}

/** A new frame with the bytes of `hpa`; 0 when there is none. */
export function copyFrame(hpa: u64): u64 {
  const frame = allocate(Owner.Nucleus)
  if (frame != 0) hw.copy(frame, hpa, PageBytes)
  return frame
}

/** Makes the directory that holds the 1 GiB entry of `va`, if it is not there. False when no frame is left for it. */
export function reserveDirectory(va: u64, owner: u32): bool { return entry(va, 2, owner) != 0 }

/** Unmaps the GiBs that [va, va + bytes) spans by dropping their tables, whose frames the caller reclaims once no CPU has their translations. */
export function dropTables(va: u64, bytes: u64): void {
  for (let at = va; at < va + bytes; at += <u64>1 << 30) {
    const slot = entry(at, 2, Owner.Free)
    if (slot != 0) hw.store64(slot, 0)
  }
}

/** Forgets all cached translations. No mapping is global. */
export function flush(): void { hw.writeCr3(rootTable()) }

/** Adds to the direct map, of whose first 4 GiB the boot code made, what [base, end) has beyond them. False when no frame is left for tables. */
export function mapDirect(base: u64, end: u64): bool {
  for (let hpa = max(base, <u64>1 << 32) & ~(LargeBytes - 1); hpa < end; hpa += LargeBytes) {
    const at = entry(DirectBase + hpa, 1, Owner.Nucleus)
    if (at == 0) return false
    hw.store64(at, hpa | Present | Write | Large | noExecute)
  }
  return true
}

/**
 * Text read-only and executable, read-only data, data no-execute, nothing at all below each stack; and nothing at low
 * addresses, where the boot code's identity map was.
 */
export function protect(): bool {
  const extended = hw.cpuid(0x8000_0001, 0, 3)
  if ((extended >> 20 & 1) != 0) noExecute = NoExecute
  const start = hw.imageAddress(hw.ImageAddress.Start)
  const textEnd = hw.imageAddress(hw.ImageAddress.TextEnd)
  const rodataEnd = hw.imageAddress(hw.ImageAddress.RodataEnd)
  const end = hw.imageAddress(hw.ImageAddress.End)
  // A directory of the image's own: the boot code lent it the direct map's.
  const directory = allocate(Owner.Nucleus)
  if (directory == 0) return false
  hw.zero(directory, PageBytes)
  const old = hw.load64(slotOf(hw.load64(slotOf(rootTable(), ImageBase, 3)) & AddressMask, ImageBase, 2)) & AddressMask
  for (let va = ImageBase; va < end; va += LargeBytes) {
    const table = allocate(Owner.Nucleus)
    if (table == 0) return false
    for (let i: u64 = 0; i < 512; i++) {
      const page = va + i * PageBytes
      let value = page - ImageBase | Present
      if (page < start || page >= end) value = 0
      else if (page >= rodataEnd) value |= Write | noExecute
      else if (page >= textEnd) value |= noExecute
      hw.store64(table + (i << 3), value)
    }
    hw.store64(slotOf(directory, va, 1), table | Present | Write)
  }
  for (let key = hw.ImageAddress.FirstStackGuard; key <= hw.ImageAddress.LastStackGuard; key++) {
    const guard = hw.imageAddress(key)
    const table = hw.load64(slotOf(directory, guard, 1)) & AddressMask
    hw.store64(slotOf(table, guard, 0), 0)
  }
  hw.store64(slotOf(hw.load64(slotOf(rootTable(), ImageBase, 3)) & AddressMask, ImageBase, 2), directory | Present | Write)
  hw.store64(rootTable(), 0)
  // The direct map is data; where it shows the image's text it must not let it be written either.
  for (let hpa: u64 = 0; hpa < <u64>1 << 32; hpa += LargeBytes) {
    const at = slotOf(old + (hpa >> 30 << 12), hpa, 1)
    hw.store64(at, hpa | Present | Write | Large | noExecute)
  }
  for (let page = start - ImageBase; page < rodataEnd - ImageBase; page += PageBytes) {
    const at = entry(DirectBase + page, 0, Owner.Nucleus)
    if (at == 0) return false
    hw.store64(at, page | Present | noExecute)
  }
  flush()
  protectSupervisor()
  return true
}

/** SMEP, SMAP and UMIP where the CPU has them: no page is a user's here, so whatever makes one reachable is stopped. APM vol. 2, 5.6.5 and 5.6.6. */
export function protectSupervisor(): void {
  if (hw.cpuid(0, 0, 0) < 7) return
  const features = hw.cpuid(7, 0, 1)
  const umip = <u64>(hw.cpuid(7, 0, 2) >> 2 & 1) << 11
  hw.writeCr4(hw.readCr4() | umip | <u64>(features >> 7 & 1) << 20 | <u64>(features >> 20 & 1) << 21)
}
