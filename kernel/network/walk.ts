/** A walk along the memory that a slot of a ring names: a guest's, or a driver's own. What sandboxes write there is read once and believed no further. */
import { NetSegment, NetSegments, NetSlot, NetSlots } from '../../capability/net'
import { ramAt } from '../capability/ram'
import * as hw from '../hw'
import { Frame } from '../memory/block'
import { DirectBase } from '../memory/layout'
import { isOwnMemory, Sandbox } from '../sandbox/sandbox'
import { NoVm } from '../security/capabilities'
import { vmAt } from '../vm/vm'
import { Port, Ring } from './port'

@unmanaged export class Walk {
  box: usize //    whose memory it is, a Sandbox
  ring: u64 //     where its slots are
  segment: u32 //  that comes next
  segments: u32 // that are left
  address: u64 //  of what is left of this one, as its owner calls it
  length: u64
  va: u64 //       of the piece that lies together
  span: u64
}
export const WalkBytes: u32 = 0x38

const filled: usize = memory.data(8, 8)

@inline function slotAt(walk: Walk, index: u32): u64 { return walk.ring + (<u64>(index % NetSlots) << 4) }

/** Begins with slot `index`, which is copied to `slot`. */
export function begin(walk: Walk, port: Port, ring: Ring, index: u32, slot: NetSlot): void {
  walk.box = changetype<usize>(port.box)
  walk.ring = port.box.linear + ring.address
  store<u64>(changetype<usize>(slot), hw.peek(slotAt(walk, index)))
  store<u64>(changetype<usize>(slot), hw.peek(slotAt(walk, index) + 8), 8)
  walk.segment = slot.first
  walk.segments = min(slot.count, NetSegments)
  walk.length = walk.span = 0
}

/** Begins with memory of a sandbox's own, in one piece; none when it is not its. */
export function beginAt(walk: Walk, box: Sandbox, address: usize, length: u32): void {
  walk.segments = 0
  walk.length = 0
  walk.va = box.linear + address
  walk.span = isOwnMemory(box, address, length) ? length : 0
}

/** Writes how many bytes slot `index` has got, and how many slots the frame has that begins there. */
export function finish(walk: Walk, index: u32, bytes: u32, slots: u32): void {
  store<u64>(filled, <u64>slots << 32 | bytes)
  hw.copyToVirtual(slotAt(walk, index) + offsetof<NetSlot>('bytes'), filled, 8)
}

/** Finds the next piece; false at the end, or where what is named is not there. */
function advance(walk: Walk): bool {
  if (walk.length == 0) {
    if (walk.segments == 0) return false
    walk.segments--
    const segment = walk.ring + (NetSlots << 4) + (<u64>(walk.segment++ % NetSegments) << 4)
    walk.address = hw.peek(segment + offsetof<NetSegment>('gpa'))
    walk.length = hw.peek(segment + offsetof<NetSegment>('length'))
  }
  const box = changetype<Sandbox>(walk.box)
  if (box.vm != NoVm) {
    const hpa = ramAt(vmAt(box.vm), walk.address)
    if (hpa == 0) return false
    walk.va = DirectBase + hpa
    walk.span = min(walk.length, Frame.LargeBytes - (walk.address & Frame.LargeBytes - 1))
  } else {
    if (walk.address >> 32 != 0 || !isOwnMemory(box, <usize>walk.address, <u32>walk.length)) return false
    walk.va = box.linear + walk.address
    walk.span = walk.length
  }
  walk.address += walk.span
  walk.length -= walk.span
  return walk.span != 0
}

/** Moves as many bytes as lie together on both sides, `bytes` at most; 0 when `from` ends, u64.MAX_VALUE when `to` does. */
export function move(to: Walk, from: Walk, bytes: u64): u64 {
  if (from.span == 0 && !advance(from)) return 0
  if (to.span == 0 && !advance(to)) return u64.MAX_VALUE
  const count = min(bytes, min(to.span, from.span))
  hw.copyVirtual(to.va, from.va, count)
  skip(to, count)
  skip(from, count)
  return count
}

@inline function skip(walk: Walk, bytes: u64): void {
  walk.va += bytes
  walk.span -= bytes
}

/** Passes over `bytes`; false when there are fewer. */
export function pass(walk: Walk, bytes: u64): bool {
  while (bytes != 0) {
    if (walk.span == 0 && !advance(walk)) return false
    const count = min(bytes, walk.span)
    skip(walk, count)
    bytes -= count
  }
  return true
}
