/** What every virtio device is: features, status, queues and interrupts. VIRTIO 1.2, chapters 2 and 3. */
import { DeviceStatus, Version1 } from '../../capability/virtio'
import { isBusMaster, PciFunction, setInterrupt } from '../pci/function'
import * as msix from '../pci/msix'
import { Queue, QueueBytes } from './queue'
import { InterruptStatus, NoVector } from './registers'
import { publish, reset as resetQueue } from './virtqueue'

@unmanaged export class VirtioDevice extends PciFunction {
  offered: u64 //           features
  accepted: u64 //          by the driver
  deviceFeatureSelect: u32
  driverFeatureSelect: u32
  status: u32
  queueSelect: u32
  queueCount: u32
  queues: usize //          queueCount × Queue
  configurationVector: u32
  interruptStatus: u32
  resetting: bool //        the driver wants no more of it, and chains are under way
  configuration: usize //   what is of its type alone: configurationBytes, rounded up to 4
  configurationBytes: u32
  writableBytes: u32 //     of it, at its end: what the driver may write
  generation: u32 //        of it: one more after each change
  structureBar: u32 //      the base address register of its structures
  isTransitional: bool //   drivers from before virtio 1.0 find it
  legacyNeeds: u64 //       features that these have to accept
  /** The driver wants a queue back: what the device can let go of at once is to be dropped. Chains that stay under way keep the driver waiting. */
  recall: (device: VirtioDevice, queue: u32) => void
  /** The driver says that a queue has something; it may have nothing, and the device may not be let yet: `mayServe`. */
  notified: (device: VirtioDevice, queue: u32) => void
}

@inline export function queueAt(device: VirtioDevice, index: u32): Queue { return changetype<Queue>(device.queues + <usize>index * QueueBytes) }

/** As after power-on. */
export function reset(device: VirtioDevice): void {
  device.resetting = false
  device.accepted = 0
  device.deviceFeatureSelect = 0
  device.driverFeatureSelect = 0
  device.status = 0
  device.queueSelect = 0
  device.configurationVector = NoVector
  for (let index: u32 = 0; index < device.queueCount; index++) {
    resetQueue(queueAt(device, index))
    queueAt(device, index).vector = NoVector
  }
  takeInterruptStatus(device)
}

/**
 * Chains under way may be written to, by whoever works on them, until they come back. So a reset, of the device or of one queue, takes nothing more and is done when
 * they have: until then the driver reads that it is not (4.1.4.3.1) and may not use their memory otherwise. What comes back meanwhile is not given to the driver.
 */
function beginReset(device: VirtioDevice): void {
  device.resetting = true
  for (let index: u32 = 0; index < device.queueCount; index++) device.recall(device, index)
  if (device.resetting) finishReset(device) // the last chain that was dropped has done it otherwise
}

/**
 * It may write no memory any more. A kernel that is started by another without a reset has that memory for something else by the time it lets the device write again, which
 * is before its driver resets it: the rings are not looked at any more, and what is under way does not come back. PCI Local Bus Specification 3.0, 6.2.2.
 */
export function leaveMemory(device: VirtioDevice): void { if (device.status & DeviceStatus.DriverOk) beginReset(device) }

function finishReset(device: VirtioDevice): void {
  for (let index: u32 = 0; index < device.queueCount; index++) if (queueAt(device, index).underWay != 0) return
  reset(device)
}

/** Begins to reset a queue that is enabled. 2.6.1. */
export function beginQueueReset(device: VirtioDevice, index: u32): void {
  const queue = queueAt(device, index)
  queue.resetting = true
  device.recall(device, index)
  if (queue.resetting) finishQueueReset(queue)
}

function finishQueueReset(queue: Queue): void {
  if (queue.underWay != 0) return
  const vector = queue.vector
  resetQueue(queue)
  queue.vector = vector
}

/** True when a chain of this queue that comes back is to be dropped: no byte of it is the device's any more. */
export function isAbandoned(device: VirtioDevice, queue: Queue): bool { return device.resetting || queue.resetting }

/** Such a chain has come back. */
export function drop(device: VirtioDevice, queue: Queue): void {
  queue.underWay--
  if (queue.resetting) finishQueueReset(queue)
  if (device.resetting) finishReset(device)
}

/** Writes the device status. A driver adds bits, and 0 resets; features that cannot be leave FEATURES_OK clear. 2.1 and 3.1.1. */
export function writeStatus(device: VirtioDevice, value: u32): void {
  if (device.resetting) return
  if (value == 0) {
    beginReset(device)
    return
  }
  const before = device.status
  let now = before | (value & ~DeviceStatus.NeedsReset)
  if ((device.accepted & ~device.offered) != 0 || !(device.accepted & Version1)) now &= ~DeviceStatus.FeaturesOk | before
  device.status = now
  if (now & ~before & DeviceStatus.DriverOk) notifyAll(device)
}

/** True while features can be accepted. */
export function isNegotiating(device: VirtioDevice): bool { return !(device.status & DeviceStatus.FeaturesOk) }

/** True while the device may take from this queue. */
export function mayServe(device: VirtioDevice, queue: Queue): bool {
  const wanted = DeviceStatus.DriverOk | DeviceStatus.FeaturesOk
  return (device.status & (wanted | DeviceStatus.NeedsReset | DeviceStatus.Failed)) == wanted && queue.enabled && isBusMaster(device) && !isAbandoned(device, queue)
}

/** Looks at all queues: something that kept the device from them may be over. */
export function notifyAll(device: VirtioDevice): void { for (let index: u32 = 0; index < device.queueCount; index++) device.notified(device, index) }

/** After a queue was served: the driver is shown what it got back; a ring that cannot be stops the device until it is reset (2.1.2). */
export function finish(device: VirtioDevice, queue: Queue): void {
  if (publish(queue)) interrupt(device, queue.vector, InterruptStatus.Queue)
  if (queue.faulty) stop(device)
}

/** Says that the device needs a reset. It takes nothing more until then. */
export function stop(device: VirtioDevice): void {
  if (device.status & DeviceStatus.NeedsReset) return
  device.status |= DeviceStatus.NeedsReset
  if (device.status & DeviceStatus.DriverOk) interrupt(device, device.configurationVector, InterruptStatus.Configuration)
}

/** What is of its type alone has changed: the driver is told to read it again. 4.1.4.3 and 2.5. */
export function configurationChanged(device: VirtioDevice): void {
  device.generation = (device.generation + 1) & 0xff
  if (device.status & DeviceStatus.DriverOk) interrupt(device, device.configurationVector, InterruptStatus.Configuration)
}

/** Reads the interrupt status, which clears it and lowers INTA#. 4.1.4.5. */
export function takeInterruptStatus(device: VirtioDevice): u32 {
  const value = device.interruptStatus
  device.interruptStatus = 0
  setInterrupt(device, false)
  return value
}

function interrupt(device: VirtioDevice, vector: u32, status: u32): void {
  if (msix.isEnabled(device)) {
    msix.signal(device, vector)
    return
  }
  device.interruptStatus |= status
  setInterrupt(device, true)
}
