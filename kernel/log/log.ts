/** The nucleus's log: lines with the time, kept in a ring and, until the console's driver runs, written to COM1. */
import { writeEarly } from './early'
import { initializeRing, Ring } from './ring'
import * as words from './text'

const Capacity: u32 = 65536
const data: usize = memory.data(65536)
const record: usize = memory.data(32, 8)

/** The lines, each ended by a line feed. */
@inline export function logRing(): Ring { return changetype<Ring>(record) }

/** True until the console takes over: lines also go to COM1. */
export let isEarly = true
export function endEarly(): void { isEarly = false }
/** What the nucleus says last must reach somebody even when the console cannot show it. */
export function startEarly(): void {
  isEarly = true
  writeEarly(0x0D) // somebody may be typing
  writeEarly(0x0A)
}

export function initializeLog(): void { initializeRing(logRing(), data, Capacity) }

let clock: () => u64 = (): u64 => 0

/** Gives the log a clock: nanoseconds since boot. */
export function setLogClock(now: () => u64): void { clock = now }

function put(byte: u32): void {
  logRing().push(byte)
  if (!isEarly) return
  if (byte == 0x0A) writeEarly(0x0D)
  writeEarly(byte)
}

/** Takes the line that was built with `text` and its siblings down, after the time. */
export function commit(): void {
  const now = clock()
  put(0x5B)
  let divisor: u64 = 1_000_000_000
  let whole = now / divisor
  let scale: u64 = 1
  while (scale * 10 <= whole) scale *= 10
  for (; scale > 0; scale /= 10) put(0x30 + <u32>(whole / scale % 10))
  put(0x2E)
  for (divisor /= 10; divisor >= 1000; divisor /= 10) put(0x30 + <u32>(now / divisor % 10))
  put(0x5D)
  put(0x20)
  for (let i: u32 = 0; i < words.size(); i++) put(load<u8>(words.address() + i))
  put(0x0A)
  words.clear()
}

/** One whole line. */
export function say(line: string): void {
  words.text(line)
  commit()
}
