/** The host's devices: the serial port, and every PCI function. PCI Local Bus 3.0, 6.1; found by configuration mechanism 1, 3.2.2.3.2. */
import * as hw from '../hw'
import { DeviceKind, DeviceNumber } from '../../capability/admin'
import { isEarlyPresent } from '../log/early'
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

/** One of a device's numbers, by DeviceNumber. */
export function deviceNumber(index: u32, key: u32): u64 {
  if (index >= count) return index < deviceCount() && key == DeviceNumber.Kind ? DeviceKind.SerialPort : 0
  const address = load<u32>(functions + (<usize>index << 2))
  switch (key) {
    case DeviceNumber.Kind: return DeviceKind.PciFunction
    case DeviceNumber.Address: return address >> 8
    case DeviceNumber.Class: return read(address, 8) >> 16
    case DeviceNumber.Identity: return read(address, 0)
  }
  return 0
}

/** The sandbox that drives a device, or 0. */
export function deviceDriver(index: u32): u32 { return deviceNumber(index, DeviceNumber.Kind) == DeviceKind.SerialPort ? driverOf(TerminalDriver.Uart) : 0 }
