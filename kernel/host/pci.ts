/** Configuration registers of the host's PCI functions, by mechanism 1. PCI Local Bus Specification 3.0, 3.2.2.3.2. */
import * as hw from '../hw'

/** `address`: bus in bits 23:16, device 15:11, function 10:8, register 7:2. All ones where there is no such function. */
export function readPci(address: u32): u32 {
  hw.out32(0xCF8, 0x8000_0000 | address & 0xFF_FFFC)
  return hw.in32(0xCFC)
}

export function writePci(address: u32, value: u32): void {
  hw.out32(0xCF8, 0x8000_0000 | address & 0xFF_FFFC)
  hw.out32(0xCFC, value)
}
