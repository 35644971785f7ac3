/**
 * One counter of an Intel 8254. Nothing counts: the registers remember when counting began, in ticks of the input
 * clock, and everything else follows from the time of asking. Data sheet 231164.
 */
import { Never } from '../deadlines'
import { Access, Control, Mode, Status } from './registers'

/** The state of one counter. */
@unmanaged export class Counter {
  start: u64 // tick at which `count` was or will be loaded into the counting element
  held: u64 // ticks counted when GATE stopped it
  switchAt: u64 // tick at which `next` replaces `count`
  count: u32 // 1–65536
  next: u32 // a count written while a periodic mode runs; 0 for none
  mode: u32
  access: u32
  bcd: bool
  gate: bool
  armed: bool // counting has begun: a count was written and, in modes 1 and 5, GATE triggered it
  stopped: bool // GATE holds the counting element
  writeHigh: bool // the next write is the second byte of two
  writeLow: u32 // the first
  readHigh: bool // the next read is the second byte of two
  latched: u32 // bytes of the latched count still to be read
  latch: u32
  statusLatched: bool
  status: u32
}

@inline function isPeriodic(counter: Counter): bool { return counter.mode == Mode.RateGenerator || counter.mode == Mode.SquareWave }
@inline function isTriggered(counter: Counter): bool { return counter.mode == Mode.OneShot || counter.mode == Mode.HardwareStrobe }

/** As after power-on, with GATE high or low: nothing counts until a control word and a count are written. */
export function clear(counter: Counter, gate: bool): void {
  memory.fill(changetype<usize>(counter), 0, offsetof<Counter>())
  counter.gate = gate
  counter.access = Access.Both
  counter.count = 0x10000
}

/** Writes a control word for this counter. */
export function control(counter: Counter, value: u32, now: u64): void {
  const access = (value >> Control.AccessShift) & 3
  if (access == Access.Latch) {
    latchCount(counter, now)
    return
  }
  const mode = (value >> Control.ModeShift) & 7
  counter.mode = mode > Mode.HardwareStrobe ? mode & 3 : mode // modes 2 and 3 do not decode D3
  counter.access = access
  counter.bcd = (value & Control.Bcd) != 0
  counter.armed = false
  counter.stopped = false
  counter.next = 0
  counter.writeHigh = false
  counter.readHigh = false
  counter.latched = 0
  counter.statusLatched = false
}

/** Writes a byte of the count. */
export function write(counter: Counter, value: u32, now: u64): void {
  switch (counter.access) {
    case Access.Low:
      setCount(counter, value, now)
      break
    case Access.High:
      setCount(counter, value << 8, now)
      break
    default:
      if (counter.writeHigh) setCount(counter, counter.writeLow | (value << 8), now)
      else {
        counter.writeLow = value
        // "Writing the first byte disables counting, OUT is set low immediately" (mode 0).
        if (counter.mode == Mode.TerminalCount) counter.armed = false
      }
      counter.writeHigh = !counter.writeHigh
  }
}

/** Reads a byte: of the latched status, the latched count or the running count, in this order. */
export function read(counter: Counter, now: u64): u32 {
  if (counter.statusLatched) {
    counter.statusLatched = false
    return counter.status
  }
  let value = counter.latched ? counter.latch : countAt(counter, now)
  if (counter.latched) counter.latched--
  if (counter.access == Access.High) return value >> 8
  if (counter.access == Access.Low) return value & 0xff
  value = counter.readHigh ? value >> 8 : value & 0xff
  counter.readHigh = !counter.readHigh
  return value
}

/** Keeps the count for reading; a second latch before it was read is ignored. */
export function latchCount(counter: Counter, now: u64): void {
  if (counter.latched) return
  counter.latch = countAt(counter, now)
  counter.latched = counter.access == Access.Both ? 2 : 1
}

/** Keeps the status byte for reading. */
export function latchStatus(counter: Counter, now: u64): void {
  if (counter.statusLatched) return
  settle(counter, now)
  counter.status = (counter.access << Control.AccessShift) | (counter.mode << Control.ModeShift) | <u32>counter.bcd
  if (out(counter, now)) counter.status |= Status.Out
  if (!counter.armed || counter.next || now < counter.start) counter.status |= Status.NullCount
  counter.statusLatched = true
}

/** Sets the level of GATE. Data sheet, figure 21. */
export function setGate(counter: Counter, gate: bool, now: u64): void {
  if (gate == counter.gate) return
  settle(counter, now)
  counter.gate = gate
  if (isTriggered(counter)) {
    if (gate) trigger(counter, now)
  } else if (isPeriodic(counter)) {
    if (gate && counter.armed) trigger(counter, now)
    else hold(counter, now)
  } else if (gate) {
    counter.start = now - counter.held
    counter.stopped = false
  } else hold(counter, now)
}

/** The level of OUT. */
export function out(counter: Counter, now: u64): bool {
  settle(counter, now)
  if (!counter.armed) return counter.mode != Mode.TerminalCount
  const elapsed = elapsedAt(counter, now)
  const count = <u64>counter.count
  switch (counter.mode) {
    case Mode.TerminalCount: return elapsed >= count
    case Mode.OneShot: return now < counter.start || elapsed >= count
    case Mode.RateGenerator: return counter.stopped || elapsed % count != count - 1
    case Mode.SquareWave: return counter.stopped || elapsed % count < (count + 1) >> 1
  }
  return elapsed != count // strobes
}

/** The tick after `now` at which OUT next rises; Never when it does not. */
export function nextRise(counter: Counter, now: u64): u64 {
  settle(counter, now)
  if (!counter.armed || counter.stopped) return Never
  const count = <u64>counter.count
  let rise = counter.start + count
  if (isPeriodic(counter)) return now < rise ? rise : now + count - (now - counter.start) % count
  if (counter.mode == Mode.SoftwareStrobe || counter.mode == Mode.HardwareStrobe) rise++
  return now < rise ? rise : Never
}

/** Ticks between two rising edges of OUT; 0 in the modes that make only one. */
export function period(counter: Counter): u32 { return isPeriodic(counter) ? counter.count : 0 }

function setCount(counter: Counter, value: u32, now: u64): void {
  settle(counter, now)
  const count = counter.bcd ? fromBcd(value) : value
  const whole: u32 = count ? count : counter.bcd ? 10_000 : 0x10000
  if (counter.armed && isPeriodic(counter) && !counter.stopped && now >= counter.start) {
    // "The current counting sequence is not affected"; the new count is loaded at its end.
    const length = <u64>counter.count
    counter.switchAt = now + length - (now - counter.start) % length
    counter.next = whole
    return
  }
  if (isTriggered(counter)) {
    // A count for the next trigger; one that is running already ends as it was.
    if (counter.armed) {
      counter.next = whole
      counter.switchAt = Never
    } else counter.count = whole
    return
  }
  counter.count = whole
  counter.start = now + 1 // loaded on the next clock pulse
  counter.armed = true
  counter.held = 0
  counter.stopped = !counter.gate
}

/** GATE rose in a mode that it triggers: the count is loaded on the next clock pulse. */
function trigger(counter: Counter, now: u64): void {
  if (counter.next) counter.count = counter.next
  counter.next = 0
  counter.start = now + 1
  counter.armed = true
  counter.stopped = false
}

function hold(counter: Counter, now: u64): void {
  counter.held = elapsedAt(counter, now)
  counter.stopped = true
}

/** Loads a count that waited for the end of a period, where that has come. */
function settle(counter: Counter, now: u64): void {
  if (!counter.next || now < counter.switchAt) return
  counter.start = counter.switchAt
  counter.count = counter.next
  counter.next = 0
}

function elapsedAt(counter: Counter, now: u64): u64 {
  if (counter.stopped) return counter.held
  return now < counter.start ? 0 : now - counter.start
}

/** What the counting element holds, as the guest reads it. */
function countAt(counter: Counter, now: u64): u32 {
  settle(counter, now)
  const count = counter.count
  if (!counter.armed) return toRegister(counter, count)
  const elapsed = elapsedAt(counter, now)
  if (counter.mode == Mode.RateGenerator) return toRegister(counter, count - <u32>(elapsed % count))
  if (counter.mode == Mode.SquareWave) {
    // It counts down by two, from an even number, once for each half of the wave.
    const high = (count + 1) >> 1
    let step = <u32>(elapsed % count)
    if (step >= high) step -= high
    return toRegister(counter, (count & ~1) - 2 * step)
  }
  // The other modes count on past zero, from FFFFh or 9999.
  const modulus: u64 = counter.bcd ? 10_000 : 0x10000
  return toRegister(counter, <u32>((<u64>count + modulus * 2 - elapsed % modulus) % modulus))
}

function toRegister(counter: Counter, count: u32): u32 {
  if (!counter.bcd) return count & 0xffff
  count %= 10_000
  return count % 10 | ((count / 10) % 10 << 4) | ((count / 100) % 10 << 8) | (count / 1000 << 12)
}

function fromBcd(value: u32): u32 { return (value & 15) + ((value >> 4) & 15) * 10 + ((value >> 8) & 15) * 100 + (value >> 12) * 1000 }
