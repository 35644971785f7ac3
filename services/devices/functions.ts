/** The functions of a bus. PCI Local Bus Specification 3.0, 6.2.1. */
import { Header, HeaderType } from '../../capability/pci'
import { read } from './configuration'

const NoVendor: u32 = 0xFFFF

/** Calls for each function that is there, in order, with its address. */
export function forEachFunction(bus: u32, take: (address: u32) => void): void {
  for (let device: u32 = 0; device < 32; device++) {
    const first = bus << 16 | device << 11
    if (!isThere(first)) continue
    const count: u32 = read(first, Header.Type) & HeaderType.Several ? 8 : 1
    for (let index: u32 = 0; index < count; index++) if (isThere(first | index << 8)) take(first | index << 8)
  }
}

function isThere(address: u32): bool { return (read(address, Header.Identity) & 0xFFFF) != NoVendor }

/** HeaderType.Function, Bridge, or another. */
export function typeOf(address: u32): u32 { return read(address, Header.Type) & HeaderType.Mask }
