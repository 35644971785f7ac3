import { Flag } from '../../capability/registers'
import { Processor } from '../../capability/vcpu'
import { sizeMask } from '../../capability/operand'

@inline const Status: u64 = Flag.Carry | Flag.Parity | Flag.Auxiliary | Flag.Zero | Flag.Sign | Flag.Overflow

/** One bit for each value of four bits: 1 where its parity is even. */
@inline const EvenParity: u64 = 0x9669

/** Zero, sign and parity of a result of `size` bytes, zero-extended. */
@inline function resultFlags(result: u64, size: u32): u64 {
  const nibbles = (result ^ result >> 4) & 15
  return (EvenParity >> nibbles & 1) << 2 | (result == 0 ? Flag.Zero : 0) | result >> (<u64>size * 8 - 8) & Flag.Sign
}

/** `carries` and `overflow` hold a carry out of each bit and a sign overflow at the top bit. */
@inline function setFlags(cpu: Processor, result: u64, size: u32, carries: u64, overflow: u64, auxiliary: u64): void {
  const top = <u64>size * 8 - 1
  cpu.rflags = cpu.rflags & ~Status | resultFlags(result, size) | carries >> top & 1 | (overflow >> top & 1) << 11 | auxiliary & Flag.Auxiliary
}

/** left + right + carry, with its flags. The values are zero-extended from `size` bytes. Intel SDM vol. 2, ADD and ADC. */
export function add(cpu: Processor, left: u64, right: u64, carry: u64, size: u32): u64 {
  const result = left + right + carry & sizeMask(size)
  setFlags(cpu, result, size, left & right | (left | right) & ~result, (left ^ result) & (right ^ result), left ^ right ^ result)
  return result
}

/** left - right - borrow, with its flags. Intel SDM vol. 2, SUB, SBB and CMP. */
export function subtract(cpu: Processor, left: u64, right: u64, borrow: u64, size: u32): u64 {
  const result = left - right - borrow & sizeMask(size)
  setFlags(cpu, result, size, ~left & right | (~left | right) & result, (left ^ right) & (left ^ result), left ^ right ^ result)
  return result
}

/** Flags of AND, OR, XOR and TEST; AF, which the manual leaves undefined, is cleared as processors do. */
export function logic(cpu: Processor, result: u64, size: u32): u64 {
  setFlags(cpu, result, size, 0, 0, 0)
  return result
}

/** left + 1 or left - 1: INC and DEC leave CF alone. */
export function step(cpu: Processor, left: u64, down: bool, size: u32): u64 {
  const carry = cpu.rflags & Flag.Carry
  const result = down ? subtract(cpu, left, 1, 0, size) : add(cpu, left, 1, 0, size)
  cpu.rflags = cpu.rflags & ~Flag.Carry | carry
  return result
}

/** Sets CF alone. */
@inline export function setCarry(cpu: Processor, bit: u64): void { cpu.rflags = cpu.rflags & ~Flag.Carry | bit & 1 }

/** Sets ZF alone. */
@inline export function setZero(cpu: Processor, zero: bool): void { cpu.rflags = cpu.rflags & ~Flag.Zero | (zero ? Flag.Zero : 0) }

/** A condition by the low four bits of its opcode. Intel SDM vol. 1, appendix B. */
export function condition(cpu: Processor, code: u32): bool {
  const flags = cpu.rflags
  let holds = false
  switch (code >> 1 & 7) {
    case 0: holds = (flags & Flag.Overflow) != 0; break
    case 1: holds = (flags & Flag.Carry) != 0; break
    case 2: holds = (flags & Flag.Zero) != 0; break
    case 3: holds = (flags & (Flag.Carry | Flag.Zero)) != 0; break
    case 4: holds = (flags & Flag.Sign) != 0; break
    case 5: holds = (flags & Flag.Parity) != 0; break
    case 6: holds = less(flags); break
    case 7: holds = less(flags) || (flags & Flag.Zero) != 0; break
  }
  return holds != ((code & 1) != 0)
}

@inline function less(flags: u64): bool { return (flags >> 7 & 1) != (flags >> 11 & 1) }
