/** A virtio function of the PCI bus from its driver's side, one in a guest: its structures, what is agreed on, and its first queue. VIRTIO 1.2, 2 and 4.1. */
import { ticksOf } from './clock'
import { load16, load32, load8, out16, pause, readTsc, store16, store32, store8 } from './hw'
import { findFunction, memoryAt, nextCapability, readConfiguration, writeConfiguration } from './pci'

@inline export const IndirectDescriptors: u64 = 1 << 28
@inline export const EventIndex: u64 = 1 << 29
@inline export const Version1: u64 = 1 << 32
@inline export const Packed: u64 = 1 << 34

/** Common configuration. 4.1.4.3. */
namespace Common {
  export const DeviceFeatureSelect: u32 = 0x00
  export const DeviceFeature: u32 = 0x04
  export const DriverFeatureSelect: u32 = 0x08
  export const DriverFeature: u32 = 0x0C
  export const DeviceStatus: u32 = 0x14
  export const QueueSelect: u32 = 0x16
  export const QueueSize: u32 = 0x18
  export const QueueVector: u32 = 0x1A
  export const QueueEnable: u32 = 0x1C
  export const QueueDescriptors: u32 = 0x20
  export const QueueDriver: u32 = 0x28
  export const QueueDevice: u32 = 0x30
}

/** Device status. 2.1. */
namespace Status {
  export const Acknowledge: u32 = 1
  export const Driver: u32 = 2
  export const DriverOk: u32 = 4
  export const FeaturesOk: u32 = 8
  export const NeedsReset: u32 = 64
}

const NoVector: u32 = 0xFFFF
const Patience: u64 = 500_000 // microseconds

let slot: u32 = 32
let commonBar: u32 = 0
let common: u64 = 0
let notification: u64 = 0
let notificationPort: u32 = 0
let notificationDistance: u32 = 0
let interrupts: u64 = 0
let messages: u32 = 0
/** Where the device's own configuration is. 4.1.4.6. */
export let configuration: u64 = 0

/** Finds the device of a type (chapter 5), or the next one of it behind those that `others` counts, and its structures; false when there is none. */
export function findVirtio(deviceType: u32, others: u32 = 0): bool {
  slot = findFunction(0x1040_1AF4 + (deviceType << 16))
  for (; others != 0 && slot < 32; others--) slot = findFunction(0x1040_1AF4 + (deviceType << 16), slot + 1)
  return slot < 32 && locate()
}

/** Where the structures are now. */
function locate(): bool {
  for (let at = nextCapability(slot, 0); at != 0; at = nextCapability(slot, at)) {
    const head = readConfiguration(slot, at)
    if ((head & 0xFF) == 0x11) messages = at
    if ((head & 0xFF) != 0x09) continue
    const bar = readConfiguration(slot, at + 4) & 0xFF
    const offset = readConfiguration(slot, at + 8)
    const place = memoryAt(slot, bar) + offset
    const low = readConfiguration(slot, 0x10 + (bar << 2))
    switch (head >> 24) {
      case 1:
        common = place
        commonBar = bar
        break
      case 2:
        if (low & 1) {
          notificationPort = (low & ~3) + offset
          notificationDistance = readConfiguration(slot, at + 16)
        } else notification = place
        break
      case 3:
        interrupts = place
        break
      case 4:
        configuration = place
    }
  }
  writeConfiguration(slot, 4, 7) // ports, memory, bus master
  return common != 0 && notification != 0 && messages != 0
}

/** Moves the structures' memory to another address; the address before. */
export function move(to: u64): u64 {
  const before = memoryAt(slot, commonBar)
  writeConfiguration(slot, 4, 4) // bus mastering goes on
  writeConfiguration(slot, 0x10 + (commonBar << 2), <u32>to)
  if ((readConfiguration(slot, 0x10 + (commonBar << 2)) & 6) == 4) writeConfiguration(slot, 0x14 + (commonBar << 2), <u32>(to >> 32))
  locate()
  return before
}

/** The input of this board's I/O APIC that INTA# is wired to. */
export function pin(): u32 { return 16 + slot % 4 }

export function offered(): u64 {
  store32(common + Common.DeviceFeatureSelect, 0)
  const low = load32(common + Common.DeviceFeature)
  store32(common + Common.DeviceFeatureSelect, 1)
  return <u64>load32(common + Common.DeviceFeature) << 32 | low
}

function status(): u32 { return load8(common + Common.DeviceStatus) }
function setStatus(value: u32): void { store8(common + Common.DeviceStatus, value) }

/** Waits until the device says that it needs a reset. */
export function stops(): bool {
  for (const end = readTsc() + ticksOf(Patience); !(status() & Status.NeedsReset) && readTsc() < end;) pause()
  return (status() & Status.NeedsReset) != 0
}

export function interruptStatus(): u32 { return load8(interrupts) }

/** MSI-X: the queue's message to local APIC 0, or masked; none at all with `on` false. */
export function sendMessages(on: bool, vector: u32, masked: bool): void {
  const table = readConfiguration(slot, messages + 4)
  const entry = memoryAt(slot, table & 7) + (table & ~7)
  store32(entry, 0xFEE0_0000)
  store32(entry + 4, 0)
  store32(entry + 8, vector)
  store32(entry + 12, u32(masked))
  writeConfiguration(slot, messages, on ? 1 << 31 : 0)
}

/** Resets the device and asks for these features; true when it agrees. */
export function agree(features: u64): bool {
  setStatus(0)
  for (const end = readTsc() + ticksOf(Patience); status() != 0 && readTsc() < end;) pause()
  setStatus(Status.Acknowledge)
  setStatus(Status.Acknowledge | Status.Driver)
  for (let part: u32 = 0; part < 2; part++) {
    store32(common + Common.DriverFeatureSelect, part)
    store32(common + Common.DriverFeature, <u32>(features >> (part << 5)))
  }
  setStatus(Status.Acknowledge | Status.Driver | Status.FeaturesOk)
  return (status() & Status.FeaturesOk) != 0
}

/** Starts an agreed device with its first queue; true when the queue has that size. */
export function startQueue(size: u32, descriptors: u64, driver: u64, device: u64): bool {
  const has = prepareQueue(0, size, descriptors, driver, device)
  setStatus(Status.Acknowledge | Status.Driver | Status.DriverOk | Status.FeaturesOk)
  return has
}

/** Gives a queue its place; true when it has that size. */
export function prepareQueue(queue: u32, size: u32, descriptors: u64, driver: u64, device: u64): bool {
  store16(common + Common.QueueSelect, queue)
  store16(common + Common.QueueSize, size)
  store16(common + Common.QueueVector, (readConfiguration(slot, messages) >> 31) != 0 ? 0 : NoVector)
  setAddress(Common.QueueDescriptors, descriptors)
  setAddress(Common.QueueDriver, driver)
  setAddress(Common.QueueDevice, device)
  store16(common + Common.QueueEnable, 1)
  return load16(common + Common.QueueSize) == size
}

/** Fields of 64 bits are two of 32. 4.1.3.1. */
function setAddress(field: u32, value: u64): void {
  store32(common + field, <u32>value)
  store32(common + field + 4, <u32>(value >> 32))
}

/** The first queue has something. */
export function notify(): void { store16(notification, 0) }

/** The same by the I/O port; only where the device has one. */
export function notifyByPort(): void { out16(notificationPort, 0) }

/** The port by which a queue is notified. */
export function portOf(queue: u32): u32 { return notificationPort + queue * notificationDistance }
