/** What real-mode firmware leaves in low memory and kernels still read there although no firmware ran. IBM PC/AT Technical Reference, BIOS data area. */
import * as ram from '../../capability/ram'
import { Port } from '../addresses'
import { Layout } from '../layout'

const COM1_ADDRESS: u64 = 0x400 // word: port of the first serial line
const EXTENDED_SEGMENT: u64 = 0x40e // word: segment of the extended BIOS data area
const BASE_MEMORY: u64 = 0x413 // word: KiB of memory below it

/** Clears the vectors and the BIOS data area and fills in what Linux, memtest86+ and others look at. */
export function writeBiosData(): void {
  ram.zero(0, Layout.BiosDataEnd)
  ram.write16(COM1_ADDRESS, Port.Com1)
  ram.write16(EXTENDED_SEGMENT, <u32>(Layout.ExtendedBiosData >> 4))
  ram.write16(BASE_MEMORY, <u32>(Layout.ExtendedBiosData >> 10))
  ram.zero(Layout.ExtendedBiosData, Layout.LowReserved - Layout.ExtendedBiosData)
  ram.write8(Layout.ExtendedBiosData, <u32>((Layout.LowReserved - Layout.ExtendedBiosData) >> 10))
}
