/** A ring of capability/net.ts, of pages of the driver's own memory on their way to the nucleus and back, in their order. */
import { NetRingBytes, NetSegment, NetSegments, NetSlot, NetSlots, offer as offerSlots, ring as place, withdraw } from '../../capability/net'

/** A frame or a buffer begins in a page, which lies in one piece for the card also. */
export const PageBytes: u32 = 4096
/** Pages of a ring at most: each has a slot, then, and a segment. */
export const PageLimit: u32 = NetSlots

@unmanaged export class Ring {
  number: u32 //      one of NetRing
  done: u32 //        index of the first slot that has not come back
  added: u32 //       of the first that is free
  nextSegment: u32
  memory: usize //    NetRingBytes
  pages: usize //     PageLimit of them
}

@inline export function slotAt(ring: Ring, index: u32): NetSlot { return changetype<NetSlot>(ring.memory + (<usize>(index % NetSlots) << 4)) }
@inline function segmentAt(ring: Ring, index: u32): NetSegment { return changetype<NetSegment>(ring.memory + (NetSlots << 4) + (<usize>(index % NetSegments) << 4)) }
@inline export function pageAt(ring: Ring, page: u32): usize { return ring.pages + <usize>page * PageBytes }

/** Says which ring it is, and where it lies with its pages. */
export function make(ring: Ring, number: u32, memory: usize, pages: usize): void {
  ring.number = number
  ring.memory = memory
  ring.pages = pages
  place(0, number, memory)
}
export const RingMemory: u32 = NetRingBytes

/** Takes all back from the nucleus. */
export function empty(ring: Ring): void {
  withdraw(0, ring.number)
  ring.done = 0
  ring.added = 0
  ring.nextSegment = 0
}

/** Adds a slot with `bytes` of a page from `offset` on: a buffer, or a frame that begins there. */
export function add(ring: Ring, page: u32, offset: u32, bytes: u32): void {
  const slot = slotAt(ring, ring.added++)
  slot.first = ring.nextSegment
  slot.count = 0
  slot.bytes = 0
  slot.slots = 0
  extend(ring, page, offset, bytes)
}

/** The frame that was added last goes on in another page. */
export function extend(ring: Ring, page: u32, offset: u32, bytes: u32): void {
  const slot = slotAt(ring, ring.added - 1)
  slot.count++
  slot.bytes += bytes
  const segment = segmentAt(ring, ring.nextSegment++)
  segment.gpa = pageAt(ring, page) + offset
  segment.length = bytes
}

/** Gives the nucleus what was added; the index of the first slot that it has not done. */
export function offer(ring: Ring): u32 { return offerSlots(0, ring.number, ring.added) }

/** The page of segment `number` of a slot that has come back. */
export function pageOf(ring: Ring, slot: NetSlot, number: u32): u32 {
  return (<u32>segmentAt(ring, slot.first + number).gpa - <u32>ring.pages) / PageBytes
}

/** Slots that the frame in the first one has, which has come back like all before `until`. */
export function slotsOf(ring: Ring, until: u32): u32 { return min(max(slotAt(ring, ring.done).slots, 1), until - ring.done) }

/** Offers the buffer of the first slot, which has come back, once more: what is in it goes nowhere. */
export function drop(ring: Ring): void {
  const page = pageOf(ring, slotAt(ring, ring.done++), 0)
  add(ring, page, 0, PageBytes)
}
