import { load64 } from '../../kernel/hw'
import { stands, Valid, Walk, walkEra, walkOf } from '../guest/walkcache'
import { Processor } from '../../capability/vcpu'
import { Instruction } from '../../capability/instruction'

/**
 * An instruction decoded before, with the walk that led to it and all 15 bytes that were looked at. Walk and bytes are read again before
 * it is used: the same bytes in the same code size are the same instruction.
 */
@unmanaged class Known {
  linear: u64 // 00h  CS:RIP
  mode: u64 //   08h  as modeOf has it; 0: nothing is known yet
  hpa: u64 //    10h  where the bytes lie
  low: u64 //    18h  bytes 0–7
  high: u64 //   20h  bytes 7–14
}

@inline const Count: usize = 32
@inline const Shift: usize = 8 // 256 bytes each: Known, a Walk and an Instruction
@inline const WalkOffset: usize = 0x28
@inline const InstructionOffset: usize = 0xA0

const known: usize = memory.data(8192, 64)

@inline function knownAt(linear: u64): Known { return changetype<Known>(known + ((<usize>(linear ^ linear >> 5) & Count - 1) << Shift)) }

@inline function walkIn(at: Known): Walk { return changetype<Walk>(changetype<usize>(at) + WalkOffset) }

/** What besides the address and the walk decides on a decoding. Access bits take 9 bits. */
@inline function modeOf(cpu: Processor, access: u32): u64 { return walkEra << 20 | <u64>access << 8 | <u64>cpu.codeSize }

/** The instruction at `linear` where it is known and nothing has changed, else null. */
@inline export function recall(cpu: Processor, linear: u64, access: u32): Instruction {
  const at = knownAt(linear)
  if (at.linear != linear || at.mode != modeOf(cpu, access) || !stands(cpu, walkIn(at))) return changetype<Instruction>(0)
  if (load64(at.hpa) != at.low || load64(at.hpa + 7) != at.high) return changetype<Instruction>(0)
  return changetype<Instruction>(changetype<usize>(at) + InstructionOffset)
}

/** Keeps an instruction whose bytes lie at `hpa`, if the walk to it was kept too. */
export function remember(cpu: Processor, linear: u64, access: u32, hpa: u64, low: u64, high: u64, instruction: Instruction): void {
  const walk = walkOf(linear)
  if (walk.key != (linear & ~<u64>0xFFF | access | Valid)) return
  const at = knownAt(linear)
  at.linear = linear
  at.mode = modeOf(cpu, access)
  at.hpa = hpa
  at.low = low
  at.high = high
  for (let i: usize = 0; i < offsetof<Walk>(); i += 8) store<u64>(changetype<usize>(walkIn(at)) + i, load<u64>(changetype<usize>(walk) + i))
  copyInstruction(instruction, changetype<Instruction>(changetype<usize>(at) + InstructionOffset))
}

/** Copies a record. */
@inline export function copyInstruction(source: Instruction, target: Instruction): void {
  const from = changetype<usize>(source)
  const to = changetype<usize>(target)
  store<u64>(to, load<u64>(from))
  store<u64>(to, load<u64>(from, 8), 8)
  store<u64>(to, load<u64>(from, 16), 16)
  store<u64>(to, load<u64>(from, 24), 24)
  store<u64>(to, load<u64>(from, 32), 32)
}
