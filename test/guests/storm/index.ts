/**
 * A guest that asks for more interrupts than anybody can serve. Command line: `timer=` period | wrap | pit. It takes none of them: its
 * interrupts stay off, or with `held=priority` its task priority is the highest, and what it harms is whoever shares the processor with it.
 */
import { disableInterrupts, enableInterrupts, out8, readMsr, writeControl, writeMsr } from '../platform/hw'
import { argumentIs } from '../platform/arguments'
import { Apic, DeadlineMode, DivideBy1, enableApic, Periodic, startTimer, TscDeadline, writeApic } from '../platform/localapic'
import { initializeSerial, printLine } from '../platform/serial'

const Vector: u32 = 0x40
const Tsc: u32 = 0x10

export function interrupt(vector: u32, error: u64): bool { return true }

/** Expires with every tick of its clock. */
function shortestPeriod(): void { startTimer(Vector, Periodic, 1, DivideBy1) }

/** A TSC that is about to wrap, and a deadline just before it does: on the host's clock that is no time at all. */
function wrappingDeadline(): void {
  writeApic(Apic.Timer, Vector | DeadlineMode)
  writeMsr(TscDeadline, u64.MAX_VALUE - 1)
}

/** Channel 0 of the 8254 in mode 2, dividing by 2. */
function shortestTick(): void {
  out8(0x43, 0x34)
  out8(0x40, 2)
  out8(0x40, 0)
}

export function main(): void {
  disableInterrupts()
  initializeSerial()
  enableApic()
  if (argumentIs('held', 'priority')) {
    writeControl(8, 15)
    enableInterrupts()
  }
  if (argumentIs('timer', 'period')) shortestPeriod()
  else if (argumentIs('timer', 'wrap')) wrappingDeadline()
  else shortestTick()
  printLine('storm rages')
  while (true) readMsr(Tsc)
}
