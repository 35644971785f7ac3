/** A driver of virtio-blk for measurements: requests lie in the ring ready to be made, as many as there are slots, and an interrupt tells of those that ended. VIRTIO 1.2, 5.2. */
import { linear, load32, load8, readTsc, store16, store32, store64, store8 } from '../platform/hw'
import { agree, configuration, findVirtio, notifyByPort, sendMessages, startQueue, Version1 } from '../platform/virtio'
import { lookFor } from './code'

@inline const BlockDevice: u32 = 2
@inline const Flush: u64 = 1 << 9 // VIRTIO_BLK_F_FLUSH
const SectorBytes: u32 = 512
const HeaderBytes: u32 = 16

/** Flags of descriptors. 2.7.5. */
const Next: u32 = 1
const Written: u32 = 2 // by the device

/** Types of requests. 5.2.6. */
export namespace Type {
  export const In: u32 = 0
  export const Out: u32 = 1
  export const Flush: u32 = 4
}

/** Requests that can be under way at once. */
export const Slots: u32 = 32
/** Bytes that each moves. */
export const BlockBytes: u32 = 4096
/** A power of two: three descriptors for each. */
const QueueSize: u32 = 128

const rings = memory.data(QueueSize * 16 + 8 + QueueSize * 2 + 8 + QueueSize * 8, 4096)
@inline function descriptors(): u64 { return linear(rings) }
@inline function driver(): u64 { return descriptors() + QueueSize * 16 }
@inline function device(): u64 { return driver() + 8 + QueueSize * 2 }

const data = memory.data(Slots * BlockBytes, 4096)
const headers = memory.data(Slots * HeaderBytes, 16)
const statuses = memory.data(Slots)

let next: u32 = 0
/** Blocks of the disk. */
export let blockCount: u32 = 0

/** Finds the disk and starts it; false when there is none. Its messages are of this vector. */
export function startDisk(vector: u32): bool {
  if (!findVirtio(BlockDevice) || !agree(Version1 | Flush)) return false
  blockCount = <u32>((<u64>load32(configuration + 4) << 32 | load32(configuration)) / (BlockBytes / SectorBytes))
  for (let slot: u32 = 0; slot < Slots; slot++) describe(slot * 3 + 2, linear(statuses) + slot, 1, Written, 0)
  sendMessages(true, vector, false)
  return startQueue(QueueSize, descriptors(), driver(), device())
}

function describe(index: u32, gpa: u64, length: u32, flags: u32, following: u32): void {
  store64(descriptors() + (<u64>index << 4), gpa)
  store64(descriptors() + (<u64>index << 4) + 8, length | <u64>(flags | following << 16) << 32)
}

/** Puts a request into a slot that is free, and into the ring. */
export function prepare(slot: u32, type: u32, block: u64): void {
  store32(linear(headers) + slot * HeaderBytes, type)
  store64(linear(headers) + slot * HeaderBytes + 8, block * (BlockBytes / SectorBytes))
  store8(linear(statuses) + slot, 0xFF)
  describe(slot * 3, linear(headers) + slot * HeaderBytes, HeaderBytes, Next, type == Type.Flush ? slot * 3 + 2 : slot * 3 + 1)
  describe(slot * 3 + 1, linear(data) + slot * BlockBytes, BlockBytes, type == Type.In ? Next | Written : Next, slot * 3 + 2)
  store16(driver() + 4 + ((next % QueueSize) << 1), slot * 3)
  next = (next + 1) & 0xFFFF
}

/** The TSC before the last notification. */
export let begin: u64 = 0

/** Shows the device what was prepared, notifies it once, and waits with interrupts on until all of it has ended; how often it has looked. */
export function carryOut(): u64 {
  store16(driver() + 2, next)
  begin = readTsc()
  notifyByPort()
  return lookFor(device() + 2, next)
}

/** Whether the request in a slot has ended well. */
export function isWell(slot: u32): bool { return load8(linear(statuses) + slot) == 0 }
