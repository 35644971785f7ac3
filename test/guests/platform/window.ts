/** A 2 MiB window onto any physical address, for what lies above the 4 GiB that are mapped one to one. */
import { invalidatePage, load64, pageTable, store64 } from './hw'

/** Where the window is: the last 2 MiB below 3 GiB. */
@inline export const Window: u64 = 0xBFE00000
@inline const Attributes: u64 = 0x9F // present, writable, user, uncached, 2 MiB
@inline const AddressMask: u64 = 0x000FFFFFFFFFF000

function entry(): u64 {
  const pointers = load64(pageTable()) & AddressMask
  const directory = load64(pointers + 2 * 8) & AddressMask // the third GiB
  return directory + 511 * 8
}

/** Points the window at the 2 MiB that hold `address`; returns where `address` is to be found. Bits above 51 are not kept. */
export function mapWindow(address: u64): u64 {
  pointWindow(address)
  invalidatePage(Window)
  return Window | (address & 0x1FFFFF)
}

/** The same for whoever then has the processor forget where it pointed before. */
export function pointWindow(address: u64): void { store64(entry(), (address & 0x000FFFFFFFE00000) | Attributes) }

/** Maps the window one to one again. */
export function closeWindow(): void { mapWindow(Window) }
