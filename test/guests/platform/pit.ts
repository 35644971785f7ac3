/** The 8254 interval timer: Intel 8254 data sheet. */
import { in8, out8 } from './hw'

/** Input clock, Hz. */
@inline export const PitFrequency: u64 = 1193182

const Counter0: u32 = 0x40
const Counter2: u32 = 0x42
const Control: u32 = 0x43
const PortB: u32 = 0x61

/** Programs counter 0: mode 2 ticks for ever, mode 0 once. */
export function startPit(mode: u32, count: u32): void {
  out8(Control, 0x30 | (mode << 1))
  out8(Counter0, count & 0xFF)
  out8(Counter0, (count >> 8) & 0xFF)
}

/** Reads counter 0 by the latch command. */
export function latchPit(): u32 {
  out8(Control, 0)
  const low = in8(Counter0)
  return low | (in8(Counter0) << 8)
}

/** Starts counter 2 in mode 0 with its gate up and the speaker off. */
export function startCounter2(count: u32): void {
  out8(PortB, in8(PortB) & 0xFC)
  out8(Control, 0xB0)
  out8(Counter2, count & 0xFF)
  out8(Counter2, (count >> 8) & 0xFF)
  out8(PortB, (in8(PortB) & 0xFD) | 1)
}

/** Whether counter 2 has reached zero: its output, port 61h bit 5. */
export function counter2Expired(): bool { return (in8(PortB) & 0x20) != 0 }
