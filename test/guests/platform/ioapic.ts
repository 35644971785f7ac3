/** The I/O APIC: 82093AA data sheet. */
import { ioApicAddress, isaInterrupt, isaInterruptFlags } from './acpi'
import { load32, store32 } from './hw'

const Select: u32 = 0x00
const Window: u32 = 0x10

function base(): u64 {
  const named = ioApicAddress()
  return named ? named : 0xFEC00000
}

export function readIoApic(register: u32): u32 {
  store32(base() + Select, register)
  return load32(base() + Window)
}

export function writeIoApic(register: u32, value: u32): void {
  store32(base() + Select, register)
  store32(base() + Window, value)
}

/** Redirection entries it has. */
export function pinCount(): u32 { return ((readIoApic(1) >> 16) & 0xFF) + 1 }

/** Masks every pin. */
export function maskAllPins(): void {
  const pins = pinCount()
  for (let pin: u32 = 0; pin < pins; pin++) {
    writeIoApic(0x10 + pin * 2, 1 << 16)
    writeIoApic(0x11 + pin * 2, 0)
  }
}

/** Sends an ISA interrupt to a vector of local APIC 0, with the polarity and trigger that the MADT gives it. */
export function routeIsa(irq: u32, vector: u32): void {
  const pin = isaInterrupt(irq)
  const flags = isaInterruptFlags(irq)
  const low = (flags & 3) == 3 ? <u32>1 << 13 : 0
  const level = (flags & 12) == 12 ? <u32>1 << 15 : 0
  writeIoApic(0x11 + pin * 2, 0)
  writeIoApic(0x10 + pin * 2, vector | low | level)
}

/** Masks the pin of an ISA interrupt. */
export function maskIsa(irq: u32): void { writeIoApic(0x10 + isaInterrupt(irq) * 2, 1 << 16) }
