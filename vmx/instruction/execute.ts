import { Processor } from '../processor'
import { arithmetic, arithmeticImmediate, compareExchange, compareExchange8, exchange, exchangeAdd, increment, test, unary } from './arithmetic'
import { bitImmediate, bitRegister } from './bit'
import { Flag } from './flags'
import { Encoding, Instruction, OpcodeMap, Prefix } from './instruction'
import { moveAccumulator, moveBigEndian, moveConditional, moveExtended, moveImmediate, moveNonTemporal, moveToOperand, moveToRegister, setConditional } from './move'
import { pop, push } from './stack'
import { EmulateStatus } from './status'
import { stringInstruction } from './string'

/**
 * Executes one decoded instruction on `cpu`: memory through the guest's page tables, outside RAM through the hooks of vmx/guest/memory.ts.
 * Answers an EmulateStatus. Done clears RF; what else follows an instruction is the caller's: the end of an interrupt shadow, and #DB for
 * the guest's single step, after Again too.
 */
export function emulate(cpu: Processor, instruction: Instruction): i32 {
  if (instruction.encoding != Encoding.Legacy) return EmulateStatus.Unsupported
  const map = <u32>instruction.map
  const status = map == OpcodeMap.OneByte ? oneByteInstruction(cpu, instruction)
    : map == OpcodeMap.TwoByte ? twoByteInstruction(cpu, instruction) : threeByteInstruction(cpu, instruction)
  if (status == EmulateStatus.Done) {
    const next = cpu.rip + instruction.length
    cpu.rip = cpu.codeSize == 64 ? next : next & 0xFFFF_FFFF
    cpu.rflags &= ~Flag.Resume
  } else if (status == EmulateStatus.Again) cpu.rflags |= Flag.Resume // a breakpoint on it has been passed. Intel SDM vol. 3, 18.3.1.1
  return status
}

/** Intel SDM vol. 2, table A-2. */
function oneByteInstruction(cpu: Processor, instruction: Instruction): i32 {
  const opcode = <u32>instruction.opcode
  switch (opcode) {
    case 0x63: return cpu.codeSize == 64 ? moveExtended(cpu, instruction, instruction.operandSize == 2 ? 2 : 4, true) : EmulateStatus.Unsupported
    case 0x80: case 0x81: case 0x82: case 0x83: return arithmeticImmediate(cpu, instruction)
    case 0x84: case 0x85: case 0xA8: case 0xA9: return test(cpu, instruction)
    case 0x86: case 0x87: return exchange(cpu, instruction)
    case 0x88: case 0x89: return moveToOperand(cpu, instruction)
    case 0x8A: case 0x8B: return moveToRegister(cpu, instruction)
    case 0x8F: return pop(cpu, instruction)
    case 0xA0: case 0xA1: case 0xA2: case 0xA3: return moveAccumulator(cpu, instruction)
    case 0x6C: case 0x6D: case 0x6E: case 0x6F:
    case 0xA4: case 0xA5: case 0xA6: case 0xA7:
    case 0xAA: case 0xAB: case 0xAC: case 0xAD: case 0xAE: case 0xAF: return stringInstruction(cpu, instruction)
    case 0xC6: case 0xC7: return moveImmediate(cpu, instruction)
    case 0xF6: case 0xF7: return group3(cpu, instruction)
    case 0xFE: case 0xFF: return group5(cpu, instruction)
  }
  return opcode < 0x40 && (opcode & 7) < 6 ? arithmetic(cpu, instruction) : EmulateStatus.Unsupported
}

function group3(cpu: Processor, instruction: Instruction): i32 {
  switch (instruction.modrm >> 3 & 7) {
    case 0: case 1: return test(cpu, instruction)
    case 2: case 3: return unary(cpu, instruction)
  }
  return EmulateStatus.Unsupported
}

function group5(cpu: Processor, instruction: Instruction): i32 {
  switch (instruction.modrm >> 3 & 7) {
    case 0: case 1: return increment(cpu, instruction)
    case 6: return push(cpu, instruction)
  }
  return EmulateStatus.Unsupported
}

/** Intel SDM vol. 2, table A-3. */
function twoByteInstruction(cpu: Processor, instruction: Instruction): i32 {
  const opcode = <u32>instruction.opcode
  switch (opcode) {
    case 0x0D: case 0x18: case 0x1F: return EmulateStatus.Done // PREFETCH and NOP touch nothing
    case 0xA3: case 0xAB: case 0xB3: case 0xBB: return bitRegister(cpu, instruction)
    case 0xAE: return cacheLine(instruction)
    case 0xB0: case 0xB1: return compareExchange(cpu, instruction)
    case 0xB6: return moveExtended(cpu, instruction, 1, false)
    case 0xB7: return moveExtended(cpu, instruction, 2, false)
    case 0xBA: return bitImmediate(cpu, instruction)
    case 0xBE: return moveExtended(cpu, instruction, 1, true)
    case 0xBF: return moveExtended(cpu, instruction, 2, true)
    case 0xC0: case 0xC1: return exchangeAdd(cpu, instruction)
    case 0xC3: return moveNonTemporal(cpu, instruction)
    case 0xC7: return compareExchange8(cpu, instruction)
  }
  if ((opcode & 0xF0) == 0x40) return moveConditional(cpu, instruction)
  if ((opcode & 0xF0) == 0x90) return setConditional(cpu, instruction)
  return EmulateStatus.Unsupported
}

/** CLFLUSH, CLFLUSHOPT and CLWB: a device's registers are in no cache. Intel SDM vol. 2, table A-6, group 15. */
function cacheLine(instruction: Instruction): i32 {
  const extension = <u32>instruction.modrm >> 3 & 7
  const flushes = extension == 7 || (extension == 6 && (instruction.prefixes & Prefix.OperandSize) != 0)
  return instruction.memory != 0 && flushes ? EmulateStatus.Done : EmulateStatus.Unsupported
}

/** Intel SDM vol. 2, table A-4. CRC32 has the opcodes of MOVBE with F2h. */
function threeByteInstruction(cpu: Processor, instruction: Instruction): i32 {
  const isMove = instruction.map == OpcodeMap.ThreeByte38 && (instruction.opcode & 0xFE) == 0xF0
  return isMove && !(instruction.prefixes & (Prefix.Repeat | Prefix.RepeatNotEqual)) ? moveBigEndian(cpu, instruction) : EmulateStatus.Unsupported
}
