/** A virtio device on the PCI bus. VIRTIO 1.2, 4.1. */
import { ConfigNumber, number, VirtualDevice } from '../../capability/config'
import { Common } from '../../capability/virtio'
import { addCapability, addMemory, addPorts, allow, isBusMaster, prepare, PciFunction, readRegister, register, setRegister, sizeOf, writeRegister } from '../pci/function'
import { addMsiX } from '../pci/msix'
import { plug, readBar, writeBar } from '../pci/pci'
import { ClassCode, Header } from '../pci/registers'
import { readCommon, writeCommon } from './common'
import { leaveMemory, notifyAll, reset, takeInterruptStatus, VirtioDevice } from './device'
import { configurationAt, readLegacy, writeLegacy } from './legacy'
import { Capability, DeviceType, LegacyRegister, Structure, VirtioFunction } from './registers'

/** A modern device's base address registers: one for the structures, a page each, so that a guest can map them apart, one for MSI-X, and one for notifications by an I/O port. */
const StructureBar: u32 = 0
const MsiXBar: u32 = 1
const PortBar: u32 = 2
/** A transitional one's: the first is for the registers from before virtio 1.0, where the device is notified by a port, too. 4.1.4.10. */
const LegacyBar: u32 = 0
const LegacyStructureBar: u32 = 2
const LegacyPorts: u32 = 128
namespace Page {
  export const Common: u32 = 0
  export const InterruptStatus: u32 = 1
  export const Notify: u32 = 2
  export const Device: u32 = 3
  export const Count: u32 = 4
}
const NotifyMultiplier: u32 = 4
/** One port of 16 bits for all queues, since what is written there says which (4.1.4.4). */
const NotifyPortBytes: u32 = 2
const Ports: u32 = 4

/** Where the capability for access by configuration space is: the same for all devices, since they are added in the same order. */
let accessCapability: u32 = 0

/** Plugs a device into its slot, as after power-on. Its storage, its queues and what it offers are set; `table` has 16 bytes for each queue and for changes of its configuration. */
export function plugIn(device: VirtioDevice, slot: u32, deviceType: u32, table: usize): void {
  device.isTransitional = (number(ConfigNumber.Devices) & VirtualDevice.Transitional) != 0
  device.structureBar = device.isTransitional ? LegacyStructureBar : StructureBar
  identify(device, slot, deviceType)
  device.readMemory = readMemory
  device.writeMemory = writeMemory
  device.readRegister = readAccess
  device.writeRegister = writeAccess
  const bar = device.structureBar
  addMemory(device, bar, Page.Count << 12)
  if (device.isTransitional) addPorts(device, LegacyBar, LegacyPorts)
  else addPorts(device, PortBar, Ports)
  addStructure(device, Structure.Common, bar, Page.Common << 12, Common.Bytes, Capability.Bytes)
  addStructure(device, Structure.InterruptStatus, bar, Page.InterruptStatus << 12, 1, Capability.Bytes)
  // A driver takes the first that it can (4.1.4): the exit for a port says what was written, that for memory has an instruction to be found and decoded.
  addStructure(device, Structure.Notify, device.portBar, notifyPort(device), NotifyPortBytes, Capability.LongBytes)
  const notify = addStructure(device, Structure.Notify, bar, Page.Notify << 12, device.queueCount * NotifyMultiplier, Capability.LongBytes)
  setRegister(device, notify + Capability.NotifyMultiplier, NotifyMultiplier)
  accessCapability = addStructure(device, Structure.ConfigurationAccess, bar, 0, 0, Capability.LongBytes)
  allow(device, accessCapability + Capability.Bar, 0xff)
  allow(device, accessCapability + Capability.Offset, u32.MAX_VALUE)
  allow(device, accessCapability + Capability.Length, u32.MAX_VALUE)
  if (device.configurationBytes != 0) addStructure(device, Structure.Device, bar, Page.Device << 12, device.configurationBytes, Capability.Bytes)
  addMsiX(device, MsiXBar, device.queueCount + 1, table)
  reset(device)
  plug(device)
}

/** What a guest knows it by: a transitional device has identities of before, and its type as its subsystem. 4.1.2. */
function identify(device: VirtioDevice, slot: u32, deviceType: u32): void {
  const identity = device.isTransitional ? VirtioFunction.FirstTransitional + transitionalOf(deviceType) : VirtioFunction.FirstDevice + deviceType
  const subsystem = device.isTransitional ? deviceType : identity
  prepare(device, slot, identity << 16 | VirtioFunction.Vendor, ClassCode.Other | (device.isTransitional ? 0 : VirtioFunction.Revision), subsystem << 16 | VirtioFunction.Vendor)
}

function transitionalOf(deviceType: u32): u32 {
  switch (deviceType) {
    case DeviceType.Block: return 1
    case DeviceType.Balloon: return 2
    case DeviceType.Console: return 3
    case DeviceType.Entropy: return 5
  }
  return 0 // DeviceType.Network
}

/** The port where the device is notified, from its first on. */
@inline function notifyPort(device: VirtioDevice): u32 { return device.isTransitional ? LegacyRegister.QueueNotify : 0 }

function addStructure(device: VirtioDevice, structure: u32, bar: u32, offset: u32, length: u32, bytes: u32): u32 {
  const at = addCapability(device, Capability.Identity | bytes << Capability.LengthShift | structure << Capability.StructureShift, bytes)
  setRegister(device, at + Capability.Bar, bar)
  setRegister(device, at + Capability.Offset, offset)
  setRegister(device, at + Capability.Length, length)
  return at
}

function readMemory(target: PciFunction, bar: u32, offset: u32, size: u32): u32 {
  const device = changetype<VirtioDevice>(target)
  if (bar != device.structureBar) return device.isTransitional && bar == LegacyBar ? readPorts(device, offset) : 0
  switch (offset >> 12) {
    case Page.Common: return readCommon(device, offset)
    case Page.InterruptStatus: return offset & 0xfff ? 0 : takeInterruptStatus(device)
    case Page.Device: return readConfiguration(device, offset & 0xfff)
  }
  return 0
}

function readPorts(device: VirtioDevice, offset: u32): u32 {
  const configuration = configurationAt(device)
  return offset < configuration ? readLegacy(device, offset) : readConfiguration(device, offset - configuration)
}

function readConfiguration(device: VirtioDevice, offset: u32): u32 {
  return offset < device.configurationBytes ? load<u32>(device.configuration + (offset & ~3)) >> ((offset & 3) << 3) : 0
}

function writeMemory(target: PciFunction, bar: u32, offset: u32, size: u32, value: u32): void {
  const device = changetype<VirtioDevice>(target)
  if (bar == device.portBar && offset != notifyPort(device)) {
    if (device.isTransitional) writePorts(device, offset, size, value)
  } else if (bar == device.portBar || offset >> 12 == Page.Notify) {
    if ((value & 0xffff) < device.queueCount) device.notified(device, value & 0xffff)
  } else if (offset >> 12 == Page.Common) writeCommon(device, offset, value)
  else if (offset >> 12 == Page.Device) writeConfiguration(device, offset & 0xfff, size, value)
}

/** Drivers from before virtio 1.0 write the configuration by bytes. */
function writePorts(device: VirtioDevice, offset: u32, size: u32, value: u32): void {
  const configuration = configurationAt(device)
  if (offset < configuration) writeLegacy(device, offset, value)
  else if (size == 1 && isWritable(device, offset - configuration)) store<u8>(device.configuration + (offset - configuration), value)
  else writeConfiguration(device, offset - configuration, size, value)
}

/** Whole fields only. 4.1.3.1. */
function writeConfiguration(device: VirtioDevice, offset: u32, size: u32, value: u32): void {
  if (size == 4 && !(offset & 3) && isWritable(device, offset)) store<u32>(device.configuration + offset, value)
}

@inline function isWritable(device: VirtioDevice, offset: u32): bool { return offset < device.configurationBytes && offset >= device.configurationBytes - device.writableBytes }

/** A read of pci_cfg_data is one of what the capability points at, memory or ports. 4.1.4.9. */
function readAccess(target: PciFunction, offset: u32): u32 {
  if (offset != accessCapability + Capability.AccessData) return readRegister(target, offset)
  return isAccess(target) ? readBar(target, accessBar(target), accessOffset(target), accessLength(target)) : 0
}

function writeAccess(target: PciFunction, offset: u32, value: u32, mask: u32): void {
  if (offset == accessCapability + Capability.AccessData) {
    if (isAccess(target)) writeBar(target, accessBar(target), accessOffset(target), accessLength(target), value)
    return
  }
  const before = isBusMaster(target)
  writeRegister(target, offset, value, mask)
  if (before == isBusMaster(target)) return
  if (before) leaveMemory(changetype<VirtioDevice>(target))
  else notifyAll(changetype<VirtioDevice>(target))
}

@inline function accessBar(target: PciFunction): u32 { return register(target, accessCapability + Capability.Bar) & 0xff }
@inline function accessOffset(target: PciFunction): u32 { return register(target, accessCapability + Capability.Offset) }
@inline function accessLength(target: PciFunction): u32 { return register(target, accessCapability + Capability.Length) }

/** True for an access of 1, 2 or 4 bytes that lies in the function's memory or ports at a multiple of its size. */
function isAccess(target: PciFunction): bool {
  const length = accessLength(target)
  return (length == 1 || length == 2 || length == 4) && !(accessOffset(target) & (length - 1)) && accessOffset(target) < sizeOf(target, accessBar(target))
}
