import { Instruction } from './instruction'

/** An instruction decoded before, with all 15 bytes that were looked at: the same bytes in the same code size are the same instruction. */
@unmanaged export class Known {
  low: u64 //      00h  bytes 0–7
  high: u64 //     08h  bytes 7–14
  codeSize: u64 // 10h  0: nothing is known yet
}

@inline const Count: usize = 64
@inline const Shift: usize = 6 // 64 bytes each: the key and an Instruction

const known: usize = memory.data(4096, 64)

/** Where what is decoded at `linear` is kept. */
@inline export function knownAt(linear: u64): Known { return changetype<Known>(known + ((<usize>(linear ^ linear >> 6) & Count - 1) << Shift)) }

/** Copies a known instruction out. */
@inline export function recall(from: Known, out: Instruction): void { copyRecord(changetype<usize>(from) + offsetof<Known>(), changetype<usize>(out)) }

/** Keeps an instruction under its bytes. */
@inline export function remember(at: Known, low: u64, high: u64, codeSize: u32, instruction: Instruction): void {
  at.low = low
  at.high = high
  at.codeSize = codeSize
  copyRecord(changetype<usize>(instruction), changetype<usize>(at) + offsetof<Known>())
}

@inline function copyRecord(source: usize, target: usize): void {
  store<u64>(target, load<u64>(source))
  store<u64>(target, load<u64>(source, 8), 8)
  store<u64>(target, load<u64>(source, 16), 16)
  store<u64>(target, load<u64>(source, 24), 24)
  store<u64>(target, load<u64>(source, 32), 32)
}
