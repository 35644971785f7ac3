/**
 * When each part of the board next wants to be called. The clock has one deadline for the whole VM; it is told
 * the earliest of these, and only when that changed.
 */
import * as clock from '../capability/clock'

/** One slot for each part that keeps time. */
export namespace Deadline {
  export const Uart: u32 = 0
  export const Pit: u32 = 1
  export const Rtc: u32 = 2
  export const PowerManagement: u32 = 3
  export const Hpet: u32 = 4
  export const Entropy: u32 = 5
  export const Block: u32 = 6
  export const Net: u32 = 7
  export const NetInterrupt: u32 = 8
  export const Balloon: u32 = 9
  export const Console: u32 = 10
  export const Count: u32 = 11
}

/** No deadline. */
@inline export const Never: u64 = u64.MAX_VALUE

/**
 * The shortest time in nanoseconds between two interrupts of one periodic timer. A guest that asks for less gets this:
 * one that programs a period of a microsecond must not be able to keep its machine busy with nothing else.
 */
@inline export const ShortestPeriod: u64 = 20_000

const table: usize = memory.data(Deadline.Count * sizeof<u64>(), 8)
let changed: bool = false
let armed: u64 = Never

@inline function slot(part: u32): usize { return table + (<usize>part << 3) }

/** Sets when `part` wants its next call; Never for none. */
export function setDeadline(part: u32, at: u64): void {
  if (load<u64>(slot(part)) == at) return
  store<u64>(slot(part), at)
  changed = true
}

/** Sets when `part` wants its next call, unless it wants it earlier. */
export function advanceDeadline(part: u32, at: u64): void { if (at < load<u64>(slot(part))) setDeadline(part, at) }

/** True when the deadline of `part` has come. */
export function isDue(part: u32, now: u64): bool { return load<u64>(slot(part)) <= now }

/** Tells the clock about the earliest deadline where that is news. Called at the end of every access that may have moved one. */
@inline export function armIfChanged(): void { if (changed) arm() }

/** To be called when the clock's deadline came: it is used up, so that the next `armIfChanged` asks anew. */
export function expire(): void {
  armed = Never
  changed = true
}

/** Forgets every deadline. */
export function reset(): void {
  for (let part: u32 = 0; part < Deadline.Count; part++) store<u64>(slot(part), Never)
  armed = Never
  changed = false
}

function arm(): void {
  let earliest = Never
  for (let part: u32 = 0; part < Deadline.Count; part++) earliest = min(earliest, load<u64>(slot(part)))
  changed = false
  if (earliest == armed) return
  armed = earliest
  clock.arm(earliest)
}
