/** A line for the log, built without allocating. */
import { line } from '../capability/log'

const capacity: u32 = 160
const buffer: usize = memory.data(160)
let length: u32 = 0

/** Says the line, and begins another. */
export function say(): void {
  line(buffer, length)
  length = 0
}

export function appendByte(byte: u32): void { if (length < capacity) store<u8>(buffer + length++, <u8>byte) }

/** ASCII only. */
export function append(words: string): void {
  for (let index = 0; index < words.length; index++) appendByte(words.charCodeAt(index))
}

/** `bytes` characters at `text`. */
export function appendText(text: usize, bytes: u32): void { for (let index: u32 = 0; index < bytes; index++) appendByte(load<u8>(text + index)) }

export function appendDecimal(value: u64): void {
  if (value >= 10) appendDecimal(value / 10)
  appendByte(0x30 + <u32>(value % 10))
}

/** With an h behind it. */
export function appendHexadecimal(value: u64): void {
  for (let shift = (63 - <i32>clz(value | 1)) & ~3; shift >= 0; shift -= 4) {
    const digit = <u32>(value >> shift & 0xf)
    appendByte(digit < 10 ? 0x30 + digit : 0x37 + digit)
  }
  appendByte(0x68)
}
