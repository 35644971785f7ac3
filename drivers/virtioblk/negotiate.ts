/** A device that was reset is told who drives it, agrees upon features, and is given its queue. VIRTIO 1.2, 3.1.1 and 4.1.5.1. */
import { AccessPlatform, BlkSize, Common, Discard, Flush, IndirectDesc, Nothing16, OrderPlatform, ReadOnly, SegMax, SizeMax, Status, Topology, Version1, WriteZeroes } from './registers'
import { clear, descriptorsPhysical, devicePhysical, driverPhysical, QueueLimit } from './ring'
import { isIndirect, prepareSlots, slotCount } from './slot'
import { findDoorbell, readCommon16, readCommon32, readCommon8, writeCommon16, writeCommon32, writeCommon64, writeCommon8 } from './transport'
import { takeFeatures } from './unit'

@inline const Understood: u64 = SizeMax | SegMax | ReadOnly | BlkSize | Flush | Topology | Discard | WriteZeroes | IndirectDesc | Version1 | AccessPlatform | OrderPlatform

/** Descriptors of the shortest request: header, data, status. */
const ShortestChain: u32 = 3

/** The message, the only one: its number 0. */
const Vector: u32 = 0

let size: u32 = 0

/** Does all that but for DRIVER_OK. Answers why the device cannot be used, or nothing. */
export function negotiate(): string {
  writeCommon8(Common.Status, Status.Acknowledge)
  writeCommon8(Common.Status, Status.Acknowledge | Status.Driver)
  const offered = feature(0) | <u64>feature(1) << 32
  if (!(offered & Version1)) return 'it is older than virtio 1.0'
  const agreed = offered & Understood
  for (let half: u32 = 0; half < 2; half++) {
    writeCommon32(Common.DriverFeatureSelect, half)
    writeCommon32(Common.DriverFeature, <u32>(agreed >> (half << 5)))
  }
  writeCommon8(Common.Status, Status.Acknowledge | Status.Driver | Status.FeaturesOk)
  if (!(readCommon8(Common.Status) & Status.FeaturesOk)) return 'it does not agree upon what it offers'
  takeFeatures(agreed)
  return giveQueue((agreed & IndirectDesc) != 0)
}

/** From now on it takes requests. */
export function finish(): void { writeCommon8(Common.Status, Status.Acknowledge | Status.Driver | Status.FeaturesOk | Status.DriverOk) }

function feature(half: u32): u32 {
  writeCommon32(Common.DeviceFeatureSelect, half)
  return readCommon32(Common.DeviceFeature)
}

function giveQueue(indirect: bool): string {
  writeCommon16(Common.ConfigVector, Vector)
  writeCommon16(Common.QueueSelect, 0)
  const most = min(readCommon16(Common.QueueSize), QueueLimit)
  if (most <= ShortestChain) return 'its queue is too short'
  // A power of 2 (2.7).
  const entries: u32 = 1 << (31 - clz(most))
  if (slotCount == 0) {
    size = entries
    prepareSlots(size, indirect)
  } else if (entries < size || indirect != isIndirect) return 'its queue is another than before'
  clear(size)
  writeCommon16(Common.QueueSize, size)
  writeCommon16(Common.QueueVector, Vector)
  if (readCommon16(Common.QueueVector) == Nothing16 || readCommon16(Common.ConfigVector) == Nothing16) return 'it has no message to send'
  writeCommon64(Common.QueueDesc, descriptorsPhysical())
  writeCommon64(Common.QueueDriver, driverPhysical())
  writeCommon64(Common.QueueDevice, devicePhysical())
  if (!findDoorbell()) return 'its queue cannot be notified'
  writeCommon16(Common.QueueEnable, 1)
  return ''
}
