/** The memory map as the boot loader gave it, and the RAM that is left when overlaps are settled in favour of what is reserved. */
import { Problem, report } from './problems'

/** The type of RAM that may be used; any other is reserved. Multiboot 2 specification, 3.6.8 (the same number in Multiboot 1). */
export const Available: u32 = 1

/** One range of physical addresses; `end` is the first address behind it. */
@unmanaged export class MemoryRange {
  base: u64 //  00h
  end: u64 //   08h
  type: u32 //  10h
}

const Capacity: u32 = 256
const ranges: usize = memory.data(256 * 24, 8)
let count: u32 = 0

/** Forgets all ranges. */
export function clearRanges(): void { count = 0 }

/** Adds a range; an empty one is dropped and one that passes the end of the address space is cut there. */
export function addMemoryRange(base: u64, bytes: u64, type: u32): void {
  if (bytes == 0) return
  if (count == Capacity) {
    report(Problem.TooManyRanges, base)
    return
  }
  const range = memoryRange(count++)
  range.base = base
  range.end = base + bytes < base ? u64.MAX_VALUE : base + bytes
  range.type = type
}

/** How many ranges the map has. */
export function memoryRangeCount(): u32 { return count }

/** One range of the map, in the boot loader's order. */
export function memoryRange(index: u32): MemoryRange { return changetype<MemoryRange>(ranges + <usize>index * offsetof<MemoryRange>()) }

/** Where the usable range found by `nextUsable` begins. */
export let usableBase: u64 = 0
/** Where it ends. */
export let usableEnd: u64 = 0

/**
 * Finds the lowest usable RAM at or above `from`: available, and in no range of another type. Firmware maps do overlap.
 * Go through all of it with `for (let at: u64 = 0; nextUsable(at); at = usableEnd)`.
 */
export function nextUsable(from: u64): bool {
  let base = from
  // Each round passes the end of one more range, so there are no more rounds than ranges.
  for (let round: u32 = 0; round <= count; round++) {
    let start = u64.MAX_VALUE
    let end: u64 = 0
    for (let index: u32 = 0; index < count; index++) {
      const range = memoryRange(index)
      if (range.type != Available || range.end <= base) continue
      const first = max(range.base, base)
      if (first < start || first == start && range.end > end) {
        start = first
        end = range.end
      }
    }
    if (end == 0) return false
    base = start
    for (let index: u32 = 0; index < count; index++) {
      const range = memoryRange(index)
      if (range.type == Available || range.end <= start) continue
      if (range.base <= start) base = max(base, range.end)
      else end = min(end, range.base)
    }
    if (base == start) {
      usableBase = start
      usableEnd = end
      return true
    }
  }
  return false
}

/** True where any of the `bytes` from `address` on are usable RAM, or they pass the end of the address space. */
export function isRam(address: u64, bytes: u64): bool {
  if (address + bytes < address) return true
  for (let from: u64 = 0; nextUsable(from); from = usableEnd) if (address < usableEnd && usableBase < address + bytes) return true
  return false
}

/** Where the highest usable RAM ends: the top that the frame table must reach. */
export function usableTop(): u64 {
  let top: u64 = 0
  for (let at: u64 = 0; nextUsable(at); at = usableEnd) top = usableEnd
  return top
}
