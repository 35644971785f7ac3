/** A line for the log, built without allocating. */
import { line } from '../capability/log'

const Capacity: u32 = 256
const text: usize = memory.data(256)
let length: u32 = 0

/** Says the line, and begins another. */
export function say(): void {
  line(text, length)
  length = 0
}

/** Where the line's bytes are, for somebody else to take; zeros behind it while none was longer. */
export function bytes(): usize { return text }

/** True while nothing was appended. */
export function isEmpty(): bool { return length == 0 }

export function appendByte(byte: u32): void { if (length < Capacity) store<u8>(text + length++, <u8>byte) }

/** ASCII only. */
export function append(words: string): void {
  for (let index = 0; index < words.length; index++) appendByte(words.charCodeAt(index))
}

export function appendDecimal(value: u32): void {
  if (value >= 10) appendDecimal(value / 10)
  appendByte(0x30 + value % 10)
}

/** Hexadecimal. */
export function appendDigits(value: u64): void {
  for (let shift = (63 - <i32>clz(value | 1)) & ~3; shift >= 0; shift -= 4) {
    const digit = <u32>(value >> shift & 0xF)
    appendByte(digit < 10 ? 0x30 + digit : 0x37 + digit)
  }
}

/** With an h behind it. */
export function appendHexadecimal(value: u64): void {
  appendDigits(value)
  appendByte(0x68)
}
