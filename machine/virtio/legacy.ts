/**
 * The registers by which drivers from before virtio 1.0 use a transitional device: I/O ports. They know 32 feature bits and split rings in one piece, wait for no reset, and
 * agree to features without asking. VIRTIO 1.2, 4.1.4.10, 2.7.2 and 3.1.2.
 */
import { DeviceStatus, RingEventIndex, RingIndirectDescriptors } from '../../capability/virtio'
import { report, say, sayDecimal } from '../message'
import { isEnabled } from '../pci/msix'
import { vector } from './common'
import { beginQueueReset, notifyAll, queueAt, stop, takeInterruptStatus, VirtioDevice, writeStatus } from './device'
import { Queue } from './queue'
import { LegacyRegister } from './registers'
import { enable } from './virtqueue'

/** Queues lie at pages, and what the device writes begins at one. */
const PageShift: u64 = 12
const PageMask: u64 = 0xfff

/** The configuration of its type alone lies behind the registers, which are two more with MSI-X. */
@inline export function configurationAt(device: VirtioDevice): u32 { return isEnabled(device) ? LegacyRegister.EndWithVectors : LegacyRegister.End }

@inline function isSelected(device: VirtioDevice): bool { return device.queueSelect < device.queueCount }
@inline function selected(device: VirtioDevice): Queue { return queueAt(device, device.queueSelect) }

/** Reads the register at `offset`, below `configurationAt`. */
export function readLegacy(device: VirtioDevice, offset: u32): u32 {
  switch (offset) {
    case LegacyRegister.DeviceFeatures: return <u32>device.offered
    case LegacyRegister.DriverFeatures: return <u32>device.accepted
    case LegacyRegister.QueuePage: return isSelected(device) && selected(device).enabled ? <u32>(selected(device).descriptors >> PageShift) : 0
    case LegacyRegister.QueueSize: return isSelected(device) ? selected(device).size : 0
    case LegacyRegister.QueueSelect: return device.queueSelect
    case LegacyRegister.DeviceStatus: return device.status & ~(DeviceStatus.FeaturesOk | DeviceStatus.NeedsReset)
    case LegacyRegister.InterruptStatus: return takeInterruptStatus(device)
    case LegacyRegister.ConfigurationVector: return device.configurationVector
    case LegacyRegister.QueueVector: return isSelected(device) ? selected(device).vector : 0
  }
  return 0
}

/** Writes it; notifications are not its. */
export function writeLegacy(device: VirtioDevice, offset: u32, value: u32): void {
  switch (offset) {
    case LegacyRegister.DriverFeatures:
      if (!(device.status & DeviceStatus.DriverOk)) device.accepted = value & device.offered
      break
    case LegacyRegister.QueuePage:
      if (isSelected(device)) place(device, selected(device), value)
      break
    case LegacyRegister.QueueSelect:
      device.queueSelect = value & 0xffff
      break
    case LegacyRegister.DeviceStatus:
      setStatus(device, value & 0xff)
      break
    case LegacyRegister.ConfigurationVector:
      device.configurationVector = vector(device, value)
      break
    case LegacyRegister.QueueVector:
      if (isSelected(device)) selected(device).vector = vector(device, value)
  }
}

/** A ring is one piece of memory: descriptors, what the driver makes available, and, from the next page on, what the device has used. Page 0 is none. */
function place(device: VirtioDevice, queue: Queue, page: u32): void {
  if (page == 0) {
    if (queue.enabled) beginQueueReset(device, device.queueSelect)
    return
  }
  if (queue.enabled) return
  queue.descriptors = <u64>page << PageShift
  queue.driver = queue.descriptors + (queue.size << 4)
  queue.device = queue.driver + 6 + (queue.size << 1) + PageMask & ~PageMask
  enable(queue, false, (device.accepted & RingEventIndex) != 0, (device.accepted & RingIndirectDescriptors) != 0)
  if (queue.faulty) stop(device)
}

/** Features are agreed to when the driver begins. Of an interface it has to take merged buffers by then: without, its headers have another length (5.1.6.1). */
function setStatus(device: VirtioDevice, value: u32): void {
  if (value == 0 || device.resetting) return writeStatus(device, value)
  const begins = (value & ~device.status & DeviceStatus.DriverOk) != 0
  if (begins && (device.accepted & device.legacyNeeds) != device.legacyNeeds) {
    say('virtio device ')
    sayDecimal(device.slot)
    report(': its driver is from before virtio 1.0, and takes no buffers that are merged: it is not served')
    value &= ~DeviceStatus.DriverOk
  }
  device.status |= value & ~(DeviceStatus.NeedsReset | DeviceStatus.FeaturesOk)
  if (!(value & DeviceStatus.DriverOk) || !begins) return
  device.status |= DeviceStatus.FeaturesOk
  notifyAll(device)
}
