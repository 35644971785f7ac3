/** Frames that go: the nucleus has pages, which go to the device when there is a frame in them, and come back when it has been sent. VIRTIO 1.2, 5.1.6.2. */
import { physical } from '../../capability/device'
import { NetHeader } from '../../capability/virtionet'
import { Exchange } from '../net/card'
import { completeChecksum } from '../net/checksum'
import { card, leaving } from '../net/life'
import { add, drop, offer, pageAt, pageOf, PageBytes, PageLimit, slotAt, slotsOf } from '../net/ring'
import { DescriptorFlag, descriptorAt, pop, publish, push, usedCount, writeDescriptor } from '../virtio/queue'
import { queueAt, QueueNumber } from './queues'

/** Of each page where a frame begins that the device has: how many it is in. And of each the one that follows. 16 bits each: the device cannot mistake them. */
const lengths = memory.data(2 * PageLimit, 2)
const following = memory.data(2 * PageLimit, 2)
let hasChecksum: bool = false

@inline function lengthAt(page: u32): usize { return lengths + (<usize>page << 1) }
@inline function followingAt(page: u32): usize { return following + (<usize>page << 1) }

/** Offers the nucleus as many pages as the queue has entries: descriptor n is of page n. Checksums are the device's to complete, or not. */
export function prepareTransmit(checksum: bool): void {
  hasChecksum = checksum
  memory.fill(lengths, 0, 2 * PageLimit)
  for (let page: u32 = 0; page < queueAt(QueueNumber.Transmit).size; page++) add(leaving(), page, 0, PageBytes)
}

/** Takes back what has been sent, and sends what the nucleus has written; one of Exchange. */
export function exchangeTransmitted(): u32 {
  const queue = queueAt(QueueNumber.Transmit)
  const count = usedCount(queue)
  if (count > card().underWay) return Exchange.Nonsense
  for (let left = count; left; left--) if (!takeBack(pop(queue))) return Exchange.Nonsense
  const ring = leaving()
  const before = ring.done
  for (const until = offer(ring); ring.done != until;) {
    if (card().linkUp) send(slotsOf(ring, until))
    else drop(ring)
  }
  publish(queue)
  return count != 0 || ring.done != before ? Exchange.Something : Exchange.Nothing
}

/** The device has sent a frame, whose pages are free; false when it did not have it. */
function takeBack(first: u32): bool {
  if (first >= queueAt(QueueNumber.Transmit).size) return false
  const length = load<u16>(lengthAt(first))
  if (length == 0) return false
  store<u16>(lengthAt(first), 0)
  card().underWay--
  card().sent++
  let page = first
  for (let left: u32 = length; left; left--) {
    const next = load<u16>(followingAt(page))
    add(leaving(), page, 0, PageBytes)
    page = next
  }
  return true
}

/** Sends the frame in the next slots, a page each. */
function send(slots: u32): void {
  const queue = queueAt(QueueNumber.Transmit)
  const ring = leaving()
  const first = pageOf(ring, slotAt(ring, ring.done), 0)
  let page = first
  for (let number: u32 = 0; number < slots; number++) {
    const slot = slotAt(ring, ring.done + number)
    const isLast = number == slots - 1
    const next = isLast ? 0 : pageOf(ring, slotAt(ring, ring.done + number + 1), 0)
    writeDescriptor(descriptorAt(queue, page), physical(pageAt(ring, page)), min(slot.bytes, PageBytes), isLast ? 0 : DescriptorFlag.Next, next)
    store<u16>(followingAt(page), <u16>next)
    page = next
  }
  // How many buffers a frame is in is told in the other direction only (5.1.6.2.1).
  store<u16>(pageAt(ring, first) + NetHeader.Buffers, 0)
  if (!hasChecksum) completeChecksum(pageAt(ring, first), min(slotAt(ring, ring.done).bytes, PageBytes))
  store<u16>(lengthAt(first), <u16>slots)
  card().underWay++
  push(queue, first)
  ring.done += slots
}
