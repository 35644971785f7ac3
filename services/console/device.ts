/** Host devices in words. */
import { DeviceKind, DeviceNumber, deviceNumber } from '../../capability/admin'

/** Where a device is, e.g. '00:1F.2' or 'ISA 3F8h'. */
export function addressOf(device: u32): string {
  if (isSerialPort(device)) return 'ISA 3F8h'
  const address = deviceNumber(device, DeviceNumber.Address)
  return `${hex(address >> 8, 2)}:${hex(address >> 3 & 31, 2)}.${address & 7}`
}

/** What a device is: its class, then vendor:device. */
export function descriptionOf(device: u32): string {
  if (isSerialPort(device)) return '16550 serial port, COM1'
  const identity = deviceNumber(device, DeviceNumber.Identity)
  return `${className(u32(deviceNumber(device, DeviceNumber.Class)))} ${hex(identity & 0xffff, 4)}:${hex(identity >> 16, 4)}`
}

function isSerialPort(device: u32): bool {
  return deviceNumber(device, DeviceNumber.Kind) == DeviceKind.SerialPort
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
