/**
 * What the boot loader said, whichever of the three it was: Multiboot 0.6.96 section 3.3, Multiboot 2 section 3.6,
 * or PVH (xen/include/public/arch-x86/hvm/start_info.h).
 */
import { bootInformation, bootMagic, load16, load32, load64, load8 } from './hw'

export namespace BootProtocol {
  export const Unknown: u32 = 0
  export const Multiboot: u32 = 1
  export const Multiboot2: u32 = 2
  export const Pvh: u32 = 3
}

@inline const MultibootMagic: u32 = 0x2BADB002
@inline const Multiboot2Magic: u32 = 0x36D76289
@inline const PvhMagic: u32 = 0x336EC578

/** Types of Multiboot 2 tags that are read. */
namespace Tag {
  export const End: u32 = 0
  export const CommandLine: u32 = 1
  export const BootLoader: u32 = 2
  export const Module: u32 = 3
  export const MemoryMap: u32 = 6
  export const OldRsdp: u32 = 14
  export const NewRsdp: u32 = 15
}

/** Offsets in `struct hvm_start_info`. */
namespace Pvh {
  export const Version: u32 = 4
  export const ModuleCount: u32 = 12
  export const Modules: u32 = 16
  export const CommandLine: u32 = 24
  export const Rsdp: u32 = 32
  export const MemoryMap: u32 = 40
  export const MemoryMapEntries: u32 = 48
}

/** Which protocol started this guest. */
export function bootProtocol(): u32 {
  const magic = bootMagic()
  if (magic == MultibootMagic) return BootProtocol.Multiboot
  if (magic == Multiboot2Magic) return BootProtocol.Multiboot2
  if (magic == PvhMagic) return BootProtocol.Pvh
  return BootProtocol.Unknown
}

function information(): u64 { return bootInformation() }

function multibootFlag(bit: u32): bool { return (load32(information()) & (1 << bit)) != 0 }

/** Address of the `index`th Multiboot 2 tag of a type, or 0. */
function findTag(type: u32, index: u32 = 0): u64 {
  const end = information() + load32(information())
  for (let tag = information() + 8; tag + 8 <= end; tag += (u64(load32(tag + 4)) + 7) & ~7) {
    if (load32(tag) == Tag.End || load32(tag + 4) < 8) return 0
    if (load32(tag) == type && index-- == 0) return tag
  }
  return 0
}

/** Address of the zero-terminated command line, or 0. */
export function commandLine(): u64 {
  const protocol = bootProtocol()
  if (protocol == BootProtocol.Multiboot) return multibootFlag(2) ? load32(information() + 16) : 0
  if (protocol == BootProtocol.Pvh) return load64(information() + Pvh.CommandLine)
  if (protocol != BootProtocol.Multiboot2) return 0
  const tag = findTag(Tag.CommandLine)
  return tag ? tag + 8 : 0
}

/** Address of the boot loader's zero-terminated name, or 0. */
export function bootLoader(): u64 {
  const protocol = bootProtocol()
  if (protocol == BootProtocol.Multiboot) return multibootFlag(9) ? load32(information() + 64) : 0
  const tag = protocol == BootProtocol.Multiboot2 ? findTag(Tag.BootLoader) : 0
  return tag ? tag + 8 : 0
}

/** How many modules were loaded. */
export function moduleCount(): u32 {
  const protocol = bootProtocol()
  if (protocol == BootProtocol.Multiboot) return multibootFlag(3) ? load32(information() + 20) : 0
  if (protocol == BootProtocol.Pvh) return load32(information() + Pvh.ModuleCount)
  if (protocol != BootProtocol.Multiboot2) return 0
  let count: u32 = 0
  while (findTag(Tag.Module, count)) count++
  return count
}

/** First address of a module. */
export function moduleStart(index: u32): u64 {
  const protocol = bootProtocol()
  if (protocol == BootProtocol.Multiboot) return load32(u64(load32(information() + 24)) + index * 16)
  if (protocol == BootProtocol.Pvh) return load64(load64(information() + Pvh.Modules) + index * 32)
  return load32(findTag(Tag.Module, index) + 8)
}

/** Bytes in a module. */
export function moduleSize(index: u32): u64 {
  const protocol = bootProtocol()
  if (protocol == BootProtocol.Multiboot) return load32(u64(load32(information() + 24)) + index * 16 + 4) - moduleStart(index)
  if (protocol == BootProtocol.Pvh) return load64(load64(information() + Pvh.Modules) + index * 32 + 8)
  return load32(findTag(Tag.Module, index) + 12) - moduleStart(index)
}

/** Address of a module's zero-terminated command line, or 0. */
export function moduleCommandLine(index: u32): u64 {
  const protocol = bootProtocol()
  if (protocol == BootProtocol.Multiboot) return load32(u64(load32(information() + 24)) + index * 16 + 8)
  if (protocol == BootProtocol.Pvh) return load64(load64(information() + Pvh.Modules) + index * 32 + 16)
  return findTag(Tag.Module, index) + 16
}

/** Address of the `index`th entry of the memory map, laid out as base, length, type; 0 past the end. */
function regionEntry(index: u32): u64 {
  const protocol = bootProtocol()
  if (protocol == BootProtocol.Multiboot) {
    if (!multibootFlag(6)) return 0
    const end = u64(load32(information() + 48)) + load32(information() + 44)
    let entry: u64 = load32(information() + 48)
    for (; entry < end && index; index--) entry += u64(load32(entry)) + 4 // `size` does not count itself
    return entry < end ? entry + 4 : 0
  }
  if (protocol == BootProtocol.Pvh) {
    if (load32(information() + Pvh.Version) < 1 || index >= load32(information() + Pvh.MemoryMapEntries)) return 0
    return load64(information() + Pvh.MemoryMap) + index * 24
  }
  const tag = protocol == BootProtocol.Multiboot2 ? findTag(Tag.MemoryMap) : 0
  if (!tag) return 0
  const entry = tag + 16 + u64(index) * load32(tag + 8)
  return entry < tag + load32(tag + 4) ? entry : 0
}

/** How many regions the memory map has. */
export function regionCount(): u32 {
  let count: u32 = 0
  while (count < 256 && regionEntry(count)) count++
  return count
}

export function regionBase(index: u32): u64 { return load64(regionEntry(index)) }
export function regionLength(index: u32): u64 { return load64(regionEntry(index) + 8) }
/** 1 is RAM that may be used; the others as in ACPI 6.5 table 15-14. */
export function regionType(index: u32): u32 { return load32(regionEntry(index) + 16) }

/** Bytes of RAM that the map lists as usable. */
export function usableMemory(): u64 {
  let total: u64 = 0
  const count = regionCount()
  for (let index: u32 = 0; index < count; index++) {
    if (regionType(index) == 1) total += regionLength(index)
  }
  return total
}

@inline const RsdpSignature: u64 = 0x2052545020445352 // 'RSD PTR '

function scanForRsdp(from: u64, to: u64): u64 {
  for (let address = from; address < to; address += 16) {
    if (load64(address) != RsdpSignature) continue
    let sum: u32 = 0
    for (let i: u64 = 0; i < 20; i++) sum += load8(address + i)
    if (!(sum & 0xFF)) return address
  }
  return 0
}

/** Address of the ACPI root pointer: from the boot loader, or found where ACPI 6.5 section 5.2.5.1 says; 0 when there is none. */
export function rootPointer(): u64 {
  const protocol = bootProtocol()
  if (protocol == BootProtocol.Pvh && load64(information() + Pvh.Rsdp)) return load64(information() + Pvh.Rsdp)
  if (protocol == BootProtocol.Multiboot2) {
    const tag = findTag(Tag.NewRsdp) ? findTag(Tag.NewRsdp) : findTag(Tag.OldRsdp)
    if (tag) return tag + 8
  }
  const extended = u64(load16(0x40E)) << 4
  const found = extended >= 0x80000 && extended < 0xA0000 ? scanForRsdp(extended, extended + 1024) : 0
  return found ? found : scanForRsdp(0xE0000, 0x100000)
}
