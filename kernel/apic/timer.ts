/** The local APIC's timer. Time is the guest's TSC; nothing ticks, counts are worked out when asked for. Intel SDM vol. 3, 11.5.4. */
import { Action, getRegister, LocalApic, Never, setRegister } from './localapic'
import { raise } from './pins'
import { accept } from './priority'
import { Lvt, Offset, TimerMode } from '../../capability/localapic'

/** The guest TSC at which `expire` has something to do, or Never. A masked timer interrupts nobody and needs no call. */
export function deadline(apic: LocalApic): u64 {
  return (getRegister(apic, Offset.Timer) & Lvt.Masked) != 0 ? Never : apic.timerDeadline
}

/** Lets the timer expire if it is due. Periods that were missed count as one interrupt, in constant time. */
export function expire(apic: LocalApic, now: u64): i32 {
  const due = apic.timerDeadline
  if (now < due || due == Never) return Action.None
  if ((getRegister(apic, Offset.Timer) & Lvt.TimerMode) == TimerMode.Periodic) {
    const period = <u64>getRegister(apic, Offset.InitialCount) << shift(apic)
    const late = now - due
    apic.timerStart = late < period ? due : due + late / period * period
    apic.timerCount = getRegister(apic, Offset.InitialCount)
    apic.timerDeadline = apic.timerStart + period
  } else {
    apic.timerDeadline = Never
  }
  return raise(apic, Offset.Timer) | Action.Timer
}

/** The current-count register, also when the timer is due and `expire` has not been called yet. */
export function currentCount(apic: LocalApic, now: u64): u32 {
  if (apic.timerDeadline == Never || isTscDeadline(apic)) return 0
  if (now < apic.timerDeadline) return apic.timerCount - <u32>((now - apic.timerStart) >> shift(apic))
  if ((getRegister(apic, Offset.Timer) & Lvt.TimerMode) != TimerMode.Periodic) return 0
  const initial = getRegister(apic, Offset.InitialCount)
  return initial - <u32>(((now - apic.timerDeadline) >> shift(apic)) % initial)
}

/** A write to the initial-count register starts the timer; 0 stops it. */
export function writeInitialCount(apic: LocalApic, value: u32, now: u64): i32 {
  if (isTscDeadline(apic)) return Action.None
  const action = expire(apic, now)
  setRegister(apic, Offset.InitialCount, value)
  start(apic, value, now)
  return action | Action.Timer
}

/** The count goes on from where it is, at another pace. */
export function writeDivide(apic: LocalApic, value: u32, now: u64): i32 {
  const action = expire(apic, now)
  const count = currentCount(apic, now)
  setRegister(apic, Offset.DivideConfiguration, value & 0xB)
  if (!isTscDeadline(apic)) start(apic, count, now)
  return action | Action.Timer
}

/** Writes the timer's local vector table entry. A change to or from TSC-deadline mode disarms the timer. 11.5.4.1. */
export function writeTimer(apic: LocalApic, value: u32, now: u64): i32 {
  const action = expire(apic, now)
  const before = getRegister(apic, Offset.Timer)
  setRegister(apic, Offset.Timer, value)
  const changed = (before ^ value) & Lvt.TimerMode
  if (changed != 0 && (changed & ~TimerMode.Periodic) != 0) {
    setRegister(apic, Offset.InitialCount, 0)
    apic.timerDeadline = Never
  }
  return action | Action.Timer
}

/** IA32_TSC_DEADLINE, MSR 6E0h: 0 when the timer is not armed. */
export function readTscDeadline(apic: LocalApic, now: u64): u64 {
  return !isTscDeadline(apic) || apic.timerDeadline <= now || apic.timerDeadline == Never ? 0 : apic.timerDeadline
}

/** Arms the timer; a time in the past interrupts at once, and 0 disarms. Ignored in the other modes. */
export function writeTscDeadline(apic: LocalApic, value: u64, now: u64): i32 {
  const entry = getRegister(apic, Offset.Timer)
  if ((entry & Lvt.TimerMode) != TimerMode.TscDeadline) return Action.None
  const before = apic.timerDeadline
  // Also when the deadline that is overwritten had come and `expire` was not called yet.
  if (value != 0 && value <= now || before <= now) {
    apic.timerDeadline = value <= now ? Never : value
    const action = before == Never ? Action.None : Action.Timer
    return (entry & Lvt.Masked) == 0 && accept(apic, entry & Lvt.Vector, false) ? action | Action.Evaluate : action
  }
  apic.timerDeadline = value == 0 ? Never : value
  return Action.Timer
}

/** The guest moved its TSC by `delta`: counts go on as before, while a TSC deadline keeps its value. */
export function moveTime(apic: LocalApic, delta: u64): i32 {
  if (apic.timerDeadline == Never) return Action.None
  if (!isTscDeadline(apic)) {
    apic.timerStart += delta
    apic.timerDeadline += delta
  }
  return Action.Timer
}

@inline function isTscDeadline(apic: LocalApic): bool { return (getRegister(apic, Offset.Timer) & Lvt.TimerMode) == TimerMode.TscDeadline }

function start(apic: LocalApic, count: u32, now: u64): void {
  apic.timerStart = now
  apic.timerCount = count
  apic.timerDeadline = count == 0 ? Never : now + (<u64>count << shift(apic))
}

/** TSC ticks per count, as a power of two. The divide value's bits 3, 1 and 0 mean 2, 4, … 128 and, all set, 1. Figure 11-10. */
function shift(apic: LocalApic): u64 {
  const divide = getRegister(apic, Offset.DivideConfiguration)
  return apic.clockShift + (((divide & 3 | divide >> 1 & 4) + 1) & 7)
}
