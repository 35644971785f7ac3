/** PCI configuration space by mechanism 1, of bus 0 and functions 0. PCI Local Bus Specification 3.0, 3.2.2.3.2. */
import { in32, out32 } from './hw'

const Address: u32 = 0xCF8
const Data: u32 = 0xCFC
const CapabilityPointer: u32 = 0x34

/** The 32-bit register at `offset`, a multiple of 4. */
export function readConfiguration(slot: u32, offset: u32): u32 {
  out32(Address, 1 << 31 | slot << 11 | offset)
  return in32(Data)
}

export function writeConfiguration(slot: u32, offset: u32, value: u32): void {
  out32(Address, 1 << 31 | slot << 11 | offset)
  out32(Data, value)
}

/** The slot of the first function from slot `slot` on with this vendor (low half) and device; 32 for none. */
export function findFunction(identification: u32, slot: u32 = 0): u32 {
  while (slot < 32 && readConfiguration(slot, 0) != identification) slot++
  return slot
}

/** The next capability behind the one at `at`, or the first for 0; 0 for none. */
export function nextCapability(slot: u32, at: u32): u32 {
  return (at == 0 ? readConfiguration(slot, CapabilityPointer) : readConfiguration(slot, at) >> 8) & 0xFC
}

/** Where the memory of base address register `bar` lies. */
export function memoryAt(slot: u32, bar: u32): u64 {
  const low = readConfiguration(slot, 0x10 + (bar << 2))
  const high: u32 = (low & 6) == 4 ? readConfiguration(slot, 0x14 + (bar << 2)) : 0
  return <u64>high << 32 | (low & ~15)
}
