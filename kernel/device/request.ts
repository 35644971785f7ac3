/** A request for a disk: what is to be done with which blocks, and the memory that it is about, by reference. */
import { BlockPart } from '../../capability/block'

@unmanaged export class Request {
  disk: u32 //      of whoever asks
  operation: u32 // DiskOperation
  tag: u32
  status: u32 //    DiskStatus
  block: u64
  blocks: u32
  done: u32 //      of them
  given: u32 //     of them, what the driver has now
  count: u32 //     parts of memory
  parts: usize //   where they lie: in this record, or in that of which this is a piece
  skip: u32 //      bytes of the parts before this begins
  about: u32 //     of the pool's: what it calls the request whose memory this is, + 1; 0: none's

  /** Where parts of its own lie. */
  @inline get own(): usize { return changetype<usize>(this) + 0x38 }
  @inline part(index: u32): BlockPart { return changetype<BlockPart>(this.parts + (<usize>index << 4)) }
}

/** Most parts of memory of one request: what fits in its page. */
export const PartLimit: u32 = 252

/** Adds bytes to what a request is about. What there is no room for is counted once, and the request is to be refused. */
export function addPart(request: Request, hpa: u64, bytes: u64): void {
  if (request.count > PartLimit) return
  const last = request.part(request.count - 1)
  if (request.count != 0 && last.physical + last.bytes == hpa) {
    last.bytes += <u32>bytes
    return
  }
  if (request.count++ == PartLimit) return
  const part = request.part(request.count - 1)
  part.physical = hpa
  part.bytes = <u32>bytes
}

/** Takes each piece of [offset, offset + bytes) of a request's memory, in order. */
export function forEachPart(request: Request, offset: u64, bytes: u64, take: (hpa: u64, span: u64) => void): void {
  let skip = request.skip + offset
  let rest = bytes
  for (let i: u32 = 0; i < request.count && rest != 0; i++) {
    const part = request.part(i)
    if (skip >= part.bytes) {
      skip -= part.bytes
      continue
    }
    const span = min(part.bytes - skip, rest)
    take(part.physical + skip, span)
    rest -= span
    skip = 0
  }
}
