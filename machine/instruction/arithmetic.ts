import { Instruction } from '../../capability/instruction'
import { Flag } from '../../capability/registers'
import { EmulateStatus, Processor } from '../../capability/vcpu'
import { add, logic, setZero, step, subtract } from './flags'
import { readOperandRegister, readRegister, Register, sizeMask, writeOperandRegister, writeRegister } from '../../capability/operand'
import { openOperand, readOperand, writeOperand } from './operand'

/** The eight operations in the order of opcode bits 5:3 and of group 1. */
export namespace Operation {
  export const Add: u32 = 0
  export const Or: u32 = 1
  export const Adc: u32 = 2
  export const Sbb: u32 = 3
  export const And: u32 = 4
  export const Sub: u32 = 5
  export const Xor: u32 = 6
  export const Cmp: u32 = 7
}

function compute(cpu: Processor, operation: u32, left: u64, right: u64, size: u32): u64 {
  switch (operation) {
    case Operation.Add: return add(cpu, left, right, 0, size)
    case Operation.Or: return logic(cpu, left | right, size)
    case Operation.Adc: return add(cpu, left, right, cpu.rflags & Flag.Carry, size)
    case Operation.Sbb: return subtract(cpu, left, right, cpu.rflags & Flag.Carry, size)
    case Operation.And: return logic(cpu, left & right, size)
    case Operation.Xor: return logic(cpu, left ^ right, size)
  }
  return subtract(cpu, left, right, 0, size)
}

/** r/m op= `right`; CMP only reads. */
@inline function onOperand(cpu: Processor, instruction: Instruction, operation: u32, right: u64, size: u32): i32 {
  if (!openOperand(cpu, instruction, size, operation != Operation.Cmp)) return EmulateStatus.Fault
  const result = compute(cpu, operation, readOperand(cpu, instruction, size), right, size)
  if (operation != Operation.Cmp) writeOperand(cpu, instruction, size, result)
  return EmulateStatus.Done
}

/** 00h–3Dh: r/m and r, r and r/m, accumulator and immediate. */
export function arithmetic(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  const operation = <u32>instruction.opcode >> 3
  if (instruction.opcode & 4) {
    const result = compute(cpu, operation, readRegister(cpu, Register.Rax, size), instruction.immediate & sizeMask(size), size)
    if (operation != Operation.Cmp) writeRegister(cpu, Register.Rax, size, result)
    return EmulateStatus.Done
  }
  const register = readOperandRegister(cpu, instruction, instruction.register, size)
  if (!(instruction.opcode & 2)) return onOperand(cpu, instruction, operation, register, size)
  if (!openOperand(cpu, instruction, size, false)) return EmulateStatus.Fault
  const result = compute(cpu, operation, register, readOperand(cpu, instruction, size), size)
  if (operation != Operation.Cmp) writeOperandRegister(cpu, instruction, instruction.register, size, result)
  return EmulateStatus.Done
}

/** Group 1: r/m and an immediate. */
export function arithmeticImmediate(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  return onOperand(cpu, instruction, instruction.modrm >> 3 & 7, instruction.immediate & sizeMask(size), size)
}

/** TEST r/m, r (84h, 85h), accumulator (A8h, A9h) or group 3's immediate. */
export function test(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  const opcode = <u32>instruction.opcode
  if ((opcode & 0xFE) == 0xA8) {
    logic(cpu, cpu.rax & instruction.immediate & sizeMask(size), size)
    return EmulateStatus.Done
  }
  if (!openOperand(cpu, instruction, size, false)) return EmulateStatus.Fault
  const right = (opcode & 0xFE) == 0x84 ? readOperandRegister(cpu, instruction, instruction.register, size) : instruction.immediate & sizeMask(size)
  logic(cpu, readOperand(cpu, instruction, size) & right, size)
  return EmulateStatus.Done
}

/** NOT and NEG of group 3. */
export function unary(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  if (!openOperand(cpu, instruction, size, true)) return EmulateStatus.Fault
  const value = readOperand(cpu, instruction, size)
  const result = instruction.modrm & 8 ? subtract(cpu, 0, value, 0, size) : ~value & sizeMask(size)
  writeOperand(cpu, instruction, size, result)
  return EmulateStatus.Done
}

/** INC and DEC of groups 4 and 5. */
export function increment(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  if (!openOperand(cpu, instruction, size, true)) return EmulateStatus.Fault
  writeOperand(cpu, instruction, size, step(cpu, readOperand(cpu, instruction, size), (instruction.modrm & 8) != 0, size))
  return EmulateStatus.Done
}

/** XCHG r/m, r. */
export function exchange(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  if (!openOperand(cpu, instruction, size, true)) return EmulateStatus.Fault
  const value = readOperand(cpu, instruction, size)
  writeOperand(cpu, instruction, size, readOperandRegister(cpu, instruction, instruction.register, size))
  writeOperandRegister(cpu, instruction, instruction.register, size, value)
  return EmulateStatus.Done
}

/** XADD r/m, r: the register first, so that the sum stays where both are one. Intel SDM vol. 2, XADD. */
export function exchangeAdd(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  if (!openOperand(cpu, instruction, size, true)) return EmulateStatus.Fault
  const value = readOperand(cpu, instruction, size)
  const sum = add(cpu, value, readOperandRegister(cpu, instruction, instruction.register, size), 0, size)
  writeOperandRegister(cpu, instruction, instruction.register, size, value)
  writeOperand(cpu, instruction, size, sum)
  return EmulateStatus.Done
}

/** CMPXCHG: memory is written in either case. Intel SDM vol. 2, CMPXCHG. */
export function compareExchange(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  if (!openOperand(cpu, instruction, size, true)) return EmulateStatus.Fault
  const value = readOperand(cpu, instruction, size)
  const source = readOperandRegister(cpu, instruction, instruction.register, size)
  const equal = subtract(cpu, readRegister(cpu, Register.Rax, size), value, 0, size) == 0
  if (equal) writeOperand(cpu, instruction, size, source)
  else {
    if (instruction.memory) writeOperand(cpu, instruction, size, value)
    writeRegister(cpu, Register.Rax, size, value)
  }
  return EmulateStatus.Done
}

/** CMPXCHG8B (16 bytes are beyond any device). */
export function compareExchange8(cpu: Processor, instruction: Instruction): i32 {
  if (!instruction.memory || (instruction.modrm & 0x38) != 8 || instruction.operandSize == 8) return EmulateStatus.Unsupported
  if (!openOperand(cpu, instruction, 8, true)) return EmulateStatus.Fault
  const value = readOperand(cpu, instruction, 8)
  const equal = value == (cpu.rdx << 32 | cpu.rax & 0xFFFF_FFFF)
  setZero(cpu, equal)
  writeOperand(cpu, instruction, 8, equal ? cpu.rcx << 32 | cpu.rbx & 0xFFFF_FFFF : value)
  if (!equal) {
    writeRegister(cpu, Register.Rax, 4, value)
    writeRegister(cpu, Register.Rdx, 4, value >> 32)
  }
  return EmulateStatus.Done
}
