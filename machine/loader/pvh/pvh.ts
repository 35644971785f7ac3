/** Starts an ELF kernel by its PVH entry point. Xen docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h. */
import { ConfigText } from '../../../capability/config'
import { BootFile, size } from '../../../capability/file'
import * as ram from '../../../capability/ram'
import { Layout } from '../../layout'
import { NOWHERE, takeLow } from '../claims'
import { placeText } from '../commandLine'
import { readElfHeader } from '../elf/header'
import { checkSegments, isInSegment, loadSegments } from '../elf/segments'
import { range, rangeCount } from '../memoryMap'
import { refuse, say, sayHexadecimal } from '../../message'
import { NO_TEXT, loadModule, loadModules, module, moduleCount } from '../modules'
import { enterProtectedMode, state } from '../startState'
import { pvhEntry } from './note'

/** Offsets of hvm_start_info, version 1. */
namespace StartInfo {
  export const Magic: u32 = 0
  export const Version: u32 = 4
  export const ModuleCount: u32 = 12
  export const ModuleList: u32 = 16
  export const CommandLine: u32 = 24
  export const Rsdp: u32 = 32
  export const MemoryMap: u32 = 40
  export const MemoryMapEntries: u32 = 48
}

const START_MAGIC: u32 = 0x336e_c578
const START_INFO_BYTES: u64 = 56
const MODULE_BYTES: u64 = 32
const MAP_ENTRY_BYTES: u64 = 24

/** Loads the kernel, its initrd (as the first module) and its modules, and sets the start state. False, with the reason logged. */
export function bootPvh(): bool {
  if (!readElfHeader() || !checkSegments()) return false
  const entry = pvhEntry()
  if (entry == NOWHERE) return refuse('kernel: no PVH entry point (ELF note "Xen", type 18): build it with CONFIG_PVH, or set another boot.protocol')
  if (!isInSegment(entry)) {
    say('kernel: its PVH entry point ')
    sayHexadecimal(entry)
    return refuse(' is in no loadable segment: the ELF file is damaged')
  }
  if (!loadSegments(0)) return false
  if (size(BootFile.Initrd) != 0 && !loadModule(BootFile.Initrd, NO_TEXT)) return false
  if (!loadModules()) return false
  const start = writeStartInfo()
  if (start == NOWHERE || !enterProtectedMode(entry)) return false
  state.rbx = start
  return true
}

function writeStartInfo(): u64 {
  const commandLine = placeText(ConfigText.CommandLine)
  if (commandLine == NOWHERE) return NOWHERE
  const start = takeLow(START_INFO_BYTES, 8)
  const list = takeLow(moduleCount() * MODULE_BYTES, 8)
  const map = takeLow(rangeCount() * MAP_ENTRY_BYTES, 8)
  if (start == NOWHERE || list == NOWHERE || map == NOWHERE) {
    refuse('the VM has no free RAM below 4 GiB for the PVH start information: give it more memory')
    return NOWHERE
  }
  ram.zero(start, START_INFO_BYTES)
  ram.write32(start + StartInfo.Magic, START_MAGIC)
  ram.write32(start + StartInfo.Version, 1)
  ram.write32(start + StartInfo.ModuleCount, moduleCount())
  if (moduleCount() != 0) ram.write64(start + StartInfo.ModuleList, list)
  ram.write64(start + StartInfo.CommandLine, commandLine)
  ram.write64(start + StartInfo.Rsdp, Layout.Acpi)
  ram.write64(start + StartInfo.MemoryMap, map)
  ram.write32(start + StartInfo.MemoryMapEntries, rangeCount())
  for (let i: u32 = 0; i < rangeCount(); i++) {
    const entry = map + i * MAP_ENTRY_BYTES
    ram.write64(entry, range(i).base)
    ram.write64(entry + 8, range(i).length)
    ram.write32(entry + 16, range(i).type)
    ram.write32(entry + 20, 0)
  }
  return writeModules(list) ? start : NOWHERE
}

function writeModules(list: u64): bool {
  for (let i: u32 = 0; i < moduleCount(); i++) {
    const hasText = module(i).textKey != NO_TEXT
    const text = hasText ? placeText(module(i).textKey) : 0
    if (text == NOWHERE) return false
    const entry = list + i * MODULE_BYTES
    ram.write64(entry, module(i).start)
    ram.write64(entry + 8, module(i).length)
    ram.write64(entry + 16, text)
    ram.write64(entry + 24, 0)
  }
  return true
}
