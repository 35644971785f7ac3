/** The Intel 8254 and port 61h: counter 0 is the timer interrupt, counter 2 the speaker. Counter 1 refreshed the RAM of the first PCs. */
import * as clock from '../../capability/clock'
import { Line } from '../addresses'
import { Deadline, Never, setDeadline, ShortestPeriod } from '../deadlines'
import { isWaiting, setIrq } from '../wires'
import { Counter, clear, control, latchCount, latchStatus, nextRise, out, period, read as readCounter, setGate, write as writeCounter } from './counter'
import { Access, Control, PitClock, ReadBack, Register, SystemControlB } from './registers'

// Interrupts that came due while the CPU was away are made up for, so that a kernel that counts ticks in a delay loop
// sees time pass. More than a few would only be a burst that nobody can use.
const MostOwed: u64 = 8

const counters: usize = memory.data(3 * offsetof<Counter>(), 8)
let systemControlB: u32 = 0
let due: u64 = Never // tick of counter 0's next rising edge
let owed: u64 = 0

@inline function counterOf(index: u32): Counter { return changetype<Counter>(counters + <usize>index * offsetof<Counter>()) }

/** Ticks of the input clock at guest time `now`. */
@inline function ticksAt(now: u64): u64 { return clock.scale(now, PitClock.Frequency, 1_000_000_000) }

/** The first nanosecond at which `ticksAt` reaches `tick`. */
@inline function timeOf(tick: u64): u64 { return clock.scale(tick, 1_000_000_000, PitClock.Frequency) + 1 }

/** As after power-on. Counter 2 is gated by port 61h, the others always run. */
export function reset(): void {
  clear(counterOf(0), true)
  clear(counterOf(1), true)
  clear(counterOf(2), false)
  systemControlB = 0
  due = Never
  owed = 0
}

/** Reads port 40h + `offset`; the control register is write-only. */
export function read(offset: u32): u32 {
  if (offset == Register.Control) return 0xff
  return readCounter(counterOf(offset), ticksAt(clock.now()))
}

/** Writes port 40h + `offset`. */
export function write(offset: u32, value: u32): void {
  const now = clock.now()
  const ticks = ticksAt(now)
  if (ticks >= due) tick(now) // an edge that came before this write must not be lost to it
  value &= 0xff
  let changed = offset
  if (offset != Register.Control) writeCounter(counterOf(offset), value, ticks)
  else {
    changed = value >> Control.CounterShift
    if (changed == Control.ReadBack) {
      readBack(value, ticks)
      return
    }
    control(counterOf(changed), value, ticks)
    if (!(value & (Access.Both << Control.AccessShift))) return // the count was latched, nothing else
    if (!changed) owed = 0
  }
  if (changed) return
  setIrq(Line.Timer, out(counterOf(0), ticks))
  due = nextRise(counterOf(0), ticks)
  schedule(now)
}

/** Reads port 61h. */
export function readSystemControlB(): u32 {
  const now = clock.now()
  let value = systemControlB
  // The refresh request toggled every 15.085 µs on the AT; delay loops of old software count it.
  if ((now / 15_085) & 1) value |= SystemControlB.RefreshToggle
  if (out(counterOf(2), ticksAt(now))) value |= SystemControlB.Out2
  return value
}

/** Writes port 61h. */
export function writeSystemControlB(value: u32): void {
  systemControlB = value & SystemControlB.Writable
  setGate(counterOf(2), (value & SystemControlB.Gate2) != 0, ticksAt(clock.now()))
}

/** Counter 0's deadline came: raises the timer interrupt for what has passed, however much that was. */
export function tick(now: u64): void {
  const ticks = ticksAt(now)
  if (ticks >= due) {
    const length = <u64>period(counterOf(0))
    owed += length ? 1 + (ticks - due) / length : 1
    due = nextRise(counterOf(0), ticks)
  }
  owed = min(owed, MostOwed)
  // An edge would be lost while the 8259 still holds the last one for the CPU: it stays owed until the next period.
  if (owed && !isWaiting(Line.Timer)) {
    owed--
    setIrq(Line.Timer, false)
    setIrq(Line.Timer, true)
    schedule(now)
  } else setDeadline(Deadline.Pit, due == Never ? Never : max(timeOf(due), now + ShortestPeriod))
}

function readBack(value: u32, ticks: u64): void {
  for (let index: u32 = 0; index < 3; index++) {
    if (!(value & (2 << index))) continue
    if (!(value & ReadBack.NoCount)) latchCount(counterOf(index), ticks)
    if (!(value & ReadBack.NoStatus)) latchStatus(counterOf(index), ticks)
  }
}

/** What is owed follows an eighth of a period apart, between the edges that are due. */
function schedule(now: u64): void {
  const length = <u64>period(counterOf(0))
  let next = due == Never ? Never : timeOf(due)
  if (length) next = max(next, now + ShortestPeriod)
  if (owed && length) next = min(next, now + max(timeOf(length) >> 3, ShortestPeriod))
  setDeadline(Deadline.Pit, next)
}
