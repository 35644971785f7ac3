/** A chain of buffers that a driver made available, as it was when it was taken: later writes to the ring change nothing of it. */
import * as ram from '../../capability/ram'
import { isRam } from '../ram'

/** Most buffers of one chain: as many as a queue can have descriptors, also of an indirect one. */
export const ChainLimit: u32 = 256

/** One buffer: guest physical memory, all of which is RAM. */
@unmanaged export class Range {
  gpa: u64
  length: u32
}

/** What a chain is given back by. */
@unmanaged export class ChainName {
  id: u32 //        what the driver knows it by
  slots: u32 //     descriptors of a packed ring that it takes up
}

@unmanaged export class Chain extends ChainName {
  count: u32 //     ranges
  readable: u32 //  of them, which come first; the others are for the device to write

  /** Range `index`, below `count`. */
  @inline range(index: u32): Range { return changetype<Range>(changetype<usize>(this) + 16 + (<usize>index << 4)) }
}

/** Bytes of a Chain with its ranges. */
export const ChainBytes: u32 = 16 + ChainLimit * 16

/** Forgets what it had. */
export function clear(chain: Chain): void {
  chain.count = 0
  chain.readable = 0
}

/** Adds a buffer; false when there are too many, it is empty or not RAM, or one to be read comes behind one to be written (2.6.4.2 of virtio 1.2). */
export function add(chain: Chain, gpa: u64, length: u32, writable: bool): bool {
  const count = chain.count
  if (count == ChainLimit || length == 0 || !isRam(gpa, length) || !writable && chain.readable != count) return false
  const range = chain.range(count)
  range.gpa = gpa
  range.length = length
  chain.count = count + 1
  if (!writable) chain.readable = count + 1
  return true
}

/** Bytes of what the driver has to say. */
export function readableBytes(chain: Chain): u64 {
  let bytes: u64 = 0
  for (let index: u32 = 0; index < chain.readable; index++) bytes += chain.range(index).length
  return bytes
}

/** Copies `length` bytes of what the driver has to say, from byte `offset` of it on, to `target`, each once; false when there are fewer. Where one buffer ends and the next begins is nothing to go by (2.7.4.1). */
export function read(chain: Chain, offset: u32, target: usize, length: u32): bool {
  for (let index: u32 = 0; index < chain.readable && length != 0; index++) {
    const range = chain.range(index)
    const skipped = min(offset, range.length)
    const piece = min(length, range.length - skipped)
    offset -= skipped
    if (piece == 0) continue
    if (!take(target, range.gpa + skipped, piece)) return false
    target += piece
    length -= piece
  }
  return length == 0
}

/** A header, two words, is read in place: a call would take longer. */
@inline function take(target: usize, gpa: u64, length: u32): bool {
  if (length != 16) return ram.copyOut(target, gpa, length)
  store<u64>(target, ram.read64(gpa))
  store<u64>(target, ram.read64(gpa + 8), 8)
  return true
}
