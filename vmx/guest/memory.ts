import { load16, load32, load64, load8, store16, store32, store64, store8 } from '../../kernel/hw'
import { sizeMask } from '../../capability/operand'
import { raiseAbsent } from './fault'
import { forgetWalks } from './walkcache'

/** What `hostAddress` answers for a guest physical address that is not RAM. */
@inline export const NotRam: u64 = u64.MAX_VALUE

/** Guest RAM is granted in blocks of 2 MiB. */
@inline const BlockShift: u64 = 21
@inline const BlockMask: u64 = (1 << BlockShift) - 1
@inline const FrameShift: u64 = 12
@inline const LowRamEnd: u64 = 0xC000_0000
@inline const LowRamGap: u64 = 1 << 30

// The VM whose vCPU this CPU runs.
let blockTable: usize = 0
let blockCount: u64 = 0
let mmioRead: (gpa: u64, size: u32) => u64 = unbackedRead
let mmioWrite: (gpa: u64, size: u32, value: u64) => void = unbackedWrite
let isAbsent: (gpa: u64) => bool = neverAbsent

function unbackedRead(gpa: u64, size: u32): u64 { return u64.MAX_VALUE }
function unbackedWrite(gpa: u64, size: u32, value: u64): void { /* nothing is there to take it */ }
function neverAbsent(gpa: u64): bool { return false }

/**
 * Chooses the VM. `blocks` is a table of `count` u32, one for each 2 MiB of guest physical space from 0: the host frame number
 * (hpa >> 12) of the 2 MiB host block that backs it, or 0 where there is no RAM. To be called again when the table changes.
 */
export function setGuest(blocks: usize, count: u32): void {
  blockTable = blocks
  blockCount = count
  forgetWalks()
}

/** Where accesses outside RAM go: size is 1, 2, 4 or 8 and never crosses an 8-byte boundary. The value read may have any upper bits. */
export function setMmio(read: (gpa: u64, size: u32) => u64, write: (gpa: u64, size: u32, value: u64) => void): void {
  mmioRead = read
  mmioWrite = write
}

/** Who says of what is not backed that it is RAM all the same, which is to come first. */
export function setAbsence(absent: (gpa: u64) => bool): void { isAbsent = absent }

/** True for a device's address and for RAM, unless that has to come first: then fault.ts says so. Most are devices', where no RAM is. */
@inline export function isReady(gpa: u64): bool { return gpa - LowRamEnd < LowRamGap || isThere(gpa) }

function isThere(gpa: u64): bool {
  if (hostAddress(gpa) != NotRam || !isAbsent(gpa)) return true
  raiseAbsent(gpa)
  return false
}

/** The host physical address behind a guest physical one, or NotRam. */
@inline export function hostAddress(gpa: u64): u64 {
  const block = gpa >> BlockShift
  if (block >= blockCount) return NotRam
  const frame = <u64>load<u32>(blockTable + (<usize>block << 2))
  return frame == 0 ? NotRam : (frame << FrameShift) + (gpa & BlockMask)
}

/** The same for a store: what memory lies below 4 GiB above RAM is firmware, and takes none. */
@inline export function writableAddress(gpa: u64): u64 { return gpa - LowRamEnd < LowRamGap ? NotRam : hostAddress(gpa) }

/** Loads `size` (1 to 8) bytes that lie in one page, zero-extended. RAM is read at once where the size is a power of two. */
export function readPhysical(gpa: u64, size: u32): u64 {
  const hpa = hostAddress(gpa)
  if (hpa == NotRam) {
    if (isWhole(gpa, size)) return mmioRead(gpa, size) & sizeMask(size)
  } else {
    switch (size) {
      case 1: return load8(hpa)
      case 2: return load16(hpa)
      case 4: return load32(hpa)
      case 8: return load64(hpa)
    }
  }
  return readPieces(gpa, size)
}

/** Stores the low `size` (1 to 8) bytes of `value` to bytes that lie in one page. */
export function writePhysical(gpa: u64, size: u32, value: u64): void {
  const hpa = writableAddress(gpa)
  if (hpa == NotRam) {
    if (isWhole(gpa, size)) return mmioWrite(gpa, size, value & sizeMask(size))
  } else {
    switch (size) {
      case 1: return store8(hpa, <u32>value)
      case 2: return store16(hpa, <u32>value)
      case 4: return store32(hpa, <u32>value)
      case 8: return store64(hpa, value)
    }
  }
  writePieces(gpa, size, value)
}

/** True where a device sees one access. */
@inline function isWhole(gpa: u64, size: u32): bool { return (size & (size - 1)) == 0 && (<u32>gpa & 7) + size <= 8 }

/** The largest naturally aligned access at `gpa` within `left` bytes. */
@inline function piece(gpa: u64, left: u32): u32 {
  let size: u32 = 8
  while (size > left || <u32>gpa & (size - 1)) size >>= 1
  return size
}

function readPieces(gpa: u64, size: u32): u64 {
  let value: u64 = 0
  for (let done: u32 = 0; done < size;) {
    const step = piece(gpa + done, size - done)
    value |= readPhysical(gpa + done, step) << (<u64>done << 3)
    done += step
  }
  return value
}

function writePieces(gpa: u64, size: u32, value: u64): void {
  for (let done: u32 = 0; done < size;) {
    const step = piece(gpa + done, size - done)
    writePhysical(gpa + done, step, value >> (<u64>done << 3))
    done += step
  }
}
