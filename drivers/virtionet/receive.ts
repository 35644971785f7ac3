/** Frames that come: the device has pages, which go to the nucleus when there is a frame in them, and come back. VIRTIO 1.2, 5.1.6.3 and 5.1.6.4. */
import { physical, shared16 } from '../../capability/device'
import { NetFrameLimit } from '../../capability/net'
import { NetHeader } from '../../capability/virtionet'
import { Exchange } from '../net/card'
import { arrived, card } from '../net/life'
import { add, extend, offer, pageAt, pageOf, PageBytes, PageLimit, slotAt } from '../net/ring'
import { DescriptorFlag, descriptorAt, pop, publish, push, usedBytes, usedCount, writeDescriptor } from '../virtio/queue'
import { queueAt, QueueNumber } from './queues'

const NoPage: u32 = u32.MAX_VALUE

/** Of each page, whether the device has it. */
const given = memory.data(PageLimit)
let canMerge: bool = false
/** Bytes in the page that was taken last. */
let written: u32 = 0

/** Gives the device all the pages that its queue has entries for: descriptor n is of page n. With `merge`, a frame may go on in other pages. */
export function prepareReceive(merge: bool): void {
  canMerge = merge
  for (let page: u32 = 0; page < queueAt(QueueNumber.Receive).size; page++) {
    writeDescriptor(descriptorAt(queueAt(QueueNumber.Receive), page), physical(pageAt(arrived(), page)), PageBytes, DescriptorFlag.Write, 0)
    give(page)
  }
}

function give(page: u32): void {
  store<u8>(given + page, 1)
  push(queueAt(QueueNumber.Receive), page)
}

/** Takes the frames that have come, and gives the device the pages that the nucleus has read; one of Exchange. */
export function exchangeReceived(): u32 {
  const queue = queueAt(QueueNumber.Receive)
  const count = usedCount(queue)
  if (count > queue.size) return Exchange.Nonsense
  for (let left = count; left;) {
    const buffers = takeFrame(left)
    if (buffers == 0) return Exchange.Nonsense
    left -= buffers
    card().received++
  }
  const ring = arrived()
  const before = ring.done
  for (const until = offer(ring); ring.done != until; ring.done++) {
    const slot = slotAt(ring, ring.done)
    for (let number: u32 = 0; number < slot.count; number++) give(pageOf(ring, slot, number))
  }
  publish(queue)
  return count != 0 || ring.done != before ? Exchange.Something : Exchange.Nothing
}

/** Takes a frame out of `left` pages at most; how many it is in, or 0 when that cannot be. */
function takeFrame(left: u32): u32 {
  const first = takePage()
  if (first == NoPage || written < NetHeader.Bytes) return 0
  add(arrived(), first, 0, written)
  // What was read is what counts: the device may change it.
  const buffers = canMerge ? shared16(pageAt(arrived(), first) + NetHeader.Buffers) : 1
  if (buffers == 0 || buffers > left) return 0
  let bytes = written
  for (let more = buffers - 1; more; more--) {
    const page = takePage()
    bytes += written
    if (page == NoPage || written == 0 || bytes > NetFrameLimit) return 0
    extend(arrived(), page, 0, written)
  }
  return buffers
}

/** The next page that the device has used, with `written` bytes in it. */
function takePage(): u32 {
  const queue = queueAt(QueueNumber.Receive)
  written = usedBytes(queue)
  const page = pop(queue)
  if (page >= queue.size || !load<u8>(given + page) || written > PageBytes) return NoPage
  store<u8>(given + page, 0)
  return page
}
