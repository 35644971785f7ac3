/** The Multiboot 1 information structure. Multiboot Specification 0.6.96, 3.3. */
import { ConfigText } from '../../../capability/config'
import * as ram from '../../../capability/ram'
import { Layout } from '../../layout'
import { NOWHERE, lowRamEnd, takeLow } from '../claims'
import { placeLiteral, placeText } from '../commandLine'
import { elf } from '../elf/header'
import { sectionTableBytes, writeSections } from '../elf/sections'
import { range, rangeCount } from '../memoryMap'
import { refuse } from '../../message'
import { NO_TEXT, module, moduleCount } from '../modules'
import { TextScreen } from './textScreen'

/** Offsets. */
namespace Information {
  export const Flags: u32 = 0
  export const MemLower: u32 = 4
  export const MemUpper: u32 = 8
  export const Cmdline: u32 = 16
  export const ModsCount: u32 = 20
  export const ModsAddr: u32 = 24
  export const ShdrNum: u32 = 28
  export const ShdrSize: u32 = 32
  export const ShdrAddr: u32 = 36
  export const ShdrShndx: u32 = 40
  export const MmapLength: u32 = 44
  export const MmapAddr: u32 = 48
  export const BootLoaderName: u32 = 64
  export const FramebufferAddr: u32 = 88
  export const FramebufferPitch: u32 = 96
  export const FramebufferWidth: u32 = 100
  export const FramebufferHeight: u32 = 104
  export const FramebufferBpp: u32 = 108
  export const FramebufferType: u32 = 109
}

/** Bits of `Flags`: which fields are valid. */
namespace Valid {
  export const Memory: u32 = 1 << 0
  export const Cmdline: u32 = 1 << 2
  export const Mods: u32 = 1 << 3
  export const ElfSections: u32 = 1 << 5
  export const Mmap: u32 = 1 << 6
  export const BootLoaderName: u32 = 1 << 9
  export const Framebuffer: u32 = 1 << 12
}

const INFORMATION_BYTES: u64 = 116
const MODULE_BYTES: u64 = 16
const MMAP_ENTRY_BYTES: u64 = 24

/** Writes it all into free low memory; the kernel and its modules are in place. The address for EBX, or NOWHERE with the reason logged. */
export function writeInformation(isElf: bool, wantsScreen: bool): u64 {
  const commandLine = placeText(ConfigText.CommandLine)
  if (commandLine == NOWHERE) return NOWHERE
  const name = placeLiteral('Typervisor')
  if (name == NOWHERE) return NOWHERE
  const information = takeLow(INFORMATION_BYTES, 8)
  const map = takeLow(rangeCount() * MMAP_ENTRY_BYTES, 8)
  const modules = takeLow(moduleCount() * MODULE_BYTES, 8)
  const sections = isElf ? takeLow(sectionTableBytes(), 16) : 0
  if (information == NOWHERE || map == NOWHERE || modules == NOWHERE || sections == NOWHERE) {
    refuse('the VM has no free RAM below 4 GiB for the Multiboot information: give it more memory')
    return NOWHERE
  }

  ram.zero(information, INFORMATION_BYTES)
  let valid = Valid.Memory | Valid.Cmdline | Valid.Mods | Valid.Mmap | Valid.BootLoaderName
  ram.write32(information + Information.MemLower, <u32>(Layout.ExtendedBiosData >> 10))
  ram.write32(information + Information.MemUpper, <u32>((lowRamEnd() - Layout.HighMemory) >> 10))
  ram.write32(information + Information.Cmdline, <u32>commandLine)
  ram.write32(information + Information.BootLoaderName, <u32>name)

  ram.write32(information + Information.MmapLength, rangeCount() * <u32>MMAP_ENTRY_BYTES)
  ram.write32(information + Information.MmapAddr, <u32>map)
  writeMap(map)

  ram.write32(information + Information.ModsCount, moduleCount())
  ram.write32(information + Information.ModsAddr, <u32>modules)
  if (!writeModules(modules)) return NOWHERE

  if (isElf && elf.sectionHeaderCount != 0) {
    valid |= Valid.ElfSections
    ram.write32(information + Information.ShdrNum, elf.sectionHeaderCount)
    ram.write32(information + Information.ShdrSize, elf.sectionHeaderBytes)
    ram.write32(information + Information.ShdrAddr, <u32>sections)
    ram.write32(information + Information.ShdrShndx, elf.sectionNames)
    writeSections(sections)
  }
  if (wantsScreen) {
    valid |= Valid.Framebuffer
    ram.write64(information + Information.FramebufferAddr, TextScreen.Address)
    ram.write32(information + Information.FramebufferPitch, TextScreen.BytesPerRow)
    ram.write32(information + Information.FramebufferWidth, TextScreen.Columns)
    ram.write32(information + Information.FramebufferHeight, TextScreen.Rows)
    ram.write8(information + Information.FramebufferBpp, TextScreen.BitsPerCharacter)
    ram.write8(information + Information.FramebufferType, TextScreen.FramebufferType)
  }
  ram.write32(information + Information.Flags, valid)
  return information
}

function writeMap(map: u64): void {
  for (let i: u32 = 0; i < rangeCount(); i++) {
    const entry = map + i * MMAP_ENTRY_BYTES
    ram.write32(entry, <u32>MMAP_ENTRY_BYTES - 4) // its size does not count itself
    ram.write64(entry + 4, range(i).base)
    ram.write64(entry + 12, range(i).length)
    ram.write32(entry + 20, range(i).type)
  }
}

function writeModules(modules: u64): bool {
  for (let i: u32 = 0; i < moduleCount(); i++) {
    const text = module(i).textKey == NO_TEXT ? placeLiteral('') : placeText(module(i).textKey)
    if (text == NOWHERE) return false
    const entry = modules + i * MODULE_BYTES
    ram.write32(entry, <u32>module(i).start)
    ram.write32(entry + 4, <u32>(module(i).start + module(i).length)) // the first byte after it
    ram.write32(entry + 8, <u32>text)
    ram.write32(entry + 12, 0)
  }
  return true
}
