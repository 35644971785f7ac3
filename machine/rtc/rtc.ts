/**
 * The MC146818 real-time clock behind ports 70h and 71h. The time of day is the wall clock plus what the guest set; nothing
 * ticks: time registers and flags follow from the time of asking. Motorola data sheet MC146818/D.
 */
import * as clock from '../../capability/clock'
import { Line } from '../addresses'
import { Deadline, Never, setDeadline } from '../deadlines'
import { setIrq } from '../wires'
import { Any, nextMatch } from './alarm'
import { Date, dateOf, dayOfWeek, daysOf } from './calendar'
import { readByte, reset as resetBytes, writeByte } from './cmos'
import { A, B, C, D, Field, Register } from './registers'

const second: u64 = 1_000_000_000
const secondsPerDay: u64 = 86_400
// UIP rises 244 µs before an update cycle, which takes 1984 µs with a 32768 Hz time base (data sheet, table 6).
const updateTime: u64 = 2_228_000
const flags: u32 = C.Update | C.Alarm | C.Periodic

const date: Date = changetype<Date>(memory.data(12, 4))
let index: u32 = 0
let registerA: u32 = A.Normal
let registerB: u32 = B.Hours24
let registerC: u32 = 0
let origin: u64 = 0 // wall clock in nanoseconds since 1970 at guest time 0
let halted: bool = false // the divider is held in reset
let haltedWall: u64 = 0 // the wall clock meanwhile
let lastSecond: u64 = 0 // up to which the update and alarm flags are settled
let lastPeriod: u64 = 0 // up to which the periodic flag is settled

/** As firmware leaves it: running, 24 hours, BCD, no interrupts. */
export function reset(): void {
  resetBytes()
  index = 0
  registerA = A.Normal
  registerB = B.Hours24
  registerC = 0
  origin = clock.epoch() * second
  halted = false
  mark(clock.now())
}

/** Reads port 70h (offset 0, which cannot be read back) or 71h. */
export function read(offset: u32): u32 {
  if (!offset) return 0xff
  switch (index) {
    case Register.A: return registerA | (updating(clock.now()) ? A.UpdateInProgress : 0)
    case Register.B: return registerB
    case Register.C: return readC()
    case Register.D: return D.ValidRamAndTime
  }
  if (isTime(index) && !(registerB & B.Set)) present(clock.now())
  return readByte(index)
}

/** Writes port 70h (the index; bit 7 masks the NMI, which no device raises) or 71h. */
export function write(offset: u32, value: u32): void {
  value &= 0xff
  if (!offset) {
    index = value & 0x7f
    return
  }
  if (index == Register.C || index == Register.D) return
  const now = clock.now()
  settle(now)
  if (index == Register.A) writeA(value, now)
  else if (index == Register.B) writeB(value, now)
  else if (isTime(index) && !(registerB & B.Set)) {
    present(now)
    writeByte(index, value)
    take(now)
  } else writeByte(index, value)
  update(now)
}

/** The deadline of the next flag came. */
export function tick(now: u64): void {
  settle(now)
  update(now)
}

@inline function isTime(register: u32): bool {
  return register <= Register.Year ? register != Register.SecondsAlarm && register != Register.MinutesAlarm && register != Register.HoursAlarm : register == Register.Century
}

@inline function wallAt(now: u64): u64 { return halted ? haltedWall : origin + now }

/** True while the time registers change by themselves. */
@inline function updates(): bool { return !halted && !(registerB & B.Set) }

function updating(now: u64): bool { return updates() && second - wallAt(now) % second <= updateTime }

/** "The interrupt flags are cleared by reading register C"; so is the interrupt line. */
function readC(): u32 {
  const now = clock.now()
  settle(now)
  const value = registerC | (registerC & registerB & flags ? C.Request : 0)
  registerC = 0
  update(now)
  return value
}

function writeA(value: u32, now: u64): void {
  const halt = (value & A.DividerReset) == A.DividerReset
  if (halt && !halted) {
    haltedWall = wallAt(now)
    halted = true
  } else if (!halt && halted) {
    // "The first update cycle begins one-half second later."
    halted = false
    origin = haltedWall - haltedWall % second + second / 2 - now
  }
  registerA = value & (A.Divider | A.Rate)
  mark(now)
}

function writeB(value: u32, now: u64): void {
  if (value & ~registerB & B.Set) present(now)
  const leave = (registerB & ~value & B.Set) != 0
  // "A low-to-high transition of SET clears UIE."
  if (value & B.Set) value &= ~B.UpdateEnable
  registerB = value
  if (leave) take(now)
}

/** Writes the time registers from the wall clock, in the format of register B. */
function present(now: u64): void {
  const seconds = wallAt(now) / second
  const days = seconds / secondsPerDay
  const time = <u32>(seconds % secondsPerDay)
  dateOf(days, date)
  writeByte(Register.Seconds, encode(time % 60))
  writeByte(Register.Minutes, encode((time / 60) % 60))
  writeByte(Register.Hours, encodeHour(time / 3600))
  writeByte(Register.DayOfWeek, dayOfWeek(days))
  writeByte(Register.DayOfMonth, encode(date.day))
  writeByte(Register.Month, encode(date.month))
  writeByte(Register.Year, encode(date.year % 100))
  writeByte(Register.Century, encode(date.year / 100))
}

/** Sets the wall clock from the time registers; the fraction of the second runs on. */
function take(now: u64): void {
  const fraction = wallAt(now) % second
  const year = decode(readByte(Register.Century)) * 100 + decode(readByte(Register.Year))
  // Nanoseconds since 1970 fill 64 bits in the year 2554.
  const days = daysOf(min(max(year, 1970), 2500), decode(readByte(Register.Month)), decode(readByte(Register.DayOfMonth)))
  const time = decodeHour(readByte(Register.Hours)) * 3600 + decode(readByte(Register.Minutes)) * 60 + decode(readByte(Register.Seconds))
  const wall = (days * secondsPerDay + time) * second + fraction
  if (halted) haltedWall = wall
  else origin = wall - now
  mark(now)
}

@inline function encode(value: u32): u32 { return registerB & B.Binary ? value : value % 10 | (value / 10 << 4) }
@inline function decode(value: u32): u32 { return registerB & B.Binary ? value : (value & 15) + (value >> 4) * 10 }

function encodeHour(hour: u32): u32 {
  if (registerB & B.Hours24) return encode(hour)
  return encode((hour + 11) % 12 + 1) | (hour >= 12 ? Field.Pm : 0)
}

function decodeHour(value: u32): u32 {
  if (registerB & B.Hours24) return decode(value)
  return decode(value & ~Field.Pm) % 12 + (value & Field.Pm ? 12 : 0)
}

/** Flags count from here: the wall clock, or how it is divided, was changed. */
function mark(now: u64): void {
  lastSecond = wallAt(now) / second
  lastPeriod = periodAt(now)
}

/** Sets the flags of what happened since they were last settled. */
function settle(now: u64): void {
  const seconds = wallAt(now) / second
  if (updates() && seconds > lastSecond) {
    registerC |= C.Update
    if (nextAlarm(lastSecond) <= seconds) registerC |= C.Alarm
  }
  lastSecond = seconds
  const period = periodAt(now)
  if (period > lastPeriod) registerC |= C.Periodic
  lastPeriod = period
}

/** Brings the interrupt line and the deadline in step with the registers. A flag that is set already needs no deadline. */
function update(now: u64): void {
  setIrq(Line.Rtc, (registerC & registerB & flags) != 0)
  const wanted = registerB & ~registerC & flags
  const wall = wallAt(now)
  let next = Never
  if (wanted & C.Update && updates()) next = now + second - wall % second
  if (wanted & C.Alarm && updates()) {
    const alarm = nextAlarm(lastSecond)
    if (alarm != Never) next = min(next, now + (alarm * second - wall))
  }
  if (wanted & C.Periodic && shift() && !halted) next = min(next, now + untilPeriod(wall))
  setDeadline(Deadline.Rtc, next)
}

function alarmField(register: u32): u32 {
  const value = readByte(register)
  if (value >= Field.DoNotCare) return Any
  return register == Register.HoursAlarm ? decodeHour(value) : decode(value)
}

function nextAlarm(after: u64): u64 {
  return nextMatch(after, alarmField(Register.HoursAlarm), alarmField(Register.MinutesAlarm), alarmField(Register.SecondsAlarm))
}

/** log2 of the periodic interrupt's period in ticks of 32768 Hz; 0 for none. Rates 1 and 2 are 256 Hz and 128 Hz (table 5). */
function shift(): u32 {
  const rate = registerA & A.Rate
  return rate == 0 ? 0 : rate <= 2 ? rate + 6 : rate - 1
}

/** Periods of the periodic interrupt since 1970. */
function periodAt(now: u64): u64 {
  if (!shift()) return 0
  const wall = wallAt(now)
  return ((wall / second << 15) + ((wall % second << 15) / second)) >> shift()
}

/** Nanoseconds to the end of the running period. */
function untilPeriod(wall: u64): u64 {
  const seconds = wall / second
  const ticks = (wall % second << 15) / second
  const next = ((ticks >> shift()) + 1) << shift()
  return seconds * second + (next * second + 32_767 >> 15) - wall
}
