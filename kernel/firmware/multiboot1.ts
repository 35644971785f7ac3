/** Boot information by Multiboot 1. Multiboot specification 0.6.96, 3.3. */
import * as hw from '../hw'
import { ScreenType } from '../../capability/screen'
import { addBootModule, Framebuffer, framebuffer } from './bootinformation'
import { keepBootLoader } from './bootloader'
import { addMemoryRange, Available, memoryRangeCount } from './memorymap'
import { isReachable } from './physical'
import { Problem, report } from './problems'

/** Bits of `flags`: which fields are there. */
namespace Flag {
  export const Memory: u32 = 1 << 0
  export const Modules: u32 = 1 << 3
  export const MemoryMap: u32 = 1 << 6
  export const BootLoaderName: u32 = 1 << 9
  export const Framebuffer: u32 = 1 << 12
}

/** Offsets in the information structure. */
namespace Field {
  export const Flags: u64 = 0
  export const MemoryLower: u64 = 4
  export const MemoryUpper: u64 = 8
  export const ModuleCount: u64 = 20
  export const ModuleAddress: u64 = 24
  export const MemoryMapLength: u64 = 44
  export const MemoryMapAddress: u64 = 48
  export const BootLoaderName: u64 = 64
  export const Framebuffer: u64 = 88
  export const ColorInfo: u64 = 110
  export const End: u64 = 116
}

const ModuleBytes: u64 = 16
const TextLimit: u32 = 4096
// A loader would not list more, and a hostile length must not hold up the boot.
const MemoryMapLimit: u64 = 65536
const ModuleLimit: u32 = 256

/** Reads the structure at `hpa`. */
export function readMultiboot1(hpa: u64): bool {
  if (!isReachable(hpa, Field.End)) {
    report(Problem.InformationUnreachable, hpa)
    return false
  }
  const flags = hw.load32(hpa + Field.Flags)
  if ((flags & Flag.BootLoaderName) != 0) keepBootLoader(hw.load32(hpa + Field.BootLoaderName), TextLimit)
  if ((flags & Flag.MemoryMap) != 0) readMemoryMap(hw.load32(hpa + Field.MemoryMapAddress), hw.load32(hpa + Field.MemoryMapLength))
  if (memoryRangeCount() == 0) {
    report(Problem.MemoryMapMissing, 0)
    if ((flags & Flag.Memory) != 0) addBasicMemory(hw.load32(hpa + Field.MemoryLower), hw.load32(hpa + Field.MemoryUpper))
  }
  if ((flags & Flag.Modules) != 0) readModules(hw.load32(hpa + Field.ModuleAddress), hw.load32(hpa + Field.ModuleCount))
  if ((flags & Flag.Framebuffer) != 0) readFramebuffer(hpa + Field.Framebuffer, hpa + Field.ColorInfo)
  return true
}

/** Basic memory information: KiB from 0 and KiB from 1 MiB. */
export function addBasicMemory(lower: u32, upper: u32): void {
  addMemoryRange(0, <u64>min<u32>(lower, 640) << 10, Available)
  addMemoryRange(0x10_0000, <u64>upper << 10, Available)
}

function readMemoryMap(address: u64, length: u64): void {
  const end = address + min(length, MemoryMapLimit)
  let at = address
  while (at + 24 <= end) {
    // `size` does not count itself.
    const size: u64 = isReachable(at, 24) ? hw.load32(at) : 0
    if (size < 20) {
      report(Problem.MemoryMapBroken, at)
      return
    }
    addMemoryRange(hw.load64(at + 4), hw.load64(at + 12), hw.load32(at + 20))
    at += size + 4
  }
}

function readModules(address: u64, count: u32): void {
  if (count > ModuleLimit) report(Problem.TooManyModules, address)
  for (let index: u32 = 0; index < min(count, ModuleLimit); index++) {
    const module = address + <u64>index * ModuleBytes
    if (!isReachable(module, ModuleBytes)) {
      report(Problem.InformationUnreachable, module)
      return
    }
    addBootModule(hw.load32(module), hw.load32(module + 4))
  }
}

/** Fields that lie alike in Multiboot 1 and 2, and at `colors`, unless that is 0, six bytes in the order of the Screen record. */
export function readFramebuffer(hpa: u64, colors: u64): void {
  const screen = framebuffer()
  screen.address = hw.load64(hpa)
  screen.pitch = hw.load32(hpa + 8)
  screen.width = hw.load32(hpa + 12)
  screen.height = hw.load32(hpa + 16)
  screen.bitsPerPixel = hw.load8(hpa + 20)
  screen.type = hw.load8(hpa + 21)
  if (screen.type != ScreenType.Rgb || colors == 0) return
  const kept = changetype<usize>(screen) + offsetof<Framebuffer>('redPosition')
  for (let index: u32 = 0; index < 6; index++) store<u8>(kept + index, <u8>hw.load8(colors + index))
}
