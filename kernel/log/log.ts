/** The nucleus's log: lines with the time, kept in a ring and, until the console's driver runs, written to COM1. */
import { acquire, Lock, release } from '../cpu/lock'
import { writeEarly } from './early'
import { initializeRing, Ring } from './ring'
import * as words from './text'

const Capacity: u32 = 65536
const room: usize = memory.data(0x12000)
/** Pages that every CPU's nucleus shares: the ring's record with the lock that a line is written under, then its bytes. */
@inline function pages(): usize { return (room + 0xFFF) & ~0xFFF }
const LockOffset: usize = 0x80

/** The lines, each ended by a line feed. */
@inline export function logRing(): Ring { return changetype<Ring>(pages()) }
@inline function lock(): Lock { return changetype<Lock>(pages() + LockOffset) }

/** True for a linear address in those pages. */
export function isLogPage(address: usize): bool { return address - pages() < 0x11000 }

/** True until the console takes over: lines also go to COM1. */
export let isEarly = true
export function endEarly(): void { isEarly = false }
/** What the nucleus says last must reach somebody even when the console cannot show it. */
export function startEarly(): void {
  isEarly = true
  writeEarly(0x0D) // somebody may be typing
  writeEarly(0x0A)
}

export function initializeLog(): void { initializeRing(logRing(), pages() + 0x1000, Capacity) }

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
  acquire(lock())
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
  release(lock())
  words.clear()
}

/** One whole line. */
export function say(line: string): void {
  words.text(line)
  commit()
}
