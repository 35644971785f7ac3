/**
 * PCI configuration access, by mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3.2) and by ECAM (PCI Express Base
 * Specification, 7.2.2). Both arrive at the same functions; a function that there is not reads all ones.
 */
import * as hostbridge from './hostbridge'
import { ConfigurationAddress } from './registers'

let address: u32 = 0

/** As after power-on. */
export function reset(): void {
  address = 0
  hostbridge.reset()
}

/** Reads CONFIG_ADDRESS; only 32-bit accesses reach it. */
export function readAddress(): u32 { return address }

/** Writes CONFIG_ADDRESS. */
export function writeAddress(value: u32): void { address = value & ConfigurationAddress.Writable }

/** Reads `size` bytes at CONFIG_DATA + `offset`. */
export function readData(offset: u32, size: u32): u32 {
  if (!(address & ConfigurationAddress.Enable)) return u32.MAX_VALUE
  return readFunction((address >> 8) & 0xffff, (address & 0xfc) + offset, size)
}

/** Writes `size` bytes at CONFIG_DATA + `offset`. */
export function writeData(offset: u32, size: u32, value: u32): void {
  if (address & ConfigurationAddress.Enable) writeFunction((address >> 8) & 0xffff, (address & 0xfc) + offset, size, value)
}

/** Reads 1, 2 or 4 bytes at an offset in the ECAM window. */
export function readEcam(offset: u32, size: u32): u32 { return readFunction(offset >> 12, offset & 0xfff, size) }

/** Writes 1, 2 or 4 bytes at an offset in the ECAM window. */
export function writeEcam(offset: u32, size: u32, value: u32): void { writeFunction(offset >> 12, offset & 0xfff, size, value) }

/** `routing` is bus (8 bits), device (5), function (3). An access does not cross a 32-bit register. */
function readFunction(routing: u32, offset: u32, size: u32): u32 {
  if (routing || (offset & 3) + size > 4) return u32.MAX_VALUE
  return hostbridge.read(offset & ~3) >> ((offset & 3) << 3)
}

function writeFunction(routing: u32, offset: u32, size: u32, value: u32): void {
  if (routing || (offset & 3) + size > 4) return
  const shift = (offset & 3) << 3
  const mask: u32 = (size == 4 ? u32.MAX_VALUE : (1 << (size << 3)) - 1) << shift
  hostbridge.write(offset & ~3, value << shift, mask)
}
