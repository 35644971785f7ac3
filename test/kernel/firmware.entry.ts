import { bootModule, framebuffer } from '../../kernel/firmware/bootinformation'
import * as map from '../../kernel/firmware/memorymap'
import { readBootInformation as read } from '../../kernel/firmware/multiboot'
import { appendBootLoader } from '../../kernel/firmware/bootloader'
import * as words from '../../kernel/log/text'
import { endEarly, initializeLog, logRing } from '../../kernel/log/log'
export { bootModuleCount } from '../../kernel/firmware/bootinformation'
export { addMemoryRange, clearRanges, memoryRangeCount, nextUsable, usableTop } from '../../kernel/firmware/memorymap'
export { setReach } from '../../kernel/firmware/physical'

/** What it says goes to the log, which begins anew. */
export function readBootInformation(magic: u32, hpa: u64): bool {
  initializeLog()
  endEarly()
  return read(magic, hpa)
}
export const logBuffer: usize = memory.data(65536)
export function readLog(): u32 { return logRing().read(logRing().begin, logBuffer, 65536) }

export function usableBase(): u64 { return map.usableBase }
export function usableEnd(): u64 { return map.usableEnd }
export function rangeBase(index: u32): u64 { return map.memoryRange(index).base }
export function rangeEnd(index: u32): u64 { return map.memoryRange(index).end }
export function rangeType(index: u32): u32 { return map.memoryRange(index).type }

/** The boot loader's name: its length, and where it is. */
export function bootLoader(): u32 {
  appendBootLoader()
  const size = words.size()
  words.clear()
  return size
}
export function bootLoaderAt(): usize { return words.address() }
export function moduleBase(index: u32): u64 { return bootModule(index).base }
export function moduleEnd(index: u32): u64 { return bootModule(index).end }
export function screen(field: u32): u64 {
  const s = framebuffer()
  switch (field) {
    case 0: return s.address
    case 1: return s.pitch
    case 2: return s.width
    case 3: return s.height
    case 4: return s.bitsPerPixel
    case 5: return s.type
    case 6: return s.redPosition
    case 7: return s.redSize
    case 8: return s.greenPosition
    case 9: return s.greenSize
    case 10: return s.bluePosition
  }
  return s.blueSize
}
