import { Instruction, OpcodeMap } from '../../capability/instruction'
import { Flag } from '../../capability/registers'
import { EmulateStatus, Processor } from '../../capability/vcpu'
import { moveAccumulator, moveImmediate, moveToOperand, moveToRegister, moveZeroExtended } from './move'

/**
 * Executes one decoded instruction on `cpu` where it is a move, which is how devices are accessed: memory through the guest's page tables, outside RAM
 * through the hooks of vmx/guest/memory.ts. Answers an EmulateStatus; Unsupported are all others, which are for the VM's machine (machine/instruction).
 * Done clears RF; what else follows an instruction is the caller's: the end of an interrupt shadow, and #DB for the guest's single step.
 */
export function emulate(cpu: Processor, instruction: Instruction): i32 {
  if (instruction.map > OpcodeMap.TwoByte) return EmulateStatus.Unsupported
  const status = instruction.map == OpcodeMap.OneByte ? oneByteInstruction(cpu, instruction) : twoByteInstruction(cpu, instruction)
  if (status == EmulateStatus.Done) {
    const next = cpu.rip + instruction.length
    cpu.rip = cpu.codeSize == 64 ? next : next & 0xFFFF_FFFF
    cpu.rflags &= ~Flag.Resume
  }
  return status
}

/** INS and OUTS. */
@inline export function isPortAccess(instruction: Instruction): bool { return instruction.map == OpcodeMap.OneByte && (instruction.opcode & 0xFC) == 0x6C }

/** Intel SDM vol. 2, table A-2. */
function oneByteInstruction(cpu: Processor, instruction: Instruction): i32 {
  switch (instruction.opcode) {
    case 0x88: case 0x89: return moveToOperand(cpu, instruction)
    case 0x8A: case 0x8B: return moveToRegister(cpu, instruction)
    case 0xA0: case 0xA1: case 0xA2: case 0xA3: return moveAccumulator(cpu, instruction)
    case 0xC6: case 0xC7: return moveImmediate(cpu, instruction)
  }
  return EmulateStatus.Unsupported
}

/** Intel SDM vol. 2, table A-3. */
function twoByteInstruction(cpu: Processor, instruction: Instruction): i32 {
  const size = <u32>instruction.opcode - 0xB5
  return size - 1 < 2 ? moveZeroExtended(cpu, instruction, size) : EmulateStatus.Unsupported
}
