/** Parts of requests that devices are carrying out: blocks that lie in a row in the volume and on the device, or a piece of one block. */
import * as storage from '../../capability/storage'

export namespace PartKind {
  export const None: u32 = 0
  export const Read: u32 = 1 // whole blocks
  export const Write: u32 = 2
  export const ReadPiece: u32 = 3 // a piece of a block, by way of a scratch block
  export const FetchPiece: u32 = 4 // a piece is to be written: the block that it belongs in is read
  export const FillPiece: u32 = 5 // the block is in the scratch block, and waits to be written
  export const WritePiece: u32 = 6
}

export const PartLimit: u32 = 512
/** Most blocks of a part. */
export const PartBlocks: u32 = 32

@unmanaged export class Part {
  kind: u32
  request: u32
  volume: u32
  offset: u32 //    of its first byte in the request
  block: u64 //     of the volume, the first
  data: u64 //      of the pool, the first: where it is read or written
  old: u64 //       where the block is that a piece is written to
  generation: u64 // in which it began, of one that reads
  count: u32 //     blocks
  mapped: u32 //    how many of them were written and mapped
  sub: u32 //       of a piece: its first sector in the block
  sectors: u32 //   of a piece
  scratch: u32
  next: u32 //      number + 1 of the next that is free
  attempts: u32 //  to write it
  /** Address of the checksum of a block. */
  @inline checksum(index: u32): usize { return changetype<usize>(this) + 80 + (<usize>index << 2) }
}
const PartShift: usize = 8
const parts: usize = memory.data(512 << 8, 8)
let free: u32 = 0
let scratches: u32 = 0 // a bit for each that is taken
let pieces: u32 = 0 // that are being written
let limit: u32 = 0 // parts from here on were never used

@inline export function part(number: u32): Part { return changetype<Part>(parts + (<usize>number << PartShift)) }
@inline export function numberOfPart(it: Part): u32 { return <u32>((changetype<usize>(it) - parts) >> PartShift) }

export function clearParts(): void {
  memory.fill(parts, 0, <usize>PartLimit << PartShift)
  free = scratches = pieces = limit = 0
}

/** CRC-32C of a block that was transferred. */
export function checksumOf(it: Part, index: u32): u32 {
  const isWhole = it.kind <= PartKind.Write
  return storage.checksum(isWhole ? it.request : storage.Memory.Scratch + it.scratch, isWhole ? it.offset + (index << 12) : 0, 4096)
}

/** A part of a kind; null when all are taken, or all scratch blocks are if it needs one. */
export function takePart(kind: u32): Part | null {
  const needsScratch = kind >= PartKind.ReadPiece
  if (needsScratch && scratches == u32.MAX_VALUE) return null
  if (free == 0 && limit == PartLimit) return null
  const taken = part(free == 0 ? limit++ : free - 1)
  if (free != 0) free = taken.next
  taken.kind = kind
  taken.mapped = 0
  taken.count = 1
  if (needsScratch) {
    taken.scratch = ctz(~scratches)
    scratches |= 1 << taken.scratch
    if (kind != PartKind.ReadPiece) pieces++
  }
  return taken
}

export function givePart(it: Part): void {
  if (it.kind >= PartKind.ReadPiece) scratches &= ~(1 << it.scratch)
  if (it.kind >= PartKind.FetchPiece) pieces--
  it.kind = PartKind.None
  it.next = free
  free = numberOfPart(it) + 1
}

/** True while some of these blocks are being written, as pieces or, if `alsoWhole`, at all: what is read of them now is not what they will be. */
export function isBeingWritten(volume: u32, block: u64, count: u64, alsoWhole: bool): bool {
  if (pieces == 0 && !alsoWhole) return false
  for (let number: u32 = 0; number < limit; number++) {
    const other = part(number)
    const writes = other.kind >= PartKind.FetchPiece || alsoWhole && other.kind == PartKind.Write
    if (writes && other.volume == volume && other.block < block + count && block < other.block + other.count) return true
  }
  return false
}
/** Parts that wait to be written from their scratch blocks, from `begin` on; PartLimit when there is none. */
export function nextFilled(begin: u32): u32 {
  if (pieces == 0) return PartLimit
  for (let number = begin; number < limit; number++) if (part(number).kind == PartKind.FillPiece) return number
  return PartLimit
}
