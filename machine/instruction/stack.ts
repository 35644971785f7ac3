import { Instruction, Segment } from '../../capability/instruction'
import { EmulateStatus, Processor, Span } from '../../capability/vcpu'
import { locate, readSpan, writeSpan } from '../vcpu/span'
import { accessBits, linearAddress, readRegister, Register, writeRegister } from '../../capability/operand'
import { openOperand, readOperand, writeOperand } from './operand'

const slot = changetype<Span>(memory.data(24, 8))

@inline function locateSlot(cpu: Processor, offset: u64, size: u32, write: bool): bool {
  return locate(linearAddress(cpu, Segment.Ss, offset), size, accessBits(cpu, Segment.Ss, write), slot)
}

/** PUSH r/m (group 5). */
export function push(cpu: Processor, instruction: Instruction): i32 {
  const size: u32 = cpu.codeSize == 64 && instruction.operandSize == 4 ? 8 : instruction.operandSize // 64 bits without REX.W. Intel SDM vol. 1, 3.6.1
  const width = cpu.stackSize >> 3
  const before = cpu.rsp
  if (!openOperand(cpu, instruction, size, false)) return EmulateStatus.Fault
  writeRegister(cpu, Register.Rsp, width, before - size)
  if (!locateSlot(cpu, readRegister(cpu, Register.Rsp, width), size, true)) {
    cpu.rsp = before
    return EmulateStatus.Fault
  }
  writeSpan(slot, readOperand(cpu, instruction, size))
  return EmulateStatus.Done
}

/** POP r/m (8Fh): an address by rSP is that after the pop. Intel SDM vol. 2, POP. */
export function pop(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.operandSize
  const width = cpu.stackSize >> 3
  const before = cpu.rsp
  if (!locateSlot(cpu, readRegister(cpu, Register.Rsp, width), size, false)) return EmulateStatus.Fault
  writeRegister(cpu, Register.Rsp, width, before + size)
  if (!openOperand(cpu, instruction, size, true)) {
    cpu.rsp = before
    return EmulateStatus.Fault
  }
  writeOperand(cpu, instruction, size, readSpan(slot))
  return EmulateStatus.Done
}
