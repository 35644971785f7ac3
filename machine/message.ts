/** What the machine tells the administrator: one line, put together piece by piece. */
import * as log from '../capability/log'

/** The line under construction. A module that allocates nothing has no strings to join. */
const LINE_BYTES: u32 = 400
const line = memory.data(400)
let used: u32 = 0

/** Adds ASCII text to the line. */
export function say(text: string): void {
  for (let i = 0; i < text.length; i++) put(text.charCodeAt(i))
}

/** Adds a number in decimal. */
export function sayDecimal(value: u64): void {
  let divisor: u64 = 1
  while (value / divisor >= 10) divisor *= 10
  for (; divisor != 0; divisor /= 10) put(0x30 + <u32>(value / divisor % 10))
}

/** Adds a number in hexadecimal, as the manuals write it: 1F000h. */
export function sayHexadecimal(value: u64): void {
  let shift: i32 = 60
  while (shift > 0 && value >> shift == 0) shift -= 4
  for (; shift >= 0; shift -= 4) {
    const digit = <u32>(value >> shift) & 15
    put(digit < 10 ? 0x30 + digit : 0x37 + digit)
  }
  put(0x68) // h
}

/** Adds a range of addresses, `start` to the last byte. */
export function sayRange(start: u64, length: u64): void {
  sayHexadecimal(start)
  if (length < 2) return
  say('-')
  sayHexadecimal(start + length - 1)
}

/** Ends the line with `text` and writes it to the log. */
export function report(text: string): void {
  say(text)
  log.line(line, used)
  used = 0
}

/** The same; always false, so that a check can end with `return refuse(…)`. */
export function refuse(text: string): bool {
  report(text)
  return false
}

/** A line longer than the buffer is cut. */
function put(byte: u32): void {
  if (used == LINE_BYTES) return
  store<u8>(line + used, byte)
  used++
}
