/** A split virtqueue: its descriptors in one page, its rings in another. VIRTIO 1.2, 2.7. */
import { physical, shared16, shared32 } from '../../capability/device'
import { notify } from './transport'

/** What is contiguous for the device: this much of memory, at multiples of it. */
export const PageBytes: u32 = 4096

/** A descriptor, as a power of 2, and as many as a page has room for. 2.7.5. */
export const DescriptorShift: u32 = 4
export const QueueLimit: u32 = PageBytes >> DescriptorShift

export namespace DescriptorFlag {
  export const Next: u32 = 1
  export const Write: u32 = 2 // by the device
  export const Indirect: u32 = 4
}

/** Where the device's ring lies in its page, behind the driver's: flags, index, and then ids or elements. 2.7.6 and 2.7.8. */
const UsedOffset: u32 = 0x400
const ElementShift: u32 = 3

/** VIRTQ_AVAIL_F_NO_INTERRUPT, of the flags of the driver's ring. */
const NoInterrupt: u16 = 1

@unmanaged export class Queue {
  descriptors: usize // their page
  rings: usize //       theirs
  number: u32
  size: u32
  available: u32 // next index of the driver's ring
  told: u32 //      that the device has been shown
  used: u32 //      next index of the device's
  doorbell: u32
}

/** Says which queue it is, and the two pages that it has. */
export function make(queue: Queue, number: u32, pages: usize): void {
  queue.number = number
  queue.descriptors = pages
  queue.rings = pages + PageBytes
}

/** Empties both rings; `entries` is a power of 2. */
export function clear(queue: Queue, entries: u32): void {
  queue.size = entries
  queue.available = 0
  queue.told = 0
  queue.used = 0
  memory.fill(queue.descriptors, 0, PageBytes)
  memory.fill(queue.rings, 0, PageBytes)
}

export function descriptorsPhysical(queue: Queue): u64 { return physical(queue.descriptors) }
export function driverPhysical(queue: Queue): u64 { return physical(queue.rings) }
export function devicePhysical(queue: Queue): u64 { return physical(queue.rings) + UsedOffset }

/** The place of descriptor `index`. */
@inline export function descriptorAt(queue: Queue, index: u32): usize { return queue.descriptors + (<usize>index << DescriptorShift) }

export function writeDescriptor(at: usize, address: u64, bytes: u32, flags: u32, next: u32): void {
  store<u64>(at, address)
  store<u32>(at, bytes, 8)
  store<u32>(at, flags | next << 16, 12)
}

/** Makes the chain that begins at a descriptor available, which the device sees with `publish`. */
export function push(queue: Queue, head: u32): void {
  store<u16>(queue.rings + 4 + (<usize>(queue.available & queue.size - 1) << 1), <u16>head)
  queue.available = queue.available + 1 & 0xffff
}

/** Shows the device what was pushed, if anything was. */
export function publish(queue: Queue): void {
  if (queue.told == queue.available) return
  queue.told = queue.available
  // The device may be looking: what it finds there must have been written before. Reading what it writes keeps the compiler from moving that, and x86 does not.
  shared16(queue.rings + UsedOffset)
  store<u16>(queue.rings, <u16>queue.available, 2)
  notify(queue.doorbell, queue.number)
}

/** Whether the device is to tell when it has used something, which it may do all the same. 2.7.7. */
export function setInterrupts(queue: Queue, wanted: bool): void { store<u16>(queue.rings, wanted ? 0 : NoInterrupt) }

/** How many elements the device has used and that were not passed; more than there can be when it means harm. */
export function usedCount(queue: Queue): u32 { return shared16(queue.rings + UsedOffset + 2) - queue.used & 0xffff }

@inline function upcoming(queue: Queue): usize { return queue.rings + UsedOffset + 4 + (<usize>(queue.used & queue.size - 1) << ElementShift) }

/** How many bytes the device says that it wrote for the next chain that was used. */
export function usedBytes(queue: Queue): u32 { return shared32(upcoming(queue) + 4) }

/** The head of that chain, which is passed. */
export function pop(queue: Queue): u32 {
  const head = shared32(upcoming(queue))
  queue.used = queue.used + 1 & 0xffff
  return head
}
