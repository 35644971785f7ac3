/** The bytes of a frame that has come, wherever its buffers let them lie: it begins in the first slot of the ring that has not been given back. */
import * as ram from '../../capability/ram'
import { Ring, segmentAt, slotAt } from './ring'

/** Bytes of it, virtio_net_hdr included, in its first `slots` slots. */
export function bytesOf(ring: Ring, slots: u32): u32 {
  let bytes: u32 = 0
  for (let index: u32 = 0; index < slots; index++) bytes += slotAt(ring, ring.done + index).bytes
  return bytes
}

/** How many bytes of it lie at `place` in one piece. */
export let together: u32 = 0

/** Where its byte `offset` is, in guest memory; u64.MAX_VALUE, which is none, behind its end. */
export function place(ring: Ring, slots: u32, offset: u32): u64 {
  for (let index: u32 = 0; index < slots; index++) {
    const slot = slotAt(ring, ring.done + index)
    let left = slot.bytes
    for (let number: u32 = 0; number < slot.count && left != 0; number++) {
      const segment = segmentAt(ring, slot.first + number)
      const length = min(segment.length, left)
      if (offset < length) {
        together = length - offset
        return segment.gpa + offset
      }
      offset -= length
      left -= length
    }
  }
  together = 0
  return u64.MAX_VALUE
}

/** Copies `length` bytes of it from `offset` on; false when there are fewer. They are few, and each access is cheaper than asking for all. */
export function read(ring: Ring, slots: u32, offset: u32, target: usize, length: u32): bool {
  while (length != 0) {
    const gpa = place(ring, slots, offset)
    const piece = min(length, together)
    if (piece == 0) return false
    let at: u32 = 0
    for (; at + 8 <= piece; at += 8) store<u64>(target + at, ram.read64(gpa + at))
    for (; at < piece; at++) store<u8>(target + at, ram.read8(gpa + at))
    target += piece
    offset += piece
    length -= piece
  }
  return true
}
