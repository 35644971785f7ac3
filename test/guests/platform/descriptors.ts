/** A global descriptor table with code and data of every size for every ring. Intel SDM vol. 3, section 3.4.5. */
import { execute, linear } from './hw'
import { registers } from './registers'

/** The first selectors are those of start/interrupt.asm. */
export namespace Selector {
  export const Code64: u32 = 0x08
  export const Data: u32 = 0x10
  export const Code32: u32 = 0x18
  export const Code16: u32 = 0x20 // base 60000h
  export const RealData: u32 = 0x28 // base 0, limit FFFFh
  export const Task64: u32 = 0x40
  export const Data16: u32 = 0x50 // base 60000h, limit FFFFh
  export const Task: u32 = 0x60 // a 32-bit TSS
  export const OtherTask: u32 = 0x68
  export const ThirdTask: u32 = 0x70
  export const LocalTable: u32 = 0x78
  export const Spare: u32 = 0x80 // for tests to fill, and three after it
  export const Rings: u32 = 0x100 // 40h for each ring: Code64, Data, Code32, Code16, Data16
}

const Size: u32 = 0x200
const table: usize = memory.data(0x200, 16)
const pointer: usize = memory.data(16, 8)

@external('code', 'storeTable') declare function storeTable(): u64
@external('code', 'loadTable') declare function loadTable(): u64

/** `attributes`: the descriptor's bits 47:40 below, 55:52 above them. A limit of more than FFFFFh counts pages. */
export function describe(selector: u32, base: u32, limit: u32, attributes: u32): void {
  const pages = limit > 0xFFFFF
  const scaled = pages ? limit >> 12 : limit
  store<u64>(table + selector,
    u64(scaled & 0xFFFF) | u64(base & 0xFFFFFF) << 16 | u64(attributes & 0xFF) << 40 | u64(scaled >> 16) << 48 |
    u64(attributes >> 8 & 0xF | (pages ? 8 : 0)) << 52 | u64(base >> 24) << 56)
}

/** The eight bytes of a descriptor. */
export function descriptor(selector: u32): u64 { return load<u64>(table + selector) }
export function setDescriptor(selector: u32, value: u64): void { store<u64>(table + selector, value) }

/** Selectors for a ring, RPL included. */
export function code64(ring: u32): u32 { return Selector.Rings + ring * 0x40 | ring }
export function data(ring: u32): u32 { return code64(ring) + 8 }
export function code32(ring: u32): u32 { return code64(ring) + 16 }
export function code16(ring: u32): u32 { return code64(ring) + 24 }
export function data16(ring: u32): u32 { return code64(ring) + 32 }

/** Loads the table in the place of the one the guest started with, whose entries it takes over. */
export function initializeDescriptors(): void {
  registers.rdi = linear(pointer)
  execute(storeTable(), changetype<usize>(registers))
  const old = load<u64>(pointer, 2)
  const bytes = u64(load<u16>(pointer)) + 1
  registers.rsi = old
  registers.rdi = linear(table)
  registers.rcx = bytes
  execute(copyBytes(), changetype<usize>(registers))
  describe(Selector.Data16, 0x60000, 0xFFFF, 0x093)
  for (let ring: u32 = 0; ring < 4; ring++) {
    const level = ring << 5
    describe(code64(ring) & ~3, 0, 0xFFFFFFFF, 0x29B | level)
    describe(data(ring) & ~3, 0, 0xFFFFFFFF, 0x493 | level)
    describe(code32(ring) & ~3, 0, 0xFFFFFFFF, 0x49B | level)
    describe(code16(ring) & ~3, 0x60000, 0xFFFF, 0x09B | level)
    describe(data16(ring) & ~3, 0x60000, 0xFFFF, 0x093 | level)
  }
  store<u16>(pointer, u16(Size - 1))
  store<u64>(pointer, linear(table), 2)
  registers.rdi = linear(pointer)
  execute(loadTable(), changetype<usize>(registers))
}

@external('code', 'copyBytes') declare function copyBytes(): u64

/** Where the table is. */
export function descriptorTable(): u64 { return linear(table) }
