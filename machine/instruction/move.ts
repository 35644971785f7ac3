import { Instruction, Prefix, Rex } from '../../capability/instruction'
import { EmulateStatus, Processor } from '../../capability/vcpu'
import { condition } from './flags'
import { readOperandRegister, writeRegister } from '../../capability/operand'
import { openOperand, readOperand, writeOperand } from './operand'

/** MOVNTI m, r: a doubleword in 16-bit code too; prefixes make it undefined. Intel SDM vol. 2, MOVNTI. */
export function moveNonTemporal(cpu: Processor, instruction: Instruction): i32 {
  if (!instruction.memory || instruction.prefixes & (Prefix.OperandSize | Prefix.Repeat | Prefix.RepeatNotEqual)) return EmulateStatus.Unsupported
  const size: u32 = instruction.rex & Rex.W ? 8 : 4
  if (!openOperand(cpu, instruction, size, true)) return EmulateStatus.Fault
  writeOperand(cpu, instruction, size, readOperandRegister(cpu, instruction, instruction.register, size))
  return EmulateStatus.Done
}

/** MOVSX and MOVSXD: a source of `size` bytes. */
export function moveSignExtended(cpu: Processor, instruction: Instruction, size: u32): i32 {
  if (!openOperand(cpu, instruction, size, false)) return EmulateStatus.Fault
  const unused = 64 - (<u64>size << 3)
  writeRegister(cpu, instruction.register, instruction.operandSize, <u64>(<i64>(readOperand(cpu, instruction, size) << unused) >> unused))
  return EmulateStatus.Done
}

/** CMOVcc: the source is read whatever the condition, and 32 bits clear the upper half in either case. Intel SDM vol. 2, CMOVcc. */
export function moveConditional(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  if (!openOperand(cpu, instruction, size, false)) return EmulateStatus.Fault
  const source = readOperand(cpu, instruction, size)
  const value = condition(cpu, instruction.opcode) ? source : readOperandRegister(cpu, instruction, instruction.register, size)
  writeRegister(cpu, instruction.register, size, value)
  return EmulateStatus.Done
}

/** SETcc. */
export function setConditional(cpu: Processor, instruction: Instruction): i32 {
  if (!openOperand(cpu, instruction, 1, true)) return EmulateStatus.Fault
  writeOperand(cpu, instruction, 1, condition(cpu, instruction.opcode) ? 1 : 0)
  return EmulateStatus.Done
}

/** MOVBE r, m (0F 38 F0h) and m, r (F1h): the bytes in reverse. */
export function moveBigEndian(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  const stores = (instruction.opcode & 1) != 0
  if (!instruction.memory || !openOperand(cpu, instruction, size, stores)) return instruction.memory ? EmulateStatus.Fault : EmulateStatus.Unsupported
  if (stores) writeOperand(cpu, instruction, size, reverse(readOperandRegister(cpu, instruction, instruction.register, size), size))
  else writeRegister(cpu, instruction.register, size, reverse(readOperand(cpu, instruction, size), size))
  return EmulateStatus.Done
}

@inline function reverse(value: u64, size: u32): u64 { return bswap<u64>(value) >> (64 - (<u64>size << 3)) }
