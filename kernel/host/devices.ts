/** The host's devices: the serial port, and every PCI function. PCI Local Bus 3.0, 6.1; found by configuration mechanism 1, 3.2.2.3.2. */
import * as hw from '../hw'
import { DeviceText } from '../../capability/admin'
import * as words from '../log/text'
import { isEarlyPresent } from '../log/early'
import { nameAddress, sandbox } from '../sandbox/sandbox'
import { driverOf, TerminalDriver } from '../service/terminals'

const Capacity: u32 = 256
// bus << 16 | device << 11 | function << 8, as mechanism 1 wants it.
const functions: usize = memory.data(256 * 4, 8)
let count: u32 = 0

function read(address: u32, register: u32): u32 {
  hw.out32(0xCF8, 0x8000_0000 | address | register)
  return hw.in32(0xCFC)
}

/** Looks for every function on every bus. */
export function findDevices(): void {
  count = 0
  for (let bus: u32 = 0; bus < 256; bus++) {
    for (let device: u32 = 0; device < 32; device++) {
      const address = bus << 16 | device << 11
      if ((read(address, 0) & 0xFFFF) == 0xFFFF) continue
      const functionCount: u32 = (read(address, 0x0C) >> 16 & 0x80) != 0 ? 8 : 1
      for (let index: u32 = 0; index < functionCount && count < Capacity; index++) {
        if ((read(address | index << 8, 0) & 0xFFFF) == 0xFFFF) continue
        store<u32>(functions + (<usize>count << 2), address | index << 8)
        count++
      }
    }
  }
}

export function deviceCount(): u32 { return count + (isEarlyPresent() ? 1 : 0) }

/** Appends one of a device's texts. */
export function describeDevice(index: u32, key: u32): void {
  if (index >= count) {
    describeSerial(key)
    return
  }
  const address = load<u32>(functions + (<usize>index << 2))
  if (key == DeviceText.Address) {
    words.hex(address >> 16, 2)
    words.byte(0x3A)
    words.hex(address >> 11 & 31, 2)
    words.byte(0x2E)
    words.decimal(address >> 8 & 7)
  } else if (key == DeviceText.Description) {
    const identity = read(address, 0)
    words.text(className(read(address, 8) >> 16))
    words.byte(0x20)
    words.hex(identity & 0xFFFF, 4)
    words.byte(0x3A)
    words.hex(identity >> 16, 4)
  }
}

function describeSerial(key: u32): void {
  if (key == DeviceText.Address) words.text('ISA 3F8h')
  else if (key == DeviceText.Description) words.text('16550 serial port, COM1')
  else if (driverOf(TerminalDriver.Uart) != 0) {
    const box = sandbox(driverOf(TerminalDriver.Uart))
    words.bytes(nameAddress(box), box.nameLength)
  }
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
    case 0x0C03: return 'USB controller'
    case 0x0C05: return 'SMBus controller'
  }
  switch (code >> 8) {
    case 0x01: return 'storage controller'
    case 0x02: return 'network controller'
    case 0x03: return 'display controller'
    case 0x06: return 'bridge'
  }
  return 'device'
}
