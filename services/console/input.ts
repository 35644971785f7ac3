/** What was typed and is not dealt with yet. */
import { terminalRead } from '../../capability/admin'

const capacity: u32 = 4096
const buffer = memory.data(4096, 16)
let first: u32 = 0
let last: u32 = 0

/** Takes what the terminal has, as far as there is room. */
export function fill(): void {
  if (first) {
    memory.copy(buffer, buffer + first, last - first)
    last -= first
    first = 0
  }
  while (last < capacity) {
    const taken = terminalRead(buffer + last, capacity - last)
    if (!taken) return
    last += taken
  }
}

/** Bytes that wait. */
export function waiting(): u32 {
  return last - first
}

/** True when no further byte fits. */
export function full(): bool {
  return last - first == capacity
}

/** The next byte; only while `waiting()` is not 0. */
export function take(): i32 {
  return load<u8>(buffer + first++)
}

/** Where the bytes that wait begin in memory. */
export function start(): usize {
  return buffer + first
}

/** Drops the next `count` bytes. */
export function drop(count: u32): void {
  first += min(count, last - first)
}

/** How many bytes wait before the first `byte`, or -1 when it is not among them. */
export function distance(byte: i32): i32 {
  for (let i = first; i < last; i++) if (load<u8>(buffer + i) == byte) return i - first
  return -1
}
