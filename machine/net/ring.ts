/** A ring of capability/net.ts: chains on their way to the nucleus and back, in their order. */
import { NetRingBytes, NetSegment, NetSegments, NetSlot, NetSlots, offer as offerSlots, ring as place, withdraw } from '../../capability/net'
import { Chain, ChainName } from '../virtio/chain'

/** What a slot's chain is given back by, and its queue. */
@unmanaged export class SlotName extends ChainName {
  queue: u32
  reserved: u32
}
const NameBytes: u32 = 16

@unmanaged export class Ring {
  interface: u32
  number: u32 //       one of NetRing
  memory: usize //     NetRingBytes, then NetSlots × SlotName
  done: u32 //         index of the first slot that has not come back
  offered: u32 //      of the first that is free
  firstSegment: u32 // of `done`
  nextSegment: u32
  reserved: u32
}
export const RingBytes: u32 = 32

@inline export function slotAt(ring: Ring, index: u32): NetSlot { return changetype<NetSlot>(ring.memory + (<usize>(index % NetSlots) << 4)) }
@inline export function nameAt(ring: Ring, index: u32): SlotName { return changetype<SlotName>(ring.memory + NetRingBytes + <usize>(index % NetSlots) * NameBytes) }
/** A segment by its index, as slots have it. */
@inline export function segmentAt(ring: Ring, index: u32): NetSegment { return changetype<NetSegment>(ring.memory + (NetSlots << 4) + (<usize>(index % NetSegments) << 4)) }

/** Makes the memory of ring `number` of an interface. */
export function make(ring: Ring, ofInterface: u32, number: u32): void {
  ring.interface = ofInterface
  ring.number = number
  ring.memory = heap.alloc(NetRingBytes + NetSlots * NameBytes)
}

/** Empties it, as after power-on. */
export function reset(ring: Ring): void {
  clear(ring)
  place(ring.interface, ring.number, ring.memory)
}

/** True when a chain of `segments` ranges has room. */
export function hasRoom(ring: Ring, segments: u32): bool {
  return ring.offered - ring.done < NetSlots && ring.nextSegment - ring.firstSegment + segments <= NetSegments
}

/** Adds a chain's ranges from `first` up to, but without, `end`, which have room. */
export function add(ring: Ring, chain: Chain, first: u32, end: u32, bytes: u32, queue: u32): void {
  const slot = slotAt(ring, ring.offered)
  slot.first = ring.nextSegment
  slot.count = end - first
  slot.bytes = bytes
  slot.slots = 0
  for (let index = first; index < end; index++) {
    const range = chain.range(index)
    const segment = segmentAt(ring, ring.nextSegment++)
    segment.gpa = range.gpa
    segment.length = range.length
  }
  const name = nameAt(ring, ring.offered++)
  name.id = chain.id
  name.slots = chain.slots
  name.queue = queue
}

/** Gives the nucleus what was added; the index of the first slot that it has not done. */
export function offer(ring: Ring): u32 { return offerSlots(ring.interface, ring.number, ring.offered) }

/** The first slot has come back and is free. */
export function free(ring: Ring): void {
  ring.firstSegment += slotAt(ring, ring.done).count
  ring.done++
}

/** Adds the first slot, which has come back, once more, for something else. */
export function again(ring: Ring): void {
  const before = ring.done
  const count = slotAt(ring, before).count
  const name = nameAt(ring, before)
  const id = name.id
  const slots = name.slots
  const queue = name.queue
  let from = slotAt(ring, before).first
  free(ring)
  const slot = slotAt(ring, ring.offered)
  slot.first = ring.nextSegment
  slot.count = count
  slot.slots = 0
  // Where the new places meet the old ones they are the same or have been read.
  for (let index: u32 = 0; index < count; index++) {
    const gpa = segmentAt(ring, from).gpa
    const length = segmentAt(ring, from++).length
    const segment = segmentAt(ring, ring.nextSegment++)
    segment.gpa = gpa
    segment.length = length
  }
  const next = nameAt(ring, ring.offered++)
  next.id = id
  next.slots = slots
  next.queue = queue
}

/** Takes everything back from the nucleus, which touches none of it from now on. The slots from `done` to `offered` keep their names until `clear`. */
export function takeBack(ring: Ring): void { withdraw(ring.interface, ring.number) }

/** Empties it, once it was taken back. */
export function clear(ring: Ring): void {
  ring.done = 0
  ring.offered = 0
  ring.firstSegment = 0
  ring.nextSegment = 0
}
