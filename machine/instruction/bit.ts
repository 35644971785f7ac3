import { Instruction } from '../../capability/instruction'
import { EmulateStatus, Processor } from '../../capability/vcpu'
import { setCarry } from './flags'
import { effectiveAddress, readOperandRegister, sizeMask } from '../../capability/operand'
import { openAt, openOperand, readOperand, writeOperand } from './operand'

/** BT, BTS, BTR and BTC in the order of opcode bits 4:3 and of group 8. */
namespace BitOperation {
  export const Test: u32 = 0
  export const Set: u32 = 1
  export const Reset: u32 = 2
  export const Complement: u32 = 3
}

/** r/m and a bit number in a register, which reaches beyond the operand in memory. Intel SDM vol. 2, BT and vol. 2, 3.1.1.9. */
export function bitRegister(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  const operation = <u32>instruction.opcode >> 3 & 3
  const number = readOperandRegister(cpu, instruction, instruction.register, size)
  if (instruction.memory) {
    const unused = 64 - (<u64>size << 3)
    const index = <i64>(number << unused) >> unused
    const shift: i64 = size == 8 ? 6 : size == 4 ? 5 : 4
    const offset = effectiveAddress(cpu, instruction) + <u64>(index >> shift) * size & sizeMask(instruction.addressSize)
    if (!openAt(cpu, instruction, offset, size, operation != BitOperation.Test)) return EmulateStatus.Fault
  }
  return apply(cpu, instruction, operation, number, size)
}

/** Group 8: r/m and an immediate, which counts modulo the operand's width. */
export function bitImmediate(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  const operation = <u32>instruction.modrm >> 3 & 3
  if (!openOperand(cpu, instruction, size, operation != BitOperation.Test)) return EmulateStatus.Fault
  return apply(cpu, instruction, operation, instruction.immediate, size)
}

function apply(cpu: Processor, instruction: Instruction, operation: u32, number: u64, size: u32): i32 {
  const position = number & (<u64>size * 8 - 1)
  const bit = <u64>1 << position
  const value = readOperand(cpu, instruction, size)
  setCarry(cpu, value >> position)
  if (operation == BitOperation.Set) writeOperand(cpu, instruction, size, value | bit)
  else if (operation == BitOperation.Reset) writeOperand(cpu, instruction, size, value & ~bit)
  else if (operation == BitOperation.Complement) writeOperand(cpu, instruction, size, value ^ bit)
  return EmulateStatus.Done
}
