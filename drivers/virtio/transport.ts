/** Where a device's structures lie in the memory at its base address registers. VIRTIO 1.2, 4.1.4. */
import { configuration, DeviceNumber, number, read16, read32, read8, write16, write32, write8 } from '../../capability/device'
import { Capability } from '../../capability/pci'
import { Common } from '../../capability/virtio'
import { hasCapability } from '../capability'
import { Nothing16, Nothing8 } from './registers'

/** PCI configuration space: the list of capabilities, and a vendor's. PCI Local Bus Specification 3.0, 6.7. */
const CapabilitiesPointer: u32 = 0x34
const VendorSpecific: u32 = 0x09
/** As many as fit where they lie: a list that is longer goes round in a circle. */
const CapabilityLimit: u32 = 48

/** cfg_type of a capability: offsets in it are 4 for the base address register, 8 and 12 for offset and length, 16 for the notify multiplier. */
namespace Kind {
  export const Common: u32 = 1
  export const Notify: u32 = 2
  export const InterruptStatus: u32 = 3
  export const Device: u32 = 4
}

/** A structure: nowhere while `bytes` is 0. */
@unmanaged class Region {
  bar: u32
  offset: u32
  bytes: u32
}

const regions = memory.data(5 * offsetof<Region>(), 4)
let notifyMultiplier: u32 = 0
/** The device sends messages, by MSI-X. Another has a line. */
export let hasMessages: bool = false

@inline function region(kind: u32): Region { return changetype<Region>(regions + <usize>kind * offsetof<Region>()) }

/** Finds the structures: of each kind the first that lies in memory; the device's configuration has at least so many bytes. Answers what is missing, or nothing. */
export function findStructures(configurationBytes: u32): string {
  hasMessages = hasCapability(Capability.MsiX)
  let offset = configuration(CapabilitiesPointer) & 0xfc
  for (let count: u32 = 0; offset >= 0x40 && count < CapabilityLimit; count++) {
    const word = configuration(offset)
    const kind = word >> 24
    if ((word & 0xff) == VendorSpecific && kind >= Kind.Common && kind <= Kind.Device) take(kind, offset)
    offset = word >> 8 & 0xfc
  }
  if (region(Kind.Common).bytes < Common.LeastBytes) return 'it has no registers as virtio 1.0 has them'
  if (region(Kind.Notify).bytes < 2) return 'it cannot be notified'
  if (!hasMessages && region(Kind.InterruptStatus).bytes == 0) return 'it has neither messages nor a line that it can be made to let go of'
  return region(Kind.Device).bytes < configurationBytes ? 'it has no configuration' : ''
}

function take(kind: u32, offset: u32): void {
  const found = region(kind)
  if (found.bytes) return
  const bar = configuration(offset + 4) & 0xff
  const at = configuration(offset + 8)
  const bytes = configuration(offset + 12)
  if (bar > 5 || at & 3 || <u64>at + bytes > number(DeviceNumber.MemoryBytes + bar)) return
  found.bar = bar
  found.offset = at
  found.bytes = bytes
  if (kind == Kind.Notify) notifyMultiplier = configuration(offset + 16)
}

export function readCommon8(register: u32): u32 { return read8(region(Kind.Common).bar, region(Kind.Common).offset + register) }
export function readCommon16(register: u32): u32 { return read16(region(Kind.Common).bar, region(Kind.Common).offset + register) }
export function readCommon32(register: u32): u32 { return read32(region(Kind.Common).bar, region(Kind.Common).offset + register) }
export function writeCommon8(register: u32, value: u32): void { write8(region(Kind.Common).bar, region(Kind.Common).offset + register, value) }
export function writeCommon16(register: u32, value: u32): void { write16(region(Kind.Common).bar, region(Kind.Common).offset + register, value) }
export function writeCommon32(register: u32, value: u32): void { write32(region(Kind.Common).bar, region(Kind.Common).offset + register, value) }
/** 64 bits, as two times 32 (4.1.3.1). */
export function writeCommon64(register: u32, value: u64): void {
  writeCommon32(register, <u32>value)
  writeCommon32(register + 4, <u32>(value >> 32))
}

/** 32 bits, 16 and 8 of the device's configuration; 0 beyond its end. */
export function config32(offset: u32): u32 {
  const device = region(Kind.Device)
  return offset + 4 <= device.bytes ? read32(device.bar, device.offset + offset) : 0
}
export function config16(offset: u32): u32 {
  const device = region(Kind.Device)
  return offset + 2 <= device.bytes ? read16(device.bar, device.offset + offset) : 0
}
export function config8(offset: u32): u32 {
  const device = region(Kind.Device)
  return offset < device.bytes ? read8(device.bar, device.offset + offset) : 0
}

/** Has a device without messages let go of its line, which it holds down until this has been read; true when it did hold it. 4.1.4.5. */
export function releaseLine(): bool { return !hasMessages && read8(region(Kind.InterruptStatus).bar, region(Kind.InterruptStatus).offset) != 0 }

/** Where the selected queue is notified (4.1.4.4), for `notify`; NoDoorbell when that is nowhere. */
export function findDoorbell(): u32 {
  const notify = region(Kind.Notify)
  const at = <u64>readCommon16(Common.QueueNotifyOffset) * notifyMultiplier
  if (at & 1 || at + 2 > notify.bytes) return NoDoorbell
  return notify.offset + <u32>at
}

export const NoDoorbell: u32 = u32.MAX_VALUE

/** Tells the device that a queue has something for it. */
export function notify(doorbell: u32, queue: u32): void { write16(region(Kind.Notify).bar, doorbell, queue) }

/** The function is no longer there. */
export function isGone(): bool { return readCommon8(Common.DeviceStatus) == Nothing8 && readCommon16(Common.QueueCount) == Nothing16 }
