/**
 * COM1, polled: for what the nucleus says before the console's driver runs, and for its last words.
 * 16550D data sheet, 8.0.
 */
import * as hw from '../hw'

const Base: u32 = 0x3F8
const LineControl: u32 = Base + 3
const LineStatus: u32 = Base + 5
const TransmitterEmpty: u32 = 0x20
const PollLimit: u32 = 200_000

let present = false

/** Sets 115200 8N1; what the boot loader left may be anything. */
export function initializeEarly(): void {
  hw.out8(Base + 1, 0)
  hw.out8(LineControl, 0x80)
  hw.out8(Base, 1)
  hw.out8(Base + 1, 0)
  hw.out8(LineControl, 0x03)
  hw.out8(Base + 2, 0x07)
  hw.out8(Base + 4, 0x0B)
  hw.out8(Base + 7, 0x5A)
  present = hw.in8(Base + 7) == 0x5A
}

/** True where COM1 answers. */
export function isEarlyPresent(): bool { return present }

/** Waits a bounded time for room, then writes. */
export function writeEarly(byte: u32): void {
  if (!present) return
  for (let i: u32 = 0; i < PollLimit; i++) if ((hw.in8(LineStatus) & TransmitterEmpty) != 0) break
  hw.out8(Base, byte)
}
