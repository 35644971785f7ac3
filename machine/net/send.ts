/** Queues that transmit: chains go to the nucleus as they are, virtio_net_hdr and all. VIRTIO 1.2, 5.1.6.2. */
import { NetFrameLimit, NetRing } from '../../capability/net'
import { NetHeader } from '../../capability/virtionet'
import { Chain, readableBytes } from '../virtio/chain'
import { drop, isAbandoned, queueAt } from '../virtio/device'
import { Queue } from '../virtio/queue'
import { give, putBack, refuse } from '../virtio/virtqueue'
import { countPackets } from './coalescing'
import { Interface, ringAt } from './interface'
import { add, clear, free, hasRoom, nameAt, offer, takeBack } from './ring'

/** Sends a chain that was taken; false when there is no room, and it has been put back. */
export function send(it: Interface, queue: Queue, index: u32, chain: Chain): bool {
  const bytes = readableBytes(chain)
  if (bytes < NetHeader.Bytes) refuse(queue)
  else if (bytes > NetFrameLimit) give(queue, chain, 0) // no wire carries it
  else {
    const ring = ringAt(it, NetRing.Send)
    if (!hasRoom(ring, chain.readable)) {
      putBack(queue, chain)
      return false
    }
    add(ring, chain, 0, chain.readable, <u32>bytes, index)
  }
  return true
}

/** Gives the nucleus what was added, and the driver what has been sent. */
export function collectSent(it: Interface): void {
  const ring = ringAt(it, NetRing.Send)
  if (ring.done == ring.offered) return
  const until = offer(ring)
  const moderated = it.coalescing.moderated
  let answered: u32 = 0
  while (ring.done != until) {
    const name = nameAt(ring, ring.done)
    const queue = queueAt(it, name.queue)
    free(ring)
    if (isAbandoned(it, queue)) drop(it, queue)
    else {
      give(queue, name, 0)
      const bit: u32 = 1 << name.queue
      answered |= bit
      if (moderated & bit) countPackets(it.coalescing, name.queue, 1)
    }
  }
  it.answered |= answered
}

/** Nothing more is sent of what has not been. */
export function recallSent(it: Interface): void {
  const ring = ringAt(it, NetRing.Send)
  takeBack(ring)
  const end = ring.offered
  const first = ring.done
  for (let index = first; index != end; index++) drop(it, queueAt(it, nameAt(ring, index).queue))
  clear(ring)
}
