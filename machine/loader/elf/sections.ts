/** The section headers of an ELF kernel, passed on to it together with the sections that no segment loads: symbols, strings, debugging. */
import * as ram from '../../../capability/ram'
import { HIGH_RAM_BASE, Layout } from '../../layout'
import { NOWHERE, claim, lowest } from '../claims'
import * as image from '../image'
import { elf } from './header'

const SHT_NOBITS: u32 = 8
const SHF_ALLOC: u64 = 2
const PAGE_BYTES: u64 = 0x1000
const ALIGNMENT: u64 = 16

/** Bytes of the table; 0 when there is none. */
export function sectionTableBytes(): u64 { return <u64>elf.sectionHeaderCount * elf.sectionHeaderBytes }

/**
 * Copies the section headers to `table` in guest RAM, and each section that is only in the file to free RAM above the
 * kernel, with its new address in its header. Without room they stay behind, with the address 0: they are for debugging only.
 */
export function writeSections(table: u64): void {
  const total = extent()
  let place = total == 0 ? NOWHERE : lowest(total, PAGE_BYTES, Layout.HighMemory, HIGH_RAM_BASE)
  if (place != NOWHERE && !claim(place, total)) place = NOWHERE
  for (let i: u32 = 0; i < elf.sectionHeaderCount; i++) {
    const header = elf.sectionHeaders + <u64>i * elf.sectionHeaderBytes
    const target = table + <u64>i * elf.sectionHeaderBytes
    for (let offset: u64 = 0; offset < elf.sectionHeaderBytes; offset += 4) ram.write32(target + offset, image.dword(header + offset))
    if (place == NOWHERE || !isInFileOnly(header)) continue
    if (!image.copy(offsetOf(header), place, lengthOf(header))) continue
    if (elf.is64Bit) ram.write64(target + 16, place)
    else ram.write32(target + 12, <u32>place)
    place += padded(lengthOf(header))
  }
}

/** Bytes that all sections kept only in the file take; 0 when that is more than any VM has. */
function extent(): u64 {
  let total: u64 = 0
  for (let i: u32 = 0; i < elf.sectionHeaderCount; i++) {
    const header = elf.sectionHeaders + <u64>i * elf.sectionHeaderBytes
    if (isInFileOnly(header)) total += padded(lengthOf(header))
    if (total > HIGH_RAM_BASE) return 0
  }
  return total
}

function isInFileOnly(header: u64): bool {
  const flags = elf.is64Bit ? image.qword(header + 8) : image.dword(header + 8)
  const address = elf.is64Bit ? image.qword(header + 16) : image.dword(header + 12)
  const length = lengthOf(header)
  return image.dword(header + 4) != SHT_NOBITS && (flags & SHF_ALLOC) == 0 && address == 0 && length != 0 &&
    image.contains(offsetOf(header), length)
}

function offsetOf(header: u64): u64 { return elf.is64Bit ? image.qword(header + 24) : image.dword(header + 16) }
function lengthOf(header: u64): u64 { return elf.is64Bit ? image.qword(header + 32) : image.dword(header + 20) }
function padded(length: u64): u64 { return (length + ALIGNMENT - 1) & ~(ALIGNMENT - 1) }
