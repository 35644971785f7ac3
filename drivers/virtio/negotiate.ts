/** A device that was reset is told who drives it, agrees upon features, and is given its queues. VIRTIO 1.2, 3.1.1 and 4.1.5.1. */
import { Common, DeviceStatus, Version1 } from '../../capability/virtio'
import { clear, descriptorsPhysical, devicePhysical, driverPhysical, Queue, QueueLimit } from './queue'
import { Nothing16 } from './registers'
import { findDoorbell, hasMessages, NoDoorbell, readCommon16, readCommon32, readCommon8, writeCommon16, writeCommon32, writeCommon64, writeCommon8 } from './transport'

/** The message, the only one: its number 0. */
const Vector: u32 = 0

/** The features that were agreed upon. */
export let agreed: u64 = 0

/** The features that it offers to its driver. */
export function greet(): u64 {
  writeCommon8(Common.DeviceStatus, DeviceStatus.Acknowledge)
  writeCommon8(Common.DeviceStatus, DeviceStatus.Acknowledge | DeviceStatus.Driver)
  return feature(0) | <u64>feature(1) << 32
}

/** Agrees upon some of them. Answers why the device cannot be used, or nothing. */
export function agree(features: u64): string {
  if (!(features & Version1)) return 'it is older than virtio 1.0'
  agreed = features
  for (let half: u32 = 0; half < 2; half++) {
    writeCommon32(Common.DriverFeatureSelect, half)
    writeCommon32(Common.DriverFeature, <u32>(agreed >> (half << 5)))
  }
  writeCommon8(Common.DeviceStatus, DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk)
  if (hasMessages) writeCommon16(Common.ConfigurationVector, Vector)
  return readCommon8(Common.DeviceStatus) & DeviceStatus.FeaturesOk ? '' : 'it does not agree upon what it offers'
}

/** Entries that a queue of the device's is to have, a power of 2 (2.7), as many as a page has room for at most; 0 when there is no such queue. */
export function entriesOf(number: u32): u32 {
  writeCommon16(Common.QueueSelect, number)
  const most = min(readCommon16(Common.QueueSize), QueueLimit)
  return most ? 1 << (31 - clz(most)) : 0
}

/** Gives the device a queue with so many entries, empty. Answers why it cannot be used, or nothing. */
export function giveQueue(queue: Queue, entries: u32): string {
  clear(queue, entries)
  writeCommon16(Common.QueueSelect, queue.number)
  writeCommon16(Common.QueueSize, entries)
  if (hasMessages) {
    writeCommon16(Common.QueueVector, Vector)
    if (readCommon16(Common.QueueVector) == Nothing16 || readCommon16(Common.ConfigurationVector) == Nothing16) return 'it has no message to send'
  }
  writeCommon64(Common.QueueDescriptors, descriptorsPhysical(queue))
  writeCommon64(Common.QueueDriver, driverPhysical(queue))
  writeCommon64(Common.QueueDevice, devicePhysical(queue))
  queue.doorbell = findDoorbell()
  if (queue.doorbell == NoDoorbell) return 'its queue cannot be notified'
  writeCommon16(Common.QueueEnable, 1)
  return ''
}

/** From now on it works. */
export function finish(): void { writeCommon8(Common.DeviceStatus, DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk | DeviceStatus.DriverOk) }

function feature(half: u32): u32 {
  writeCommon32(Common.DeviceFeatureSelect, half)
  return readCommon32(Common.DeviceFeature)
}
