/** The host's I/O APICs. 82093AA data sheet, 3.0. */
import * as hw from '../hw'
import { acpi } from '../firmware/acpi'

const Select: u64 = 0x00
const Window: u64 = 0x10
const Version: u32 = 0x01
const Redirection: u32 = 0x10
const Masked: u32 = 1 << 16
const ActiveLow: u32 = 1 << 13
const LevelTriggered: u32 = 1 << 15

function read(base: u64, register: u32): u32 {
  hw.store32(base + Select, register)
  return hw.load32(base + Window)
}

function write(base: u64, register: u32, value: u32): void {
  hw.store32(base + Select, register)
  hw.store32(base + Window, value)
}

/** Masks every pin of every I/O APIC: a device must be routed to be heard. */
export function initializeIoApics(): void {
  for (let i: u32 = 0; i < acpi().ioApicCount; i++) {
    const base = acpi().ioApic(i).address
    const pins = (read(base, Version) >> 16 & 0xFF) + 1
    for (let pin: u32 = 0; pin < pins; pin++) write(base, Redirection + 2 * pin, Masked)
  }
}

/** Routes an ISA interrupt to `vector` on the local APIC `destination`. False when no I/O APIC has that pin. */
export function routeIsa(irq: u32, vector: u32, destination: u32): bool {
  const wiring = acpi().isaInterrupt(irq)
  const gsi = wiring.globalInterrupt
  const mode = ((wiring.flags & 3) == 3 ? ActiveLow : 0) | ((wiring.flags >> 2 & 3) == 3 ? LevelTriggered : 0)
  for (let i: u32 = 0; i < acpi().ioApicCount; i++) {
    const base = acpi().ioApic(i).address
    const first = acpi().ioApic(i).globalInterruptBase
    const pins = (read(base, Version) >> 16 & 0xFF) + 1
    if (gsi < first || gsi >= first + pins) continue
    write(base, Redirection + 2 * (gsi - first) + 1, destination << 24)
    write(base, Redirection + 2 * (gsi - first), vector | mode)
    return true
  }
  return false
}
