/** Texts of the boot loader, copied out of its memory before that is given to somebody else. */
import * as hw from '../hw'
import { isReachable } from './physical'
import { Problem, report } from './problems'

const Capacity: u32 = 16384
const arena: usize = memory.data(16384, 8)
let used: u32 = 0

/** A copied text: its length, then its bytes (UTF-8, as far as the boot loader cares). Address 0 is the empty text. */
@unmanaged export class Text {
  length: u32
}

/** Forgets all texts. */
export function clearTexts(): void { used = 0 }

/** Copies the zero-terminated text at `hpa`, of at most `limit` bytes; null when there is nothing to copy. */
export function keepText(hpa: u64, limit: u32): Text | null {
  if (Capacity - used < 4) {
    if (limit != 0) report(Problem.TextCut, hpa)
    return null
  }
  const text = changetype<Text>(arena + used)
  const room = Capacity - used - 4
  let length: u32 = 0
  let byte: u32 = 0
  while (length < limit && isReachable(hpa + length, 1)) {
    byte = hw.load8(hpa + length)
    if (byte == 0) break
    if (length == room) {
      report(Problem.TextCut, hpa)
      break
    }
    store<u8>(changetype<usize>(text) + 4 + length, <u8>byte)
    length++
  }
  if (length == 0) return null
  text.length = length
  used = (used + 4 + length + 3) & ~3
  return text
}

/** Bytes of a text. */
export function textLength(text: Text | null): u32 { return text === null ? 0 : text.length }

/** Address of a text's first byte. */
export function textBytes(text: Text | null): usize { return text === null ? 0 : changetype<usize>(text) + 4 }
