/** Ports 92h and CF9h: two of the ways in which a PC is reset, and the A20 gate, which in a VM is always open. FERR# and port F0h: x87 errors as interrupts. */
import * as power from '../../capability/power'
import { Line } from '../addresses'
import { setIrq } from '../wires'
import { ResetControl, SystemControlA } from './registers'

let systemControlA: u32 = SystemControlA.A20
let resetControl: u32 = 0

/** As firmware leaves it. */
export function reset(): void {
  systemControlA = SystemControlA.A20
  resetControl = 0
}

/** Reads port 92h. */
export function readSystemControlA(): u32 { return systemControlA }

/** Writes port 92h; the rising edge of INIT_NOW resets. */
export function writeSystemControlA(value: u32): void {
  const started = value & ~systemControlA & SystemControlA.InitNow
  systemControlA = value & (SystemControlA.InitNow | SystemControlA.A20)
  if (started) power.reset(power.ResetCause.FastResetPort)
}

/** Reads port CF9h. */
export function readResetControl(): u32 { return resetControl }

/** Writes port CF9h; the rising edge of RST_CPU resets. The ACPI reset register is this port too. */
export function writeResetControl(value: u32): void {
  const started = value & ~resetControl & ResetControl.ResetCpu
  resetControl = value & ResetControl.Writable
  if (started) power.reset(power.ResetCause.ResetControlRegister)
}

/** A processor asserts FERR#: IRQ 13, until port F0h is written. */
export function ferr(): void { setIrq(Line.Ferr, true) }

/**
 * Writes port F0h, whatever the value. On a board it also asserts IGNNE#, by which x87 instructions go on although the error is still there; no
 * guest's processor can be told that, so that one before FNCLEX or FNINIT, which need no IGNNE#, asserts FERR# again.
 */
export function writeCoprocessorError(): void { setIrq(Line.Ferr, false) }
