/** Builds a line of UTF-8 in a fixed buffer, without allocating. One line at a time: the nucleus runs to completion, and whoever takes a line leaves none. */
const Capacity: u32 = 512
const buffer: usize = memory.data(512)
let length: u32 = 0

/** Starts a new line. */
export function clear(): void { length = 0 }
export function address(): usize { return buffer }
export function size(): u32 { return length }

export function byte(value: u32): void { if (length < Capacity) store<u8>(buffer + length++, <u8>value) }

/** Characters beyond ASCII become '?': the nucleus's own words have none. */
export function text(value: string): void {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    byte(code < 0x80 ? code : 0x3F)
  }
}

/** UTF-8 bytes in linear memory. */
export function bytes(source: usize, count: u32): void { for (let i: u32 = 0; i < count; i++) byte(load<u8>(source + i)) }

/** What a sandbox says: all but printable ASCII is shown as dots, so that it can neither forge a line nor command the terminal (C1 controls). */
export function printable(source: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) byte(load<u8>(source + i) - 0x20 < 0x5F ? load<u8>(source + i) : 0x2E)
}

export function decimal(value: u64): void {
  if (value >= 10) decimal(value / 10)
  byte(0x30 + <u32>(value % 10))
}

/** Hexadecimal with at least `digits` digits. */
export function hex(value: u64, digits: u32 = 1): void {
  if (value >= 16 || digits > 1) hex(value >> 4, digits > 1 ? digits - 1 : 1)
  const digit = <u32>(value & 15)
  byte(digit < 10 ? 0x30 + digit : 0x41 - 10 + digit)
}

/** Moves the line to `target`, cut to `capacity` bytes; returns how many those are. */
export function take(target: usize, capacity: u32): u32 {
  const taken = min(length, capacity)
  memory.copy(target, buffer, taken)
  clear()
  return taken
}
