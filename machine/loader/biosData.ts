/** What real-mode firmware leaves in low memory and kernels still read there although no firmware ran. IBM PC/AT Technical Reference, BIOS data area. */
import * as ram from '../../capability/ram'
import { Port } from '../addresses'
import { Layout } from '../layout'

// An IRET lies where the AT's BIOS has one (F000:FF53), and behind it what answers every call with "function not supported": the
// carry flag set in the caller's FLAGS, and AH = 86h.
//   CF           iret
//   55           push bp
//   8B EC        mov bp, sp
//   80 4E 06 01  or byte [bp + 6], 1
//   5D           pop bp
//   B4 86        mov ah, 86h
//   CF           iret
const ROM_SEGMENT: u32 = 0xf000
const INTERRUPT_RETURN: u32 = 0xff53
const UNSUPPORTED: u32 = 0xff54
@inline const CODE_LOW: u64 = 0x0106_4e80_ec8b_55cf
@inline const CODE_HIGH: u64 = 0xcf_86b4_5d

// F000:FFF0 is where a CPU starts after a reset, and where kernels jump to be reset by the firmware (Linux's reboot=bios).
//   B0 06        mov al, 06h
//   BA F9 0C     mov dx, CF9h
//   EE           out dx, al
//   F4           hlt
//   EB FD        jmp to the hlt
const RESET_VECTOR: u32 = 0xfff0
@inline const RESET_LOW: u64 = 0xebf4_ee0c_f9ba_06b0
const RESET_HIGH: u32 = 0xfd

const COM1_ADDRESS: u64 = 0x400 // word: port of the first serial line
const EXTENDED_SEGMENT: u64 = 0x40e // word: segment of the extended BIOS data area
const BASE_MEMORY: u64 = 0x413 // word: KiB of memory below it

/** Fills in the vectors and, of the BIOS data area, what Linux, memtest86+ and others look at. */
export function writeBiosData(): void {
  ram.zero(0, Layout.BiosDataEnd)
  writeVectors()
  ram.write16(COM1_ADDRESS, Port.Com1)
  ram.write16(EXTENDED_SEGMENT, <u32>(Layout.ExtendedBiosData >> 4))
  ram.write16(BASE_MEMORY, <u32>(Layout.ExtendedBiosData >> 10))
  ram.zero(Layout.ExtendedBiosData, Layout.LowReserved - Layout.ExtendedBiosData)
  ram.write8(Layout.ExtendedBiosData, <u32>((Layout.LowReserved - Layout.ExtendedBiosData) >> 10))
}

/** Kernels that ask the firmware although there is none, as Xen does, are told so. Exceptions and device interrupts just return. */
function writeVectors(): void {
  const rom = <u64>(ROM_SEGMENT << 4)
  ram.write64(rom + INTERRUPT_RETURN, CODE_LOW)
  ram.write64(rom + INTERRUPT_RETURN + 8, CODE_HIGH)
  ram.write64(rom + RESET_VECTOR, RESET_LOW)
  ram.write8(rom + RESET_VECTOR + 8, RESET_HIGH)
  for (let vector: u32 = 0; vector < 256; vector++) {
    const isCall = vector >= 0x10 && vector < 0x70
    ram.write32(vector << 2, ROM_SEGMENT << 16 | (isCall ? UNSUPPORTED : INTERRUPT_RETURN))
  }
}
