/** The registers and addresses of an instruction's operands, as the nucleus that decodes it and the machine that may carry it out have to agree on them. */
import { Instruction, NoRegister, RipRegister, Segment } from './instruction'
import { Access, Processor } from './vcpu'

/** General registers by number. */
export namespace Register {
  export const Rax: u32 = 0
  export const Rcx: u32 = 1
  export const Rdx: u32 = 2
  export const Rbx: u32 = 3
  export const Rsp: u32 = 4
  export const Rsi: u32 = 6
  export const Rdi: u32 = 7
}

@inline function at(cpu: Processor, register: u32): usize { return changetype<usize>(cpu) + (<usize>register << 3) }

/** The low `size` bytes of a general register. */
@inline export function readRegister(cpu: Processor, register: u32, size: u32): u64 { return load<u64>(at(cpu, register)) & sizeMask(size) }

/** Writes a general register: 32 bits clear the upper half, fewer leave the rest. Intel SDM vol. 1, 3.4.1.1. */
export function writeRegister(cpu: Processor, register: u32, size: u32, value: u64): void {
  const address = at(cpu, register)
  switch (size) {
    case 1: return store<u8>(address, <u8>value)
    case 2: return store<u16>(address, <u16>value)
    case 4: return store<u64>(address, value & 0xFFFF_FFFF)
  }
  store<u64>(address, value)
}

/** Without REX, byte registers 4 to 7 are AH, CH, DH and BH. Intel SDM vol. 2, table 2-3 and 2.2.1.2. */
@inline function isHighByte(instruction: Instruction, register: u32, size: u32): bool {
  return size == 1 && instruction.rex == 0 && register - 4 < 4
}

/** A register that the instruction encodes, of the operand's size. */
@inline export function readOperandRegister(cpu: Processor, instruction: Instruction, register: u32, size: u32): u64 {
  if (isHighByte(instruction, register, size)) return load<u8>(at(cpu, register - 4) + 1)
  return readRegister(cpu, register, size)
}

/** Writes such a register. */
@inline export function writeOperandRegister(cpu: Processor, instruction: Instruction, register: u32, size: u32, value: u64): void {
  if (isHighByte(instruction, register, size)) store<u8>(at(cpu, register - 4) + 1, <u8>value)
  else writeRegister(cpu, register, size, value)
}

/** The memory operand's offset in its segment, cut to the address size. Intel SDM vol. 1, 3.7.5. */
export function effectiveAddress(cpu: Processor, instruction: Instruction): u64 {
  let address = <u64>instruction.displacement
  const base = <u32>instruction.base
  const index = <u32>instruction.index
  if (base < RipRegister) address += load<u64>(at(cpu, base))
  else if (base == RipRegister) address += cpu.rip + instruction.length
  if (index != NoRegister) address += load<u64>(at(cpu, index)) << <u64>instruction.scale
  return address & sizeMask(instruction.addressSize)
}

/** All ones in the low `size` bytes. */
@inline export function sizeMask(size: u32): u64 { return u64.MAX_VALUE >> (64 - (<u64>size << 3)) }

/** The linear address of an offset: in 64-bit mode only FS and GS have a base. Intel SDM vol. 3, 3.2.4. */
@inline export function linearAddress(cpu: Processor, segment: u32, offset: u64): u64 {
  const base = load<u64>(changetype<usize>(cpu) + (<usize>segment << 3), offsetof<Processor>('esBase'))
  if (cpu.codeSize == 64) return segment < Segment.Fs ? offset : offset + base
  return offset + base & 0xFFFF_FFFF
}

/** The access bits of one made now through `segment`. */
@inline export function accessBits(cpu: Processor, segment: u32, write: bool): u32 {
  return (write ? Access.Write : 0) | (cpu.cpl == 3 ? Access.User : 0) | (segment == Segment.Ss ? Access.Stack : 0)
}
