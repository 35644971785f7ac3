/** ACPI fixed hardware: PM1 events, PM1 control, the power management timer and the general-purpose event block. ACPI 6.5, 4.8. */
import * as clock from '../../capability/clock'
import * as power from '../../capability/power'
import { AcpiFact, GeneralEvent, Line } from '../addresses'
import { Deadline, Never, setDeadline } from '../deadlines'
import { setIrq } from '../wires'
import { Control, Event, PmTimer } from './registers'

let status: u32 = 0
let enable: u32 = 0
let control: u32 = Control.SciEnable
let generalStatus: u32 = 0
let generalEnable: u32 = 0
let halfPeriods: u64 = 0 // times that the timer's top bit has changed, as far as TMR_STS knows

/** As after power-on. */
export function reset(): void {
  status = 0
  enable = 0
  control = Control.SciEnable
  generalStatus = 0
  generalEnable = 0
  halfPeriods = 0
}

/** Reads PM1 event register `offset` 0–3: status in bytes 0 and 1, enable in bytes 2 and 3. */
export function readEvent(offset: u32): u32 {
  settle(clock.now())
  return ((status | (enable << 16)) >> (offset << 3)) & 0xff
}

/** Writes a byte of it; ones clear status bits. */
export function writeEvent(offset: u32, value: u32): void {
  const now = clock.now()
  settle(now)
  value = (value & 0xff) << ((offset & 1) << 3)
  if (offset < 2) status &= ~value
  else enable = (enable & ~(0xff << ((offset & 1) << 3))) | (value & Event.Enables)
  update(now)
}

/** Reads a byte of the general-purpose event block: status in bytes 0 and 1, enable in bytes 2 and 3. 4.8.4.1. */
export function readGeneralEvent(offset: u32): u32 { return ((generalStatus | generalEnable << 16) >> (offset << 3)) & 0xff }

/** Writes a byte of it; ones clear status bits. */
export function writeGeneralEvent(offset: u32, value: u32): void {
  const shift = (offset & 1) << 3
  value = (value & 0xff) << shift
  if (offset < 2) generalStatus &= ~value
  else generalEnable = (generalEnable & ~(0xff << shift)) | value & GeneralEvent.All
  update(clock.now())
}

/** General-purpose event `number` has come. */
export function raise(number: u32): void {
  generalStatus |= 1 << number
  update(clock.now())
}

/** Reads a byte of PM1 control. */
export function readControl(offset: u32): u32 { return (control >> (offset << 3)) & 0xff }

/** Writes a byte of it. SLP_EN with the S5 type turns the VM off; other sleep states the DSDT does not offer. */
export function writeControl(offset: u32, value: u32): void {
  value = (value & 0xff) << (offset << 3)
  const byte: u32 = 0xff << (offset << 3)
  control = (control & ~(byte & Control.Writable)) | (value & Control.Writable)
  if (value & Control.SleepEnable && (control & Control.SleepType) >> Control.SleepTypeShift == AcpiFact.SleepTypeS5) power.off()
}

/** The power management timer. */
export function readTimer(): u32 { return <u32>ticksAt(clock.now()) & ((1 << AcpiFact.PmTimerBits) - 1) }

/** Someone presses the power button. */
export function powerButton(): void {
  status |= Event.PowerButton
  update(clock.now())
}

/** The timer's top bit changed. */
export function tick(now: u64): void {
  settle(now)
  update(now)
}

@inline function ticksAt(now: u64): u64 { return clock.scale(now, PmTimer.Frequency, 1_000_000_000) }

/** TMR_STS is set whenever the top bit of the timer changes. */
function settle(now: u64): void {
  const passed = ticksAt(now) >> (AcpiFact.PmTimerBits - 1)
  if (passed != halfPeriods) status |= Event.Timer
  halfPeriods = passed
}

function update(now: u64): void {
  setIrq(Line.Sci, (status & enable | generalStatus & generalEnable) != 0)
  let next = Never
  if (enable & ~status & Event.Timer) {
    const ticks = (halfPeriods + 1) << (AcpiFact.PmTimerBits - 1)
    next = clock.scale(ticks, 1_000_000_000, PmTimer.Frequency) + 1
  }
  setDeadline(Deadline.PowerManagement, next)
}
