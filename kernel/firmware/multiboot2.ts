/** Boot information by Multiboot 2. Multiboot 2 specification, 3.4 to 3.6. */
import * as hw from '../hw'
import { addBootModule, keepRsdp, rootPointers } from './bootinformation'
import { keepBootLoader } from './bootloader'
import { addMemoryRange, memoryRangeCount } from './memorymap'
import { addBasicMemory, readFramebuffer } from './multiboot1'
import { isReachable } from './physical'
import { Problem, report } from './problems'

namespace Tag {
  export const End: u32 = 0
  export const BootLoaderName: u32 = 2
  export const Module: u32 = 3
  export const BasicMemory: u32 = 4
  export const MemoryMap: u32 = 6
  export const Framebuffer: u32 = 8
  export const EfiSystemTable64: u32 = 12
  export const RsdpOld: u32 = 14
  export const RsdpNew: u32 = 15
}

// GRUB's are a few KiB; a hostile size must not hold up the boot.
const SizeLimit: u64 = 1 << 20

let lower: u32 = 0
let upper: u32 = 0

/** Reads the structure at `hpa`. */
export function readMultiboot2(hpa: u64): bool {
  if (!isReachable(hpa, 8) || !isReachable(hpa, hw.load32(hpa))) {
    report(Problem.InformationUnreachable, hpa)
    return false
  }
  lower = 0
  upper = 0
  const end = hpa + min(<u64>hw.load32(hpa), SizeLimit)
  let at = hpa + 8
  let ended = false
  while (!ended && at + 8 <= end) {
    const type = hw.load32(at)
    const size: u64 = hw.load32(at + 4)
    if (size < 8 || size > end - at || size < minimum(type)) break
    if (type == Tag.End) ended = true
    else readTag(type, at, <u32>size)
    at += (size + 7) & ~7
  }
  if (!ended) report(Problem.TagBroken, at)
  if (memoryRangeCount() == 0) {
    report(Problem.MemoryMapMissing, 0)
    addBasicMemory(lower, upper)
  }
  return true
}

/** The least size of a tag whose fields are read. */
function minimum(type: u32): u64 {
  switch (type) {
    case Tag.Module: return 16
    case Tag.BasicMemory: return 16
    case Tag.MemoryMap: return 16
    case Tag.Framebuffer: return 32
    case Tag.EfiSystemTable64: return 16
    case Tag.RsdpOld: return 28
    case Tag.RsdpNew: return 44
  }
  return 8
}

function readTag(type: u32, at: u64, size: u32): void {
  switch (type) {
    case Tag.BootLoaderName: return keepBootLoader(at + 8, size - 8)
    case Tag.Module: return addBootModule(hw.load32(at + 8), hw.load32(at + 12))
    case Tag.BasicMemory: {
      lower = hw.load32(at + 8)
      upper = hw.load32(at + 12)
      return
    }
    case Tag.MemoryMap: return readMemoryMap(at, size)
    case Tag.Framebuffer: return readFramebuffer(at + 8, size >= 38 ? at + 32 : 0)
    case Tag.RsdpOld: return keepRsdp(rootPointers().older, at + 8, size - 8)
    case Tag.RsdpNew: return keepRsdp(rootPointers().newer, at + 8, size - 8)
    case Tag.EfiSystemTable64: rootPointers().efiSystemTable = hw.load64(at + 8)
  }
}

function readMemoryMap(tag: u64, size: u32): void {
  // Later versions may only make an entry longer.
  const step: u64 = hw.load32(tag + 8)
  if (step < 24 || (step & 7) != 0) {
    report(Problem.MemoryMapBroken, tag)
    return
  }
  for (let at = tag + 16; at + step <= tag + size; at += step) addMemoryRange(hw.load64(at), hw.load64(at + 8), hw.load32(at + 16))
}
