/** Queue 0, a split virtqueue: its descriptors in one page, its rings in another. VIRTIO 1.2, 2.7. */
import { physical, shared16, shared32 } from '../../capability/device'

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

const descriptorPage = memory.data(PageBytes, 4096)
const ringPage = memory.data(PageBytes, 4096)
let size: u32 = 0
let available: u32 = 0 // next index of the driver's ring
let told: u32 = 0
let used: u32 = 0 //      next index of the device's

/** Empties both rings; `entries` is a power of 2. */
export function clear(entries: u32): void {
  size = entries
  available = 0
  told = 0
  used = 0
  memory.fill(descriptorPage, 0, PageBytes)
  memory.fill(ringPage, 0, PageBytes)
}

export function descriptorsPhysical(): u64 { return physical(descriptorPage) }
export function driverPhysical(): u64 { return physical(ringPage) }
export function devicePhysical(): u64 { return physical(ringPage) + UsedOffset }

/** The place of descriptor `index`. */
export function descriptorAt(index: u32): usize { return descriptorPage + (<usize>index << DescriptorShift) }

export function writeDescriptor(at: usize, address: u64, bytes: u32, flags: u32, next: u32): void {
  store<u64>(at, address)
  store<u32>(at, bytes, 8)
  store<u32>(at, flags | next << 16, 12)
}

/** Makes the chain that begins at a descriptor available, which the device sees with `publish`. */
export function push(head: u32): void {
  store<u16>(ringPage + 4 + (<usize>(available & size - 1) << 1), <u16>head)
  available = available + 1 & 0xffff
}

/** Shows the device what was pushed; false when nothing was. */
export function publish(): bool {
  if (told == available) return false
  told = available
  // The device may be looking: what it finds there must have been written before. Reading what it writes keeps the compiler from moving that, and x86 does not.
  shared16(ringPage + UsedOffset)
  store<u16>(ringPage, <u16>available, 2)
  return true
}

/** How many elements the device has used and that were not passed; more than there can be when it means harm. */
export function usedCount(): u32 { return shared16(ringPage + UsedOffset + 2) - used & 0xffff }

/** The head of the next chain that was used, which is passed. */
export function pop(): u32 {
  const head = shared32(ringPage + UsedOffset + 4 + (<usize>(used & size - 1) << ElementShift))
  used = used + 1 & 0xffff
  return head
}
