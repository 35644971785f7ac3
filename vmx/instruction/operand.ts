/** The memory operand of an instruction that the nucleus carries out. */
import { locate, readSpan, writeSpan } from '../guest/linear'
import { Instruction } from '../../capability/instruction'
import { accessBits, effectiveAddress, linearAddress, readOperandRegister, writeOperandRegister } from '../../capability/operand'
import { Processor, Span } from '../../capability/vcpu'

/** The ModRM operand in memory, once opened. */
const operand = changetype<Span>(memory.data(24, 8))

/**
 * Prepares the ModRM operand of `size` bytes; `write` asks for the right to write too. False where the guest takes a fault. After it
 * readOperand and writeOperand cannot fail.
 */
@inline export function openOperand(cpu: Processor, instruction: Instruction, size: u32, write: bool): bool {
  return instruction.memory == 0 || openMemory(cpu, instruction, size, write)
}

function openMemory(cpu: Processor, instruction: Instruction, size: u32, write: bool): bool {
  const segment = <u32>instruction.segment
  return locate(cpu, linearAddress(cpu, segment, effectiveAddress(cpu, instruction)), size, accessBits(cpu, segment, write), operand)
}

/** The value of the operand opened last, zero-extended. */
@inline export function readOperand(cpu: Processor, instruction: Instruction, size: u32): u64 {
  return instruction.memory ? readSpan(operand) : readOperandRegister(cpu, instruction, instruction.rm, size)
}

/** Stores to the operand opened last. */
@inline export function writeOperand(cpu: Processor, instruction: Instruction, size: u32, value: u64): void {
  if (instruction.memory) writeSpan(operand, value)
  else writeOperandRegister(cpu, instruction, instruction.rm, size, value)
}
