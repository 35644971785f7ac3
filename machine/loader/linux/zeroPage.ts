/** The zero page, struct boot_params: what Linux learns from its loader. Linux Documentation/arch/x86/zero-page.rst. */
import * as ram from '../../../capability/ram'
import { Layout } from '../../layout'
import { lowRamEnd } from '../claims'
import * as image from '../image'
import { range, rangeCount } from '../memoryMap'
import { Loadflags, SetupField, setup } from './setupHeader'

/** Its length. */
export const ZERO_PAGE_BYTES: u64 = 0x1000

/** Offsets outside the setup header. */
namespace ZeroPage {
  export const ExtMemK: u32 = 0x002 // KiB above 1 MiB, for kernels without e820
  export const AcpiRsdpAddr: u32 = 0x070
  export const ExtRamdiskImage: u32 = 0x0c0 // upper halves
  export const ExtRamdiskSize: u32 = 0x0c4
  export const ExtCmdLinePtr: u32 = 0x0c8
  export const AltMemK: u32 = 0x1e0
  export const E820Entries: u32 = 0x1e8
  export const E820Table: u32 = 0x2d0 // entries of 20 bytes: base, length, type
}

const E820_ENTRY_BYTES: u64 = 20
const LOADER_UNREGISTERED: u32 = 0xff
const VIDEO_NORMAL: u32 = 0xffff
const EXT_MEM_K_MAX: u64 = 0xfc00

/** Where the loader put things. */
export namespace placed {
  export let code: u64 = 0
  export let alignment: u64 = 0
  export let commandLine: u64 = 0
  export let initrd: u64 = 0
  export let initrdLength: u64 = 0
}

/** Fills in the zero page at `page`; `setup` and `placed` say with what. */
export function writeZeroPage(page: u64): void {
  // Zero from the start: a sentinel or a leftover would make the kernel distrust the whole page.
  ram.zero(page, ZERO_PAGE_BYTES)
  for (let offset: u64 = SetupField.SetupSects; offset < setup.headerEnd; offset++) ram.write8(page + offset, image.byte(offset))

  ram.write8(page + SetupField.TypeOfLoader, LOADER_UNREGISTERED)
  const flags = image.byte(SetupField.Loadflags) & ~(Loadflags.KeepSegments | Loadflags.CanUseHeap)
  ram.write8(page + SetupField.Loadflags, flags)
  ram.write16(page + SetupField.VidMode, VIDEO_NORMAL)
  ram.write16(page + SetupField.HeapEndPtr, 0)
  ram.write32(page + SetupField.Code32Start, <u32>placed.code)
  if (setup.relocatable) ram.write32(page + SetupField.KernelAlignment, <u32>placed.alignment)
  if (setup.headerEnd >= SetupField.SetupData + 8) ram.write64(page + SetupField.SetupData, 0)

  ram.write32(page + SetupField.CmdLinePtr, <u32>placed.commandLine)
  ram.write32(page + ZeroPage.ExtCmdLinePtr, <u32>(placed.commandLine >> 32))
  ram.write32(page + SetupField.RamdiskImage, <u32>placed.initrd)
  ram.write32(page + SetupField.RamdiskSize, <u32>placed.initrdLength)
  ram.write32(page + ZeroPage.ExtRamdiskImage, <u32>(placed.initrd >> 32))
  ram.write32(page + ZeroPage.ExtRamdiskSize, <u32>(placed.initrdLength >> 32))

  const extended = (lowRamEnd() - Layout.HighMemory) >> 10
  ram.write16(page + ZeroPage.ExtMemK, <u32>min(extended, EXT_MEM_K_MAX))
  ram.write32(page + ZeroPage.AltMemK, <u32>extended)
  ram.write64(page + ZeroPage.AcpiRsdpAddr, Layout.Acpi)
  writeMap(page)
}

function writeMap(page: u64): void {
  ram.write8(page + ZeroPage.E820Entries, rangeCount())
  for (let i: u32 = 0; i < rangeCount(); i++) {
    const entry = page + ZeroPage.E820Table + i * E820_ENTRY_BYTES
    ram.write64(entry, range(i).base)
    ram.write64(entry + 8, range(i).length)
    ram.write32(entry + 16, range(i).type)
  }
}
