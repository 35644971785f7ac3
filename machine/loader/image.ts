/** The kernel's file, read through a small window. Offsets are checked by `contains` first; beyond the end everything reads 0. */
import { BootFile, read, size, toRam } from '../../capability/file'

const WINDOW_BYTES: u32 = 4096
const window = memory.data(4096)
let windowStart: u64 = 0
let windowLength: u64 = 0
let length: u64 = 0

/** Starts with the kernel's file. */
export function open(): void {
  length = size(BootFile.Kernel)
  windowLength = 0
}

/** Bytes in the file. */
/** The byte at a file offset. */
export function bytes(): u64 { return length }

/** True when the file has `count` bytes at `offset`. */
export function contains(offset: u64, count: u64): bool {
  return offset <= length && count <= length - offset
}

/** The byte at a file offset. */
export function byte(offset: u64): u32 { return reach(offset, 1) ? load<u8>(window + <usize>(offset - windowStart)) : 0 }
/** The 16 bits at a file offset, little-endian. */
export function word(offset: u64): u32 { return reach(offset, 2) ? load<u16>(window + <usize>(offset - windowStart)) : 0 }
/** The 32 bits at a file offset. */
export function dword(offset: u64): u32 { return reach(offset, 4) ? load<u32>(window + <usize>(offset - windowStart)) : 0 }
/** The 64 bits at a file offset. */
export function qword(offset: u64): u64 { return reach(offset, 8) ? load<u64>(window + <usize>(offset - windowStart)) : 0 }

/** Copies part of the file into guest RAM; false when the range leaves either. */
export function copy(offset: u64, gpa: u64, count: u64): bool {
  return count == 0 || toRam(BootFile.Kernel, offset, gpa, count)
}

function reach(offset: u64, count: u64): bool {
  if (!contains(offset, count)) return false
  if (offset >= windowStart && offset - windowStart + count <= windowLength) return true
  windowStart = offset
  windowLength = min<u64>(WINDOW_BYTES, length - offset)
  if (read(BootFile.Kernel, windowStart, window, <u32>windowLength)) return true
  windowLength = 0
  return false
}
