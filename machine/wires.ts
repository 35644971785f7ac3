/**
 * The interrupt wires of the board: each ISA line goes to the 8259 pair and to the I/O APIC.
 * A level is true while the device asserts its interrupt.
 */
import { IoApicFact, Line } from './addresses'
import * as ioapic from './ioapic/ioapic'
import * as pic from './pic/pic'

let replaced: bool = false
let levels: u32 = 0 // of the 8254 and the RTC, while the HPET has their lines

/** Sets the level of ISA interrupt line 0–15. */
export function setIrq(line: u32, level: bool): void {
  const bit: u32 = 1 << line
  if (level == ((levels & bit) != 0)) return
  levels ^= bit
  if (replaced && (line == Line.Timer || line == Line.Rtc)) return
  drive(line, level)
}

/** Sets the level of an I/O APIC input that is not on the ISA bus. */
export function setPin(pin: u32, level: bool): void { ioapic.setInput(pin, level) }

/** Sets a line that the HPET has taken over: the timer's or the RTC's. */
export function setReplacedIrq(line: u32, level: bool): void { if (replaced) drive(line, level) }

/** Gives the timer's and the RTC's lines to the HPET, or back. IA-PC HPET 1.0a, 2.3.5, LEG_RT_CNF. */
export function setLegacyReplacement(on: bool): void {
  if (on == replaced) return
  replaced = on
  drive(Line.Timer, !on && (levels & (1 << Line.Timer)) != 0)
  drive(Line.Rtc, !on && (levels & (1 << Line.Rtc)) != 0)
}

/** True while an edge on `line` waits in the 8259 pair for the CPU to take it, so that another would be lost. */
export function isWaiting(line: u32): bool { return pic.isWaiting(line) }

/** As after power-on: every line low, none replaced. */
export function reset(): void {
  replaced = false
  levels = 0
}

function drive(line: u32, level: bool): void {
  pic.setInput(line, level)
  ioapic.setInput(line == Line.Timer ? IoApicFact.TimerPin : line, level)
}
