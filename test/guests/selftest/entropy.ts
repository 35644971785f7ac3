/** A driver of virtio's entropy device: what a test needs of VIRTIO 1.2. One queue, whose requests are made one after the other. */
import { ticksOf } from '../platform/clock'
import { linear, load16, load32, load64, pause, readTsc, store16, store64 } from '../platform/hw'
import { agree, findVirtio, notify, Packed, startQueue } from '../platform/virtio'

@inline const EntropyDevice: u32 = 4
const Patience: u64 = 500_000 // microseconds

const rings = memory.data(3 * 8192)
/** Where requests are answered. */
export const buffer: usize = memory.data(4096, 16)

// Each on a page of its own.
@inline function descriptors(): u64 { return (linear(rings) + 4095) & ~<u64>4095 }
@inline function driver(): u64 { return descriptors() + 4096 }
@inline function device(): u64 { return descriptors() + 8192 }

let size: u32 = 0
let isPacked = false
let next: u32 = 0
let wrap: u32 = 1

/** Finds the device; false when there is none. */
export function findEntropy(): bool { return findVirtio(EntropyDevice) }

/** Resets the device and starts it with one queue; true when it agrees. */
export function startEntropy(features: u64, queueSize: u32): bool {
  if (!agree(features)) return false
  isPacked = (features & Packed) != 0
  size = queueSize
  next = 0
  wrap = 1
  memory.fill(rings, 0, 3 * 8192)
  return startQueue(size, descriptors(), driver(), device())
}

/** One descriptor; `last` is the next one of a split ring, the id of a packed one. */
export function describe(index: u32, gpa: u64, length: u32, flags: u32, last: u32): void {
  const at = descriptors() + (<u64>index << 4)
  store64(at, gpa)
  store64(at + 8, isPacked ? length | <u64>last << 32 | <u64>flags << 48 : length | <u64>flags << 32 | <u64>last << 48)
}

/** Makes the chain from descriptor `head` of a split ring available, and notifies. `jump` is how far the index goes. */
export function offer(head: u32, jump: u32 = 1): void {
  store16(driver() + 4 + ((next % size) << 1), head)
  next = (next + jump) & 0xFFFF
  store16(driver() + 2, next)
  notify()
}

/** Has `length` bytes written to the buffer; how many the device says, or 0 when it does not answer. */
export function request(length: u32): u32 { return isPacked ? requestPacked(length) : requestSplit(length) }

function requestSplit(length: u32): u32 {
  describe(next % size, linear(buffer), length, 2, 0)
  const index = next
  offer(index % size)
  for (const end = readTsc() + ticksOf(Patience); load16(device() + 2) != next;) {
    if (readTsc() > end) return 0
    pause()
  }
  return load32(device() + 4 + ((index % size) << 3)) == index % size ? load32(device() + 8 + ((index % size) << 3)) : 0
}

function requestPacked(length: u32): u32 {
  const index = next
  const bits: u32 = wrap ? 1 << 7 : 1 << 15
  describe(index, linear(buffer), length, 2 | bits, 0x1234)
  if (++next == size) next = 0
  const used: u32 = wrap ? 1 << 7 | 1 << 15 : 0
  if (next == 0) wrap ^= 1
  notify()
  const at = descriptors() + (<u64>index << 4) + 8
  for (const end = readTsc() + ticksOf(Patience); (<u32>(load64(at) >> 48) & (1 << 7 | 1 << 15)) != used;) {
    if (readTsc() > end) return 0
    pause()
  }
  return (<u32>(load64(at) >> 32) & 0xFFFF) == 0x1234 ? <u32>load64(at) : 0
}
