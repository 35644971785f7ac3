/** One timer of the HPET: a comparator on the main counter. IA-PC HPET 1.0a, 2.3.8–2.3.9. */
import { Never } from '../deadlines'
import { TimerConfiguration } from './registers'

/** The state of one timer; times are values of the main counter. */
@unmanaged export class Timer {
  comparator: u64
  period: u64
  due: u64 // next match, however wide the comparator is; Never for none
  configuration: u32 // low half, writable bits
}

@inline function isPeriodic(timer: Timer): bool { return (timer.configuration & TimerConfiguration.Periodic) != 0 }
@inline function is32Bit(timer: Timer): bool { return (timer.configuration & TimerConfiguration.Mode32) != 0 }

/** The period in force; 0 when the timer matches once, or once in each turn of a 32-bit counter. */
@inline export function periodOf(timer: Timer): u64 {
  if (!isPeriodic(timer)) return 0
  return is32Bit(timer) ? timer.period & u32.MAX_VALUE : timer.period
}

/** Computes the next match from `counter` on. */
export function schedule(timer: Timer, counter: u64): void {
  if (is32Bit(timer)) timer.due = counter + <u64>(<u32>timer.comparator - <u32>counter)
  else timer.due = timer.comparator >= counter ? timer.comparator : Never
}

/** The counter has reached `due`, or passed it by any distance: computes the match after `counter`. */
export function advance(timer: Timer, counter: u64): void {
  const period = periodOf(timer)
  if (period) {
    const passed = ((counter - timer.due) / period + 1) * period
    timer.due += passed
    timer.comparator += passed
  } else timer.due = is32Bit(timer) ? timer.due + (((counter - timer.due) >> 32) + 1 << 32) : Never
}

/** The comparator register as it reads: in periodic mode it moves on at each match. */
export function readComparator(timer: Timer): u64 { return is32Bit(timer) ? timer.comparator & u32.MAX_VALUE : timer.comparator }

/** Writes the bits of `mask` of the comparator; in periodic mode also the period, and the comparator itself only after VAL_SET. */
export function writeComparator(timer: Timer, value: u64, mask: u64): void {
  if (isPeriodic(timer)) timer.period = (timer.period & ~mask) | (value & mask)
  if (!isPeriodic(timer) || timer.configuration & TimerConfiguration.SetValue) timer.comparator = (timer.comparator & ~mask) | (value & mask)
  timer.configuration &= ~TimerConfiguration.SetValue
}
