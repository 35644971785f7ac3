/** Pieces of code outside long mode: what is wanted and what became of it, as legacy.asm reads and writes it. */
import { execute, load8, store16, store32, store8 } from './hw'
import { registers } from './registers'

@external('code', 'legacy') declare function run(): u64
@external('code', 'legacyImage') declare function image(): u64
@external('code', 'legacySize') declare function imageSize(): u32
@external('code', 'legacyStubs') declare function stubs(): u32
@external('code', 'legacyRealStubs') declare function realStubs(): u32

/** 64 KiB of memory that real mode reaches, and the places in it. */
export namespace Low {
  export const Segment: u32 = 0x6000
  export const Base: u32 = 0x60000
  export const Record: u32 = 0x62000
  export const Code: u32 = 0x63000
  export const Data: u32 = 0x64000
  export const Stack: u32 = 0x66000 // of the code that is run; it grows down
  export const InnerStack: u32 = 0x68000 // of ring 0 below it
  export const Free: u32 = 0x69000 // to the end of the segment
}

/** By this vector a piece of code says that it is done. */
@inline export const EndVector: u32 = 0x31
const Vectors: u32 = 64

/** The record at Low.Record: offsets, since guest memory is no object of this module. */
export namespace Legacy {
  export const Cr0: u32 = 0x00
  export const Cr3: u32 = 0x04
  export const Cr4: u32 = 0x08
  export const Efer: u32 = 0x0C
  export const Ip: u32 = 0x10
  export const Cs: u32 = 0x14
  export const Flags: u32 = 0x18
  export const Sp: u32 = 0x1C
  export const Ss: u32 = 0x20
  export const Es: u32 = 0x24
  export const Ds: u32 = 0x28
  export const Fs: u32 = 0x2C
  export const Gs: u32 = 0x30
  export const Edi: u32 = 0x34 // the others follow: ESI, EBP, EBX, EDX, ECX, EAX
  export const Esi: u32 = 0x38
  export const Ebp: u32 = 0x3C
  export const Ebx: u32 = 0x40
  export const Edx: u32 = 0x44
  export const Ecx: u32 = 0x48
  export const Eax: u32 = 0x4C
  export const Tr: u32 = 0x50
  export const Ldt: u32 = 0x54
  export const Real: u32 = 0x58
  export const Vector: u32 = 0x5C // from here on what became of it
  export const Error: u32 = 0x60
  export const Cr2: u32 = 0x64
  export const EndIp: u32 = 0x68
  export const EndCs: u32 = 0x6C
  export const EndFlags: u32 = 0x70
  export const EndSp: u32 = 0x74
  export const EndSs: u32 = 0x78
  export const EndDs: u32 = 0x7C
  export const EndCr0: u32 = 0x80
  export const EndTr: u32 = 0x84
  export const EndRegisters: u32 = 0x88 // EDI, ESI, EBP, ESP, EBX, EDX, ECX, EAX
  export const Idt: u32 = 0xA8 // what LIDT takes: limit, base
}

/** Puts the image into low memory; once. */
export function initializeLegacy(): void {
  const from = image()
  for (let at: u32 = 0; at < imageSize(); at++) store8(Low.Base + at, load8(from + at))
}

/** Fills a 32-bit interrupt table at `table`: each of 64 vectors ends the piece of code; INT3, INTO, BOUND and the end are for every ring. */
export function fillTable(table: u32): void {
  for (let vector: u32 = 0; vector < Vectors; vector++) {
    setProtectedGate(table, vector, 0x18, protectedStub(vector), vector >= 3 && vector <= 5 || vector == EndVector ? 0xEE : 0x8E)
  }
}

/** Where protected mode's stub of a vector is. */
export function protectedStub(vector: u32): u32 { return stubs() + vector * 16 }

/** A gate of any kind. Intel SDM vol. 3, figure 6-2. */
export function setProtectedGate(table: u32, vector: u32, selector: u32, offset: u32, type: u32): void {
  store32(table + vector * 8, selector << 16 | offset & 0xFFFF)
  store32(table + vector * 8 + 4, offset & 0xFFFF0000 | type << 8)
}

/** Points real mode's vectors, at 0, to what ends the piece of code. */
export function fillRealTable(): void {
  for (let vector: u32 = 0; vector < Vectors; vector++) {
    store16(vector * 4, realStubs() + vector * 8)
    store16(vector * 4 + 2, Low.Segment)
  }
}

/** Goes there and comes back. */
export function runLegacy(): void { execute(run(), changetype<usize>(registers)) }
