/**
 * A virtqueue, split or packed, from the device's side: chains are taken, given back, and published all at once. What the driver wrote
 * is read once and checked; a ring that cannot be is a fault, after which nothing is taken until the driver resets the device.
 */
import { isRam } from '../ram'
import { comesAndGoes, isThere } from './absent'
import { Chain, ChainName } from './chain'
import * as packed from './packed'
import { Care, Queue, QueueLimit, Taken } from './queue'
import * as split from './split'

/** As after reset: disabled, of the greatest size. */
export function reset(queue: Queue): void {
  memory.fill(changetype<usize>(queue), 0, offsetof<Queue>())
  queue.size = QueueLimit
}

/** Begins to be used, by what the driver set; a queue that cannot be is faulty. */
export function enable(queue: Queue, ofPacked: bool, eventIndex: bool, indirect: bool): void {
  queue.enabled = true
  queue.packed = ofPacked
  queue.eventIndex = eventIndex
  queue.indirect = indirect
  queue.nextWrap = true
  queue.usedWrap = true
  queue.next = 0
  queue.used = 0
  queue.unsignalled = 0
  const isRing = ofPacked ? isPlaced(queue, 4, 4, 4) : (queue.size & (queue.size - 1)) == 0 && isPlaced(queue, 2, 6 + 2 * queue.size, 6 + 8 * queue.size)
  queue.care = !isRing ? Care.Fault : comesAndGoes ? Care.Absence : Care.None
}

/** Takes the next chain that the driver made available; nothing while it names memory that is not there. Then the queue is served again once it is. */
export function take(queue: Queue, chain: Chain): u32 {
  if (queue.faulty) return Taken.Fault
  const taken = queue.packed ? packed.take(queue, chain) : split.take(queue, chain)
  if (taken == Taken.Chain) {
    queue.underWay++
    if (queue.care != Care.None) return awaitMemory(queue, chain)
  } else if (taken == Taken.Fault) queue.care = Care.Fault
  return taken
}

function awaitMemory(queue: Queue, chain: Chain): u32 {
  queue.isAwaiting = !isThere(chain)
  if (!queue.isAwaiting) return Taken.Chain
  putBack(queue, chain)
  return Taken.Nothing
}

/** From now on chains of a queue are taken whatever memory they name. */
export function takeAny(queue: Queue): void { if (!queue.faulty) queue.care = Care.None }

/** Puts the chain that was taken last back, to be taken again: the device has no room for it. */
export function putBack(queue: Queue, chain: Chain): void {
  queue.underWay--
  if (queue.packed) packed.putBack(queue, chain)
  else split.putBack(queue)
}

/** The chain that was taken last is none that the device understands: a fault, as one of the ring. */
export function refuse(queue: Queue): void {
  queue.underWay--
  queue.care = Care.Fault
}

/** Gives a chain back, of which the device wrote the first `written` bytes. */
export function give(queue: Queue, chain: ChainName, written: u32): void {
  queue.underWay--
  if (queue.packed) packed.give(queue, chain, written)
  else split.give(queue, chain, written)
}

/** Shows the driver what was given back, and decides on an interrupt later. That of a packed queue it sees already. */
export function show(queue: Queue): void { if (!queue.packed) split.show(queue) }

/** Shows the driver what was given back; true when it wants an interrupt for it. */
export function publish(queue: Queue): bool {
  if (queue.unsignalled == 0) return false
  const wanted = queue.packed ? packed.publish(queue) : split.publish(queue)
  queue.unsignalled = 0
  return wanted
}

/** Asks the driver for a notification of the next chain; true when there is one already that can be taken. */
export function listen(queue: Queue): bool { return (queue.packed ? packed.listen(queue) : split.listen(queue)) && !queue.isAwaiting }

/** Asks it for none. */
export function ignore(queue: Queue): void {
  if (queue.packed) packed.ignore(queue)
  else split.ignore(queue)
}

/** All three areas are RAM and lie at multiples of what they have to. 2.7 and 2.8. */
function isPlaced(queue: Queue, driverAlignment: u32, driverBytes: u32, deviceBytes: u32): bool {
  return !(queue.descriptors & 15) && !(queue.driver & (driverAlignment - 1)) && !(queue.device & 3) &&
    isRam(queue.descriptors, queue.size << 4) && isRam(queue.driver, driverBytes) && isRam(queue.device, deviceBytes)
}
