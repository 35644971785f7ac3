/**
 * Caps. In each period a group has a budget of CPU time. A processor takes some of it for the slice that it begins and gives back what it did not use, so
 * that several at once never use more than there is. What a slice that ends late uses beyond that is missing in the next period.
 */
import { Group } from './entry'
import { Pool, Processor } from './pool'

/** Begins the period that `now` lies in. All groups' periods are the same. */
@inline export function beginPeriod(pool: Pool, now: u64): void { if (now >= pool.periodEnd) begin(pool, now) }

function begin(pool: Pool, now: u64): void {
  const over = (now - pool.periodEnd) / pool.period + 1
  pool.periods += over
  pool.periodEnd += over * pool.period
}

@inline function budget(pool: Pool, group: Group): i64 { return <i64>(pool.period * group.cap / 100) }

/** True when a group has to wait for the next period. A rest that is not worth a switch counts as none. */
@inline export function isUsedUp(pool: Pool, group: Group): bool { return group.cap != 0 && hasNothing(pool, group) }

function hasNothing(pool: Pool, group: Group): bool {
  if (group.periods != pool.periods) {
    group.left = min(group.left + <i64>(pool.periods - group.periods) * budget(pool, group), budget(pool, group))
    group.periods = pool.periods
  }
  return group.left < <i64>(pool.leastSlice / 16)
}

/** A processor takes CPU time for a slice of one of the group's entries: when that is used up. */
export function take(pool: Pool, group: Group, processor: Processor, now: u64, sliceEnd: u64): u64 {
  // No more than a quarter of the latency at a time: another of the group's that wakes meanwhile finds something left.
  const end = min(min(sliceEnd, pool.periodEnd), now + min(pool.latency / 4, <u64>group.left))
  processor.takenUntil = end
  group.left -= end - now
  return end
}

/** It gives back what it has not used, charged up to now. */
export function giveBack(pool: Pool, group: Group, processor: Processor): void {
  group.left = min(group.left + <i64>(processor.takenUntil - processor.since), budget(pool, group))
}
