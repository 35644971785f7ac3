/** Instructions on devices that are no plain moves, which the nucleus carries out itself. */
import { Instruction, OpcodeMap, Prefix } from '../../capability/instruction'
import { Flag } from '../../capability/registers'
import { EmulateStatus, instruction as takeInstruction, Processor, registers, setRegisters } from '../../capability/vcpu'
import { forgetApic } from '../vcpu/span'
import { arithmetic, arithmeticImmediate, compareExchange, compareExchange8, exchange, exchangeAdd, increment, test, unary } from './arithmetic'
import { bitImmediate, bitRegister } from './bit'
import { isDefined } from './extension'
import { moveBigEndian, moveConditional, moveNonTemporal, moveSignExtended, setConditional } from './move'
import { pop, push } from './stack'
import { stringInstruction } from './string'

const cpu = changetype<Processor>(memory.data(0xF8, 8))
const decoded = changetype<Instruction>(memory.data(0x28, 8))

/** Carries out the instruction for which the vCPU left its guest. Answers an EmulateStatus. */
export function execute(): i32 {
  if (!registers(changetype<usize>(cpu)) || !takeInstruction(changetype<usize>(decoded))) return EmulateStatus.Unsupported
  forgetApic()
  const status = isDefined(decoded) ? emulate(cpu, decoded) : EmulateStatus.Undefined
  // A string instruction that takes a fault has done the elements before it.
  if (status < EmulateStatus.Unsupported) setRegisters(changetype<usize>(cpu))
  return status
}

/** Done clears RF, and Again sets it: a breakpoint on the instruction has been passed. SDM vol. 3, 18.3.1.1. */
function emulate(cpu: Processor, instruction: Instruction): i32 {
  const map = <u32>instruction.map
  const status = map == OpcodeMap.OneByte ? oneByteInstruction(cpu, instruction)
    : map == OpcodeMap.TwoByte ? twoByteInstruction(cpu, instruction) : threeByteInstruction(cpu, instruction)
  if (status == EmulateStatus.Done) {
    const next = cpu.rip + instruction.length
    cpu.rip = cpu.codeSize == 64 ? next : next & 0xFFFF_FFFF
    cpu.rflags &= ~Flag.Resume
  } else if (status == EmulateStatus.Again) cpu.rflags |= Flag.Resume
  return status
}

/** Intel SDM vol. 2, table A-2. */
function oneByteInstruction(cpu: Processor, instruction: Instruction): i32 {
  const opcode = <u32>instruction.opcode
  switch (opcode) {
    case 0x63: return cpu.codeSize == 64 ? moveSignExtended(cpu, instruction, instruction.operandSize == 2 ? 2 : 4) : EmulateStatus.Unsupported
    case 0x80: case 0x81: case 0x82: case 0x83: return arithmeticImmediate(cpu, instruction)
    case 0x84: case 0x85: case 0xA8: case 0xA9: return test(cpu, instruction)
    case 0x86: case 0x87: return exchange(cpu, instruction)
    case 0x8F: return pop(cpu, instruction)
    case 0x6C: case 0x6D: case 0x6E: case 0x6F:
    case 0xA4: case 0xA5: case 0xA6: case 0xA7:
    case 0xAA: case 0xAB: case 0xAC: case 0xAD: case 0xAE: case 0xAF: return stringInstruction(cpu, instruction)
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
    case 0xBA: return bitImmediate(cpu, instruction)
    case 0xBE: return moveSignExtended(cpu, instruction, 1)
    case 0xBF: return moveSignExtended(cpu, instruction, 2)
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
