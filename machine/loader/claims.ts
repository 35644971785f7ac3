/** Which guest memory is spoken for while a VM is being loaded, so that no two things are put in one place. */
import * as ram from '../../capability/ram'
import { HIGH_RAM_BASE, LOW_RAM_LIMIT, Layout } from '../layout'

/** [start, end) of guest physical memory. */
@unmanaged class Claim {
  start: u64
  end: u64
}

/** Answer of the searches when nothing fits. */
@inline export const NOWHERE: u64 = u64.MAX_VALUE

/** More than any loader makes: segments, modules, their command lines and the boot information. */
const CAPACITY: u32 = 512
const table = memory.data(512 * 16)
let count: u32 = 0

let lowEnd: u64 = 0
let highEnd: u64 = 0

/** Forgets all claims and takes what is never the kernel's: what is not RAM, and the firmware's areas. */
export function clear(): void {
  const size = ram.size()
  lowEnd = min(size, LOW_RAM_LIMIT)
  highEnd = size > LOW_RAM_LIMIT ? HIGH_RAM_BASE + (size - LOW_RAM_LIMIT) : HIGH_RAM_BASE
  count = 0
  add(0, Layout.BiosDataEnd)
  add(Layout.ExtendedBiosData, Layout.HighMemory)
  add(lowEnd, HIGH_RAM_BASE)
  add(highEnd, u64.MAX_VALUE)
}

/** End of the RAM that starts at 0. */
export function lowRamEnd(): u64 { return lowEnd }

/** End of the RAM that starts at 4 GiB; 4 GiB when there is none. */
export function highRamEnd(): u64 { return highEnd }

/** True when every byte of the range is RAM. */
export function isRam(start: u64, length: u64): bool {
  if (start < lowEnd) return length <= lowEnd - start
  return start >= HIGH_RAM_BASE && start < highEnd && length <= highEnd - start
}

/** True when the range is RAM that nobody has claimed. */
export function isFree(start: u64, length: u64): bool {
  return isRam(start, length) && conflict(start, start + max(length, 1)) == null
}

/** Takes a range; what else it overlaps is the caller's affair. False when the table is full. */
export function claim(start: u64, length: u64): bool {
  return length == 0 || add(start, start + length)
}

/** The lowest free place of `length` bytes, aligned to a power of two, in [from, to); NOWHERE when there is none. */
export function lowest(length: u64, alignment: u64, from: u64, to: u64): u64 {
  let candidate = align(from, alignment)
  const space = max(length, 1)
  while (candidate >= from && candidate < to && space <= to - candidate) {
    const other = conflict(candidate, candidate + space)
    if (other == null) return candidate
    const next = align(other.end, alignment)
    if (next <= candidate) break
    candidate = next
  }
  return NOWHERE
}

/** The highest free place of `length` bytes, aligned to a power of two, in [from, to); NOWHERE when there is none. */
export function highest(length: u64, alignment: u64, from: u64, to: u64): u64 {
  const space = max(length, 1)
  let limit = to
  while (limit >= from && space <= limit - from) {
    const candidate = (limit - space) & ~(alignment - 1)
    if (candidate < from) break
    const other = conflict(candidate, candidate + space)
    if (other == null) return candidate
    limit = other.start
  }
  return NOWHERE
}

/** Finds and takes a place for boot information: in its own area if it fits there, else anywhere below 640 KiB, else below 4 GiB. */
export function takeLow(length: u64, alignment: u64): u64 {
  let place = lowest(length, alignment, Layout.BootInformation, Layout.BootInformationEnd)
  if (place == NOWHERE) place = lowest(length, alignment, Layout.LowFree, Layout.ExtendedBiosData)
  if (place == NOWHERE) place = lowest(length, alignment, Layout.HighMemory, HIGH_RAM_BASE)
  return place != NOWHERE && claim(place, max(length, 1)) ? place : NOWHERE
}

/** Rounds up to a power of two; near 0 when that overflows, which the search notices. */
function align(address: u64, alignment: u64): u64 { return (address + alignment - 1) & ~(alignment - 1) }

function conflict(start: u64, end: u64): Claim | null {
  for (let i: u32 = 0; i < count; i++) {
    const other = changetype<Claim>(table + <usize>i * offsetof<Claim>())
    if (start < other.end && other.start < end) return other
  }
  return null
}

function add(start: u64, end: u64): bool {
  if (start >= end) return true
  if (count == CAPACITY) return false
  const entry = changetype<Claim>(table + <usize>count * offsetof<Claim>())
  entry.start = start
  entry.end = end
  count++
  return true
}
