/** Queues that receive: buffers go to the nucleus and come back with frames. VIRTIO 1.2, 5.1.6.3 and 5.1.6.4. */
import { NetRing } from '../../capability/net'
import * as ram from '../../capability/ram'
import { ControlVlan, GuestChecksum, NetHeader } from '../../capability/virtionet'
import { Chain } from '../virtio/chain'
import { drop, queueAt } from '../virtio/device'
import { Queue } from '../virtio/queue'
import { give, putBack, refuse } from '../virtio/virtqueue'
import { completeChecksum } from './checksum'
import { countPackets } from './coalescing'
import { Mode, wantsAddress, wantsVlan } from './filter'
import { Interface, ringAt, wanted } from './interface'
import { place, read, together } from './received'
import { add, again, clear, free, hasRoom, nameAt, offer, Ring, slotAt, takeBack } from './ring'

/** Behind virtio_net_hdr: the addresses, the type and a tag. */
const LinkBytes: u32 = 18
const TagOffset: u32 = 12
const link: usize = memory.data(24, 8)

@inline function ringOf(it: Interface, index: u32): Ring { return ringAt(it, NetRing.FirstReceive + (index >> 1)) }

/** Offers a buffer that was taken; false when there is no room, and it has been put back. */
export function post(it: Interface, queue: Queue, index: u32, chain: Chain): bool {
  let bytes: u64 = 0
  for (let range = chain.readable; range < chain.count; range++) bytes += chain.range(range).length
  if (bytes < NetHeader.Bytes) {
    refuse(queue)
    return true
  }
  const ring = ringOf(it, index)
  if (!hasRoom(ring, chain.count - chain.readable)) {
    putBack(queue, chain)
    return false
  }
  add(ring, chain, chain.readable, chain.count, 0, index)
  return true
}

/** Gives the nucleus the buffers that were added, and the driver the frames that have come. */
export function collectReceived(it: Interface, index: u32): void {
  const ring = ringOf(it, index)
  if (ring.done == ring.offered) return
  const queue = queueAt(it, index)
  const until = offer(ring)
  const before = ring.offered
  let packets: u32 = 0
  while (ring.done != until) {
    const slots = min(max(slotAt(ring, ring.done).slots, 1), until - ring.done)
    if (isWanted(it, ring, slots)) {
      finishFrame(it, ring, slots)
      for (let slot: u32 = 0; slot < slots; slot++) {
        const name = nameAt(ring, ring.done)
        const bytes = slotAt(ring, ring.done).bytes
        free(ring)
        give(queue, name, bytes)
      }
      packets++
    } else for (let slot: u32 = 0; slot < slots; slot++) again(ring)
  }
  if (ring.offered != before) offer(ring)
  if (packets == 0) return
  if (it.coalescing.moderated & 1 << index) countPackets(it.coalescing, index, packets)
  it.answered |= 1 << index
}

/** The driver gets all its buffers back, as far as it is concerned. */
export function recallReceived(it: Interface, index: u32): void {
  const ring = ringOf(it, index)
  takeBack(ring)
  const queue = queueAt(it, index)
  const count = ring.offered - ring.done
  clear(ring)
  for (let slot: u32 = 0; slot < count; slot++) drop(it, queue)
}

/** True when the driver wants the frame that has come first. */
function isWanted(it: Interface, ring: Ring, slots: u32): bool {
  if (it.filter.mode & Mode.Promiscuous) return true
  const gpa = place(ring, slots, NetHeader.Bytes)
  const isTogether = together >= LinkBytes
  if (!isTogether) {
    memory.fill(link, 0, LinkBytes)
    read(ring, slots, NetHeader.Bytes, link, LinkBytes) // a shorter frame has no tag
  }
  if (!wantsAddress(it.filter, (isTogether ? ram.read64(gpa) : load<u64>(link)) & 0xffff_ffff_ffff)) return false
  if (!(it.accepted & ControlVlan)) return true
  const tag = isTogether ? ram.read32(gpa + TagOffset) : load<u32>(link + TagOffset)
  return bswap<u16>(<u16>tag) != 0x8100 || wantsVlan(it.filter, bswap<u16>(<u16>(tag >> 16)) & 0xfff)
}

/** How many buffers it is in, and what its driver does not do itself. */
function finishFrame(it: Interface, ring: Ring, slots: u32): void {
  if (slots > 1) {
    ram.write8(place(ring, 1, NetHeader.Buffers), slots & 0xff)
    ram.write8(place(ring, 1, NetHeader.Buffers + 1), slots >> 8)
  }
  if (!(wanted(it) & GuestChecksum)) completeChecksum(ring, slots)
}
