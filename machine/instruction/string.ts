import { Instruction, Prefix, Segment } from '../../capability/instruction'
import { Flag } from '../../capability/registers'
import { EmulateStatus, Processor, Span } from '../../capability/vcpu'
import { readPort, writePort } from '../vcpu/bus'
import { apicStored, locate, readSpan, writeSpan } from '../vcpu/span'
import { subtract } from './flags'
import { accessBits, linearAddress, readRegister, Register, writeRegister } from '../../capability/operand'

/** Elements that one call moves at most: between calls the guest takes its interrupts, as between iterations on a processor, and the local APIC what was stored to it. */
const Burst: u32 = 256

const source = changetype<Span>(memory.data(24, 8))
const target = changetype<Span>(memory.data(24, 8))

/** INS, OUTS, MOVS, CMPS, STOS, LODS and SCAS, once or repeated. Intel SDM vol. 2, REP. */
export function stringInstruction(cpu: Processor, instruction: Instruction): i32 {
  const prefixes = <u32>instruction.prefixes
  if (!(prefixes & (Prefix.Repeat | Prefix.RepeatNotEqual))) return element(cpu, instruction) ? EmulateStatus.Done : EmulateStatus.Fault
  const width = <u32>instruction.addressSize
  const whileEqual = (prefixes & Prefix.Repeat) != 0
  const compares = (instruction.opcode & 0xF6) == 0xA6 // CMPS and SCAS
  const most: u32 = cpu.rflags & Flag.Trap ? 1 : Burst // the guest's single step stops after every element
  let left = readRegister(cpu, Register.Rcx, width)
  for (let done: u32 = 0; left != 0 && done < most; done++) {
    if (!element(cpu, instruction)) return EmulateStatus.Fault
    writeRegister(cpu, Register.Rcx, width, --left)
    if (apicStored) return left == 0 ? EmulateStatus.Done : EmulateStatus.Again
    if (compares && ((cpu.rflags & Flag.Zero) != 0) != whileEqual) return EmulateStatus.Done
  }
  return left == 0 ? EmulateStatus.Done : EmulateStatus.Again
}

/** One element; false where the guest takes a fault, and then nothing has changed. */
function element(cpu: Processor, instruction: Instruction): bool {
  const size = <u32>instruction.operandSize
  switch (instruction.opcode & 0xFE) {
    case 0x6C: // INS
      if (!locateTarget(cpu, instruction, size, true)) return false
      writeSpan(target, readPort(<u32>cpu.rdx & 0xFFFF, size))
      advance(cpu, instruction, Register.Rdi, size)
      return true
    case 0x6E: // OUTS
      if (!locateSource(cpu, instruction, size)) return false
      writePort(<u32>cpu.rdx & 0xFFFF, size, <u32>readSpan(source))
      advance(cpu, instruction, Register.Rsi, size)
      return true
    case 0xA4: // MOVS
      if (!locateSource(cpu, instruction, size) || !locateTarget(cpu, instruction, size, true)) return false
      writeSpan(target, readSpan(source))
      advance(cpu, instruction, Register.Rsi, size)
      advance(cpu, instruction, Register.Rdi, size)
      return true
    case 0xA6: // CMPS
      if (!locateSource(cpu, instruction, size) || !locateTarget(cpu, instruction, size, false)) return false
      subtract(cpu, readSpan(source), readSpan(target), 0, size)
      advance(cpu, instruction, Register.Rsi, size)
      advance(cpu, instruction, Register.Rdi, size)
      return true
    case 0xAA: // STOS
      if (!locateTarget(cpu, instruction, size, true)) return false
      writeSpan(target, cpu.rax)
      advance(cpu, instruction, Register.Rdi, size)
      return true
    case 0xAC: // LODS
      if (!locateSource(cpu, instruction, size)) return false
      writeRegister(cpu, Register.Rax, size, readSpan(source))
      advance(cpu, instruction, Register.Rsi, size)
      return true
  }
  // SCAS
  if (!locateTarget(cpu, instruction, size, false)) return false
  subtract(cpu, readRegister(cpu, Register.Rax, size), readSpan(target), 0, size)
  advance(cpu, instruction, Register.Rdi, size)
  return true
}

@inline function locateSource(cpu: Processor, instruction: Instruction, size: u32): bool {
  const segment = <u32>instruction.segment
  const offset = readRegister(cpu, Register.Rsi, instruction.addressSize)
  return locate(linearAddress(cpu, segment, offset), size, accessBits(cpu, segment, false), source)
}

/** rDI is always in ES, whatever the prefixes. */
@inline function locateTarget(cpu: Processor, instruction: Instruction, size: u32, write: bool): bool {
  const offset = readRegister(cpu, Register.Rdi, instruction.addressSize)
  return locate(linearAddress(cpu, Segment.Es, offset), size, accessBits(cpu, Segment.Es, write), target)
}

@inline function advance(cpu: Processor, instruction: Instruction, register: u32, size: u32): void {
  const width = <u32>instruction.addressSize
  const value = readRegister(cpu, register, width)
  writeRegister(cpu, register, width, cpu.rflags & Flag.Direction ? value - size : value + size)
}
