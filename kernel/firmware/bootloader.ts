/** The boot loader's name and version, copied out of its memory before that is given to somebody else. */
import * as hw from '../hw'
import * as words from '../log/text'
import { isReachable } from './physical'
import { Problem, report } from './problems'

const Capacity: u32 = 256
const name: usize = memory.data(256)
let length: u32 = 0

/** Forgets another's. */
export function clearBootLoader(): void { length = 0 }

/** Keeps the zero-terminated text at `hpa`, of at most `limit` bytes. */
export function keepBootLoader(hpa: u64, limit: u32): void {
  for (length = 0; length < limit && isReachable(hpa + length, 1); length++) {
    const byte = hw.load8(hpa + length)
    if (byte == 0) return
    if (length == Capacity) return report(Problem.TextCut, hpa)
    store<u8>(name + length, <u8>byte)
  }
}

/** Appends it to the line being built. */
export function appendBootLoader(): void { words.bytes(name, length) }
