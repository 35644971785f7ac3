/** The common configuration structure. VIRTIO 1.2, 4.1.4.3. */
import { Common, RingEventIndex, RingIndirectDescriptors, RingPacked, RingReset } from '../../capability/virtio'
import { beginQueueReset, isNegotiating, queueAt, stop, VirtioDevice, writeStatus } from './device'
import { Queue, QueueLimit } from './queue'
import { NoVector } from './registers'
import { enable } from './virtqueue'

/** Reads the field at `offset`. */
export function readCommon(device: VirtioDevice, offset: u32): u32 {
  switch (offset) {
    case Common.DeviceFeatureSelect: return device.deviceFeatureSelect
    case Common.DeviceFeature: return half(device.offered, device.deviceFeatureSelect)
    case Common.DriverFeatureSelect: return device.driverFeatureSelect
    case Common.DriverFeature: return half(device.accepted, device.driverFeatureSelect)
    case Common.ConfigurationVector: return device.configurationVector
    case Common.QueueCount: return device.queueCount
    case Common.DeviceStatus: return device.status
    case Common.ConfigurationGeneration: return device.generation
    case Common.QueueSelect: return device.queueSelect
  }
  return device.queueSelect < device.queueCount ? readQueue(device, queueAt(device, device.queueSelect), offset) : 0
}

function readQueue(device: VirtioDevice, queue: Queue, offset: u32): u32 {
  switch (offset) {
    case Common.QueueSize: return queue.size
    case Common.QueueVector: return queue.vector
    case Common.QueueEnable: return u32(queue.enabled)
    case Common.QueueReset: return u32(queue.resetting)
    case Common.QueueNotifyOffset: return device.queueSelect
    case Common.QueueDescriptors: return half(queue.descriptors, 0)
    case Common.QueueDescriptors + 4: return half(queue.descriptors, 1)
    case Common.QueueDriver: return half(queue.driver, 0)
    case Common.QueueDriver + 4: return half(queue.driver, 1)
    case Common.QueueDevice: return half(queue.device, 0)
    case Common.QueueDevice + 4: return half(queue.device, 1)
  }
  return 0
}

/** Writes the field at `offset`. */
export function writeCommon(device: VirtioDevice, offset: u32, value: u32): void {
  switch (offset) {
    case Common.DeviceFeatureSelect:
      device.deviceFeatureSelect = value
      break
    case Common.DriverFeatureSelect:
      device.driverFeatureSelect = value
      break
    case Common.DriverFeature:
      if (isNegotiating(device)) device.accepted = withHalf(device.accepted, device.driverFeatureSelect, value)
      break
    case Common.ConfigurationVector:
      device.configurationVector = vector(device, value)
      break
    case Common.DeviceStatus:
      writeStatus(device, value & 0xff)
      break
    case Common.QueueSelect:
      device.queueSelect = value & 0xffff
      break
    default:
      if (device.queueSelect < device.queueCount) writeQueue(device, device.queueSelect, offset, value)
  }
}

/** What describes a queue is fixed while it is enabled. */
function writeQueue(device: VirtioDevice, index: u32, offset: u32, value: u32): void {
  const queue = queueAt(device, index)
  if (offset == Common.QueueVector) queue.vector = vector(device, value)
  else if (offset == Common.QueueReset) {
    if (value & 1 && device.accepted & RingReset && queue.enabled) beginQueueReset(device, index)
  } else if (!queue.enabled) describeQueue(device, queue, offset, value)
}

function describeQueue(device: VirtioDevice, queue: Queue, offset: u32, value: u32): void {
  switch (offset) {
    case Common.QueueSize:
      if ((value & 0xffff) - 1 < QueueLimit) queue.size = value & 0xffff
      break
    case Common.QueueDescriptors: case Common.QueueDescriptors + 4:
      queue.descriptors = withHalf(queue.descriptors, (offset >> 2) & 1, value)
      break
    case Common.QueueDriver: case Common.QueueDriver + 4:
      queue.driver = withHalf(queue.driver, (offset >> 2) & 1, value)
      break
    case Common.QueueDevice: case Common.QueueDevice + 4:
      queue.device = withHalf(queue.device, (offset >> 2) & 1, value)
      break
    case Common.QueueEnable:
      if ((value & 0xffff) == 1 && !isNegotiating(device)) enableQueue(device, queue)
      break
  }
}

function enableQueue(device: VirtioDevice, queue: Queue): void {
  const accepted = device.accepted
  enable(queue, (accepted & RingPacked) != 0, (accepted & RingEventIndex) != 0, (accepted & RingIndirectDescriptors) != 0)
  if (queue.faulty) stop(device)
}

/** A vector that there is not is none, by which the driver knows. 4.1.5.1.2. */
export function vector(device: VirtioDevice, value: u32): u32 { return (value & 0xffff) < device.vectors ? value & 0xffff : NoVector }

/** The 32 bits of `value` that `select` names; there are two such parts. */
@inline function half(value: u64, select: u32): u32 { return select == 0 ? <u32>value : select == 1 ? <u32>(value >> 32) : 0 }

@inline function withHalf(value: u64, select: u32, part: u32): u64 {
  return select == 0 ? (value & 0xffff_ffff_0000_0000) | part : select == 1 ? <u64>part << 32 | <u64><u32>value : value
}
