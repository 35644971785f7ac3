/** The memory operand of an instruction that the machine carries out, by the vCPU's own translation. */
import { Instruction } from '../../capability/instruction'
import { accessBits, effectiveAddress, linearAddress, readOperandRegister, writeOperandRegister } from '../../capability/operand'
import { Processor, Span } from '../../capability/vcpu'
import { locate, readSpan, writeSpan } from '../vcpu/span'

/** The ModRM operand in memory, once opened. */
const operand = changetype<Span>(memory.data(24, 8))

/**
 * Prepares the ModRM operand of `size` bytes; `write` asks for the right to write too. False where the guest takes a fault. After it
 * readOperand and writeOperand cannot fail.
 */
@inline export function openOperand(cpu: Processor, instruction: Instruction, size: u32, write: bool): bool {
  return instruction.memory == 0 || openAt(cpu, instruction, effectiveAddress(cpu, instruction), size, write)
}

/** The same for a memory operand at another offset. */
export function openAt(cpu: Processor, instruction: Instruction, offset: u64, size: u32, write: bool): bool {
  const segment = <u32>instruction.segment
  return locate(linearAddress(cpu, segment, offset), size, accessBits(cpu, segment, write), operand)
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
