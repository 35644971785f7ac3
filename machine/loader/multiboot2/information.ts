/** The Multiboot 2 boot information: one block of tags. Multiboot2 Specification 2.0, 3.6. */
import { ConfigText } from '../../../capability/config'
import * as ram from '../../../capability/ram'
import { Layout } from '../../layout'
import { NOWHERE, lowRamEnd, takeLow } from '../claims'
import { fetchText, textLength, writeLiteral, writeText } from '../commandLine'
import { elf } from '../elf/header'
import { sectionTableBytes, writeSections } from '../elf/sections'
import { range, rangeCount } from '../memoryMap'
import { refuse } from '../../message'
import { NO_TEXT, module, moduleCount } from '../modules'
import { TextScreen } from '../multiboot/textScreen'

/** Information tag types. */
namespace Tag {
  export const End: u32 = 0
  export const CommandLine: u32 = 1
  export const BootLoaderName: u32 = 2
  export const Module: u32 = 3
  export const BasicMemory: u32 = 4
  export const MemoryMap: u32 = 6
  export const Framebuffer: u32 = 8
  export const ElfSections: u32 = 9
  export const AcpiOld: u32 = 14
  export const AcpiNew: u32 = 15
  export const LoadBase: u32 = 21
}

const BOOT_LOADER_NAME = 'Typervisor'
const MAP_ENTRY_BYTES: u32 = 24
const RSDP_OLD_BYTES: u32 = 20
const RSDP_NEW_BYTES: u32 = 36
const RSDP_SIGNATURE: u64 = 0x2052_5450_2044_5352 // "RSD PTR "

/** What the tags tell beside the configuration, the map and the modules. */
export namespace told {
  export let sections: bool = false // the kernel is an ELF file
  export let screen: bool = false
  export let loadBase: bool = false
  export let loadAddress: u64 = 0
}

/** While measuring nothing is written and `cursor` counts from 0. */
let isMeasuring: bool = false
let cursor: u64 = 0

/** Writes the block into free low memory. The address for EBX, or NOWHERE with the reason logged. */
export function writeInformation(): u64 {
  isMeasuring = true
  cursor = 0
  if (!writeTags()) return NOWHERE
  const length = cursor
  const start = takeLow(length, 8)
  if (start == NOWHERE) {
    refuse('the VM has no free RAM below 4 GiB for the Multiboot information: give it more memory')
    return NOWHERE
  }
  ram.zero(start, length)
  isMeasuring = false
  cursor = start
  writeTags()
  ram.write32(start, <u32>length)
  return start
}

function writeTags(): bool {
  cursor += 8 // total size, reserved
  if (!writeCommandLine()) return false
  begin(Tag.BootLoaderName, 8 + BOOT_LOADER_NAME.length + 1)
  if (!isMeasuring) writeLiteral(cursor, BOOT_LOADER_NAME)
  end(BOOT_LOADER_NAME.length + 1)
  if (!writeModules()) return false
  begin(Tag.BasicMemory, 16)
  put32(<u32>(Layout.ExtendedBiosData >> 10))
  put32(<u32>((lowRamEnd() - Layout.HighMemory) >> 10))
  writeMap()
  if (told.screen) writeScreen()
  if (told.sections && elf.sectionHeaderCount != 0) writeSectionHeaders()
  if (ram.read64(Layout.Acpi) == RSDP_SIGNATURE) {
    copyRsdp(Tag.AcpiOld, RSDP_OLD_BYTES)
    copyRsdp(Tag.AcpiNew, RSDP_NEW_BYTES)
  }
  if (told.loadBase) {
    begin(Tag.LoadBase, 12)
    put32(<u32>told.loadAddress)
    end(0)
  }
  begin(Tag.End, 8)
  return true
}

function writeCommandLine(): bool {
  if (!fetchText(ConfigText.CommandLine)) return false
  begin(Tag.CommandLine, 8 + textLength() + 1)
  if (!isMeasuring) writeText(cursor)
  end(textLength() + 1)
  return true
}

function writeModules(): bool {
  for (let i: u32 = 0; i < moduleCount(); i++) {
    const key = module(i).textKey
    const hasText = key != NO_TEXT
    if (hasText && !fetchText(key)) return false
    const length = hasText ? textLength() : 0
    begin(Tag.Module, 16 + length + 1)
    put32(<u32>module(i).start)
    put32(<u32>(module(i).start + module(i).length)) // the first byte after it
    if (!isMeasuring && hasText) writeText(cursor)
    end(length + 1)
  }
  return true
}

function writeMap(): void {
  begin(Tag.MemoryMap, 16 + rangeCount() * MAP_ENTRY_BYTES)
  put32(MAP_ENTRY_BYTES)
  put32(0) // version
  for (let i: u32 = 0; i < rangeCount(); i++) {
    put64(range(i).base)
    put64(range(i).length)
    put32(range(i).type)
    put32(0)
  }
}

function writeScreen(): void {
  begin(Tag.Framebuffer, 32)
  put64(TextScreen.Address)
  put32(TextScreen.BytesPerRow)
  put32(TextScreen.Columns)
  put32(TextScreen.Rows)
  put32(TextScreen.BitsPerCharacter | TextScreen.FramebufferType << 8)
  end(0)
}

/** Three words of 32 bits, as GRUB and the kernels have them, where the text of the specification draws four of 16. */
function writeSectionHeaders(): void {
  const length = <u32>sectionTableBytes()
  begin(Tag.ElfSections, 20 + length)
  put32(elf.sectionHeaderCount)
  put32(elf.sectionHeaderBytes)
  put32(elf.sectionNames)
  if (!isMeasuring) writeSections(cursor)
  end(length)
}

function copyRsdp(tag: u32, length: u32): void {
  begin(tag, 8 + length)
  for (let offset: u32 = 0; offset < length; offset += 4) put32(ram.read32(Layout.Acpi + offset))
  end(0)
}

function begin(type: u32, size: u32): void {
  put32(type)
  put32(size)
}

/** Leaves out `written` bytes that were written already and goes on at the next multiple of 8. */
function end(written: u32): void {
  cursor = (cursor + written + 7) & ~7
}

function put32(value: u32): void {
  if (!isMeasuring) ram.write32(cursor, value)
  cursor += 4
}

function put64(value: u64): void {
  if (!isMeasuring) ram.write64(cursor, value)
  cursor += 8
}
