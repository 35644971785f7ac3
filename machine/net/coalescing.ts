/**
 * Interrupts that are held back until there is more to tell of, or some time has passed, as the driver wants it: what came back it can see at once.
 * VIRTIO 1.3, 5.1.6.5.9, Notifications Coalescing.
 */
import * as clock from '../../capability/clock'
import { NetQueueLimit } from '../../capability/net'
import { advanceDeadline, Deadline } from '../deadlines'
import { Queue } from '../virtio/queue'
import { show } from '../virtio/virtqueue'

@inline const NanosecondsOfMicrosecond: u64 = 1000

/** Of one queue. Where either limit is 0 nothing is held back. */
@unmanaged class Moderation {
  since: u64 //           when the first came back of what the driver was not told of
  packets: u32 //         that came back since
  maxPackets: u32
  maxMicroseconds: u32
  reserved: u32
}
const ModerationBytes: u32 = 24

@unmanaged export class Coalescing {
  moderated: u32 // bit n: queue n was given limits
  held: u32 //      bit n: the driver was not told of what came back by queue n

  @inline of(queue: u32): Moderation { return changetype<Moderation>(changetype<usize>(this) + 8 + <usize>queue * ModerationBytes) }
}

/** Bytes of a Coalescing with all queues, that of commands too. */
export const CoalescingBytes: u32 = 8 + (NetQueueLimit * 2 + 1) * ModerationBytes

/** As after a reset: nothing is held back. */
export function resetCoalescing(it: Coalescing): void { memory.fill(changetype<usize>(it), 0, CoalescingBytes) }

/** Sets the limits of every other queue from `first` up to, but without, `end`. What is held back may be due by them. */
export function setLimits(it: Coalescing, first: u32, end: u32, maxPackets: u32, maxMicroseconds: u32): void {
  for (let index = first; index < end; index += 2) {
    it.of(index).maxPackets = maxPackets
    it.of(index).maxMicroseconds = maxMicroseconds
    it.moderated |= 1 << index
  }
}

/** Counts packets that came back by a queue with limits. */
@inline export function countPackets(it: Coalescing, index: u32, packets: u32): void { it.of(index).packets += packets }

/**
 * True when the driver is not to be told yet of what came back by a queue with limits, but only shown it: the deadline is when it is to be told at the latest. It is told earlier
 * of as much as the queue holds, since it may have nothing left to be given back.
 */
export function holdsBack(it: Coalescing, queue: Queue, index: u32): bool {
  const moderation = it.of(index)
  if (queue.unsignalled - 1 < queue.size - 1 && moderation.packets < moderation.maxPackets && !queue.faulty) {
    const now = clock.now()
    if (!(it.held & 1 << index)) moderation.since = now
    const due = moderation.since + moderation.maxMicroseconds * NanosecondsOfMicrosecond
    if (now < due) {
      it.held |= 1 << index
      advanceDeadline(Deadline.NetInterrupt, due)
      show(queue)
      return true
    }
  }
  release(it, index)
  return false
}

/** Nothing of a queue is held back any more. */
export function release(it: Coalescing, index: u32): void {
  it.held &= ~(1 << index)
  it.of(index).packets = 0
}
