/** The HPET: a 64-bit counter at 100 MHz and three timers. IA-PC HPET specification 1.0a. */
import * as clock from '../../capability/clock'
import { HpetFact, IoApicFact, Line } from '../addresses'
import { Deadline, Never, setDeadline, ShortestPeriod } from '../deadlines'
import { setLegacyReplacement, setPin, setReplacedIrq } from '../wires'
import { Configuration, Register, TimerConfiguration } from './registers'
import { Timer, advance, periodOf, readComparator, schedule, writeComparator } from './timer'

const timerCount: u32 = 3
const nanosecondsPerTick: u64 = HpetFact.PeriodFemtoseconds / 1_000_000
const routes: u32 = 0xf << IoApicFact.HpetPin

const timers: usize = memory.data(96, 8) // timerCount × Timer
let configuration: u32 = 0
let status: u32 = 0 // of level-triggered timers
let held: u64 = 0 // the counter while it is stopped
let zero: u64 = 0 // guest time at which the running counter was 0, modulo 2^64
let highLevels: u32 = 0 // I/O APIC inputs that are held high

@inline function timerOf(index: u32): Timer { return changetype<Timer>(timers + (<usize>index << 5)) }

/** The main counter at guest time `now`. */
@inline function counterAt(now: u64): u64 { return configuration & Configuration.Enable ? held + (now - zero) / nanosecondsPerTick : held }

/** As after power-on: stopped at zero. */
export function reset(): void {
  for (let index: u32 = 0; index < timerCount; index++) {
    const timer = timerOf(index)
    timer.comparator = u64.MAX_VALUE
    timer.period = 0
    timer.due = Never
    timer.configuration = 0
  }
  configuration = 0
  status = 0
  held = 0
  zero = 0
  highLevels = 0
}

/** Reads the 64-bit register at `offset`, a multiple of 8. */
export function read(offset: u32): u64 {
  switch (offset) {
    case Register.Counter: return counterAt(clock.now())
    case Register.Capabilities: return (<u64>HpetFact.PeriodFemtoseconds << 32) | HpetFact.BlockId
    case Register.Configuration: return configuration
    case Register.InterruptStatus: return status
  }
  const index = (offset - Register.Timers) >> 5
  if (index >= timerCount) return 0
  const timer = timerOf(index)
  switch (offset & 0x1f) {
    case Register.TimerConfiguration:
      return (<u64>routes << 32) | (timer.configuration | TimerConfiguration.PeriodicCapable | TimerConfiguration.Size64)
    case Register.TimerComparator: return readComparator(timer)
  }
  return 0
}

/** Writes the bits of `mask` of the 64-bit register at `offset`. */
export function write(offset: u32, value: u64, mask: u64): void {
  const now = clock.now()
  expireDue(now)
  switch (offset) {
    case Register.Configuration:
      writeConfiguration(<u32>((configuration & ~mask) | (value & mask)), now)
      break
    case Register.InterruptStatus:
      status &= ~(<u32>(value & mask))
      break
    case Register.Counter:
      held = (counterAt(now) & ~mask) | (value & mask)
      zero = now
      for (let index: u32 = 0; index < timerCount; index++) schedule(timerOf(index), held)
      break
    default:
      writeTimer((offset - Register.Timers) >> 5, offset & 0x1f, value, mask, now)
  }
  updateLevels()
  updateDeadline(now)
}

/** A comparator's deadline came. */
export function tick(now: u64): void {
  expireDue(now)
  updateLevels()
  updateDeadline(now)
}

function writeConfiguration(value: u32, now: u64): void {
  const changed = value ^ configuration
  if (changed & Configuration.Enable) {
    held = counterAt(now)
    zero = now
  }
  configuration = value & (Configuration.Enable | Configuration.LegacyReplacement)
  setLegacyReplacement((configuration & Configuration.LegacyReplacement) != 0)
}

function writeTimer(index: u32, offset: u32, value: u64, mask: u64, now: u64): void {
  if (index >= timerCount) return
  const timer = timerOf(index)
  if (offset == Register.TimerComparator) writeComparator(timer, value, mask)
  else if (offset == Register.TimerConfiguration) {
    const written = <u32>((timer.configuration & ~mask) | (value & mask))
    // An input that the timer cannot be routed to does not stick (2.3.8, INT_ROUTE_CNF).
    const route = (written & TimerConfiguration.Route) >> TimerConfiguration.RouteShift
    const kept = routes >> route & 1 ? written & TimerConfiguration.Route : timer.configuration & TimerConfiguration.Route
    timer.configuration = (written & TimerConfiguration.Writable) | kept
    if (!(written & TimerConfiguration.Level)) status &= ~(1 << index)
  } else return
  schedule(timer, counterAt(now))
}

/** Fires each timer whose match has come, once for however many matches. */
function expireDue(now: u64): void {
  if (!(configuration & Configuration.Enable)) return
  const counter = counterAt(now)
  for (let index: u32 = 0; index < timerCount; index++) {
    const timer = timerOf(index)
    if (timer.due > counter) continue
    advance(timer, counter)
    if (timer.configuration & TimerConfiguration.Level) status |= 1 << index
    else if (timer.configuration & TimerConfiguration.InterruptEnable) pulse(timer, index)
  }
}

/** The ISA line that a timer has in the legacy replacement mapping, or -1 for its own route. */
function legacyLine(index: u32): i32 {
  if (!(configuration & Configuration.LegacyReplacement) || index > 1) return -1
  return index ? Line.Rtc : Line.Timer
}

/** Makes one rising edge. On an ISA line it stays high, for the 8259 forgets an edge that falls before it is acknowledged. */
function pulse(timer: Timer, index: u32): void {
  const line = legacyLine(index)
  if (line >= 0) {
    setReplacedIrq(line, false)
    setReplacedIrq(line, true)
    return
  }
  const pin = (timer.configuration & TimerConfiguration.Route) >> TimerConfiguration.RouteShift
  if (!((routes & ~highLevels) >> pin & 1)) return
  setPin(pin, true)
  setPin(pin, false)
}

/** Holds the lines of level-triggered timers as their status bits say; timers may share an input. */
function updateLevels(): void {
  let high: u32 = 0
  for (let index: u32 = 0; index < timerCount; index++) {
    const timer = timerOf(index)
    if (!(timer.configuration & TimerConfiguration.Level)) continue
    const raised = (status >> index) & 1 && timer.configuration & TimerConfiguration.InterruptEnable
    const line = legacyLine(index)
    if (line >= 0) setReplacedIrq(line, raised != 0)
    else if (raised) high |= 1 << ((timer.configuration & TimerConfiguration.Route) >> TimerConfiguration.RouteShift)
  }
  high &= routes
  let changed = high ^ highLevels
  highLevels = high
  while (changed) {
    const pin = ctz(changed)
    changed &= changed - 1
    setPin(pin, ((high >> pin) & 1) != 0)
  }
}

function updateDeadline(now: u64): void {
  let next = Never
  if (configuration & Configuration.Enable) {
    const counter = counterAt(now)
    for (let index: u32 = 0; index < timerCount; index++) {
      const timer = timerOf(index)
      // A timer that would change nothing when it matches needs no deadline.
      if (!(timer.configuration & TimerConfiguration.InterruptEnable) || timer.due == Never) continue
      const distance = timer.due > counter ? timer.due - counter : 0
      if (distance > (u64.MAX_VALUE >> 8)) continue // centuries away; the product below would not fit
      let at = now + distance * nanosecondsPerTick
      if (periodOf(timer)) at = max(at, now + ShortestPeriod)
      next = min(next, at)
    }
  }
  setDeadline(Deadline.Hpet, next)
}
