/** The host's devices in words: PCI functions, and the serial port. PCI Local Bus 3.0, 6.1. */
import { HostNumber, hostNumber, pciRead, sandboxCount, SandboxText } from '../../capability/admin'
import { textOfSandbox } from './text'

/** Registers of a function's configuration space. */
namespace Register {
  export const Identity: u32 = 0x00 // device in bits 31:16, vendor 15:0
  export const Class: u32 = 0x08 // base class in bits 31:24, subclass 23:16
  export const HeaderType: u32 = 0x0c // its bit 7, this register's bit 23: the device has several functions
}
const noVendor: u32 = 0xffff
const serialPort: u32 = u32.MAX_VALUE
const serialDriver: string = 'driver uart'

/** All of them: of a function bus, device and function as `pciRead` takes them. */
export function findDevices(): u32[] {
  const found: u32[] = []
  for (let device: u32 = 0; device < 1 << 24; device += 1 << 11) {
    if (!isThere(device)) continue
    const count: u32 = pciRead(device | Register.HeaderType) >> 23 & 1 ? 8 : 1
    for (let index: u32 = 0; index < count; index++) if (isThere(device | index << 8)) found.push(device | index << 8)
  }
  if (hostNumber(HostNumber.SerialPort)) found.push(serialPort)
  return found
}

function isThere(device: u32): bool {
  return (pciRead(device | Register.Identity) & 0xffff) != noVendor
}

/** Where a device is, e.g. '00:1F.2' or 'ISA 3F8h'. */
export function addressOf(device: u32): string {
  return device == serialPort ? 'ISA 3F8h' : `${hex(device >> 16, 2)}:${hex(device >> 11 & 31, 2)}.${device >> 8 & 7}`
}

/** What a device is: its class, then vendor:device. */
export function descriptionOf(device: u32): string {
  if (device == serialPort) return '16550 serial port, COM1'
  const identity = pciRead(device | Register.Identity)
  return `${className(pciRead(device | Register.Class) >> 16)} ${hex(identity & 0xffff, 4)}:${hex(identity >> 16, 4)}`
}

/** The sandbox that drives it; empty if none. */
export function driverOf(device: u32): string {
  for (let i: u32 = 0; i < sandboxCount(); i++) {
    const name = textOfSandbox(i, SandboxText.Name)
    if (device == serialPort ? name == serialDriver : name.startsWith('driver ') && name.endsWith(` ${addressOf(device)}`)) return name
  }
  return ''
}

function hex(value: u64, digits: i32): string {
  return value.toString(16).toUpperCase().padStart(digits, '0')
}

/** Base class and subclass. PCI Code and ID Assignment Specification, 1. */
function className(code: u32): string {
  switch (code) {
    case 0x0101: return 'IDE controller'
    case 0x0106: return 'SATA controller'
    case 0x0108: return 'NVMe controller'
    case 0x0200: return 'Ethernet controller'
    case 0x0300: return 'VGA controller'
    case 0x0403: return 'audio device'
    case 0x0600: return 'host bridge'
    case 0x0601: return 'ISA bridge'
    case 0x0604: return 'PCI bridge'
    case 0x0c03: return 'USB controller'
    case 0x0c05: return 'SMBus controller'
  }
  switch (code >> 8) {
    case 0x01: return 'storage controller'
    case 0x02: return 'network controller'
    case 0x03: return 'display controller'
    case 0x06: return 'bridge'
  }
  return 'device'
}
