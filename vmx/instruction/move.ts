import { Instruction } from '../../capability/instruction'
import { EmulateStatus, Processor } from '../../capability/vcpu'
import { readOperandRegister, Register, writeOperandRegister, writeRegister } from '../../capability/operand'
import { openOperand, readOperand, writeOperand } from './operand'

/** MOV r/m, r (88h, 89h). */
export function moveToOperand(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  if (!openOperand(cpu, instruction, size, true)) return EmulateStatus.Fault
  writeOperand(cpu, instruction, size, readOperandRegister(cpu, instruction, instruction.register, size))
  return EmulateStatus.Done
}

/** MOV r, r/m (8Ah, 8Bh). */
export function moveToRegister(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  if (!openOperand(cpu, instruction, size, false)) return EmulateStatus.Fault
  writeOperandRegister(cpu, instruction, instruction.register, size, readOperand(cpu, instruction, size))
  return EmulateStatus.Done
}

/** MOV between the accumulator and an offset (A0h–A3h). */
export function moveAccumulator(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  const stores = (instruction.opcode & 2) != 0
  if (!openOperand(cpu, instruction, size, stores)) return EmulateStatus.Fault
  if (stores) writeOperand(cpu, instruction, size, cpu.rax)
  else writeRegister(cpu, Register.Rax, size, readOperand(cpu, instruction, size))
  return EmulateStatus.Done
}

/** MOV r/m, immediate (C6h, C7h); XABORT and XBEGIN share their opcodes. */
export function moveImmediate(cpu: Processor, instruction: Instruction): i32 {
  if (instruction.modrm & 0x38) return EmulateStatus.Unsupported
  const size = <u32>instruction.operandSize
  if (!openOperand(cpu, instruction, size, true)) return EmulateStatus.Fault
  writeOperand(cpu, instruction, size, instruction.immediate)
  return EmulateStatus.Done
}

/** MOVZX from a source of `size` bytes. */
export function moveZeroExtended(cpu: Processor, instruction: Instruction, size: u32): i32 {
  if (!openOperand(cpu, instruction, size, false)) return EmulateStatus.Fault
  writeRegister(cpu, instruction.register, instruction.operandSize, readOperand(cpu, instruction, size))
  return EmulateStatus.Done
}
