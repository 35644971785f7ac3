/** What the driver and a device agree upon, and the queue. VIRTIO 1.2, 5.2.2 and 5.2.3. */
import { AccessPlatform, OrderPlatform, RingIndirectDescriptors, Version1 } from '../../capability/virtio'
import { agree, agreed, entriesOf, giveQueue, greet } from '../virtio/negotiate'
import { BlkSize, Discard, Flush, ReadOnly, SegMax, SizeMax, Topology, WriteZeroes } from './registers'
import { isIndirect, prepareSlots, queue, slotCount } from './slot'
import { takeFeatures } from './unit'

@inline const Understood: u64 = SizeMax | SegMax | ReadOnly | BlkSize | Flush | Topology | Discard | WriteZeroes | RingIndirectDescriptors | Version1 | AccessPlatform | OrderPlatform

/** Descriptors of the shortest request: header, data, status. */
const ShortestChain: u32 = 3

let size: u32 = 0

/** Agrees, and gives the device its queue. Answers why it cannot be used, or nothing. */
export function negotiate(): string {
  const reason = agree(greet() & Understood)
  if (reason.length) return reason
  takeFeatures(agreed)
  const entries = entriesOf(queue().number)
  if (entries <= ShortestChain) return 'its queue is too short'
  const indirect = (agreed & RingIndirectDescriptors) != 0
  if (slotCount == 0) {
    size = entries
    prepareSlots(size, indirect)
  } else if (entries < size || indirect != isIndirect) return 'its queue is another than before'
  return giveQueue(queue(), size)
}
