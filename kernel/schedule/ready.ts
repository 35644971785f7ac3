/** An entry's side: when it joins, wakes and sleeps, and what changes meanwhile. */
import { beginPeriod, isUsedUp } from './cap'
import { displaced, open } from './core'
import { charge, Entry, entryAt, Group, groupOf, toVirtual, Weight } from './entry'
import { link, relink, unlink } from './order'
import { bitOf, nearest, Pool, Processor, processorAt, share } from './pool'
import { claim, offer, settle, settleGroup } from './run'

/** Adds an entry, all zero, to a group that has been set up. It is blocked. */
export function add(pool: Pool, group: Group, entry: Entry): void {
  entry.group = changetype<usize>(group)
  entry.sibling = group.first
  group.first = changetype<usize>(entry)
  entry.virtual = pool.floor
}

/**
 * Sets a group up, or changes it: its weight; its cap, in percent of one processor, 0 for none; where its entries may run, and where they should. What they are
 * ahead or behind, in CPU time, stays the same; a new cap is for a whole period from now on.
 */
export function setGroup(pool: Pool, group: Group, weight: u32, cap: u32, affinity: u64, preferred: u64, now: u64): void {
  beginPeriod(pool, now)
  settleGroup(pool, group, now)
  const before = group.weight
  const owed = group.first == 0 ? 0 : toVirtual(group, pool.credit)
  group.weight = min(max(weight, Weight.Least), Weight.Most)
  group.affinity = affinity
  group.preferred = preferred
  if (group.cap != cap) {
    group.cap = cap
    group.left = <i64>(pool.period * cap / 100)
    group.periods = pool.periods
    for (let set = group.running; set != 0; set &= set - 1) processorAt(pool, ctz(set)).takenUntil = now
  }
  if (group.runnable != 0) pool.weight += group.weight - before
  count(pool, group, 0)
  for (let at = group.first; at != 0; at = entryAt(at).sibling) {
    const entry = entryAt(at)
    entry.virtual = pool.floor + max(entry.virtual - pool.floor, -owed) * before / group.weight
    entry.remainder = 0
    if (entry.runnable == 0) continue
    relink(pool, entry)
    if (entry.processor == 0) dispatch(pool, entry, now)
    else claim(pool, changetype<Processor>(entry.processor), now)
  }
}

/** Removes an entry for good, which no processor runs any more. */
export function remove(pool: Pool, entry: Entry, now: u64): void {
  block(pool, entry, now)
  const group = groupOf(entry)
  if (group.first == changetype<usize>(entry)) group.first = entry.sibling
  for (let at = group.first; at != 0; at = entryAt(at).sibling) {
    if (entryAt(at).sibling == changetype<usize>(entry)) entryAt(at).sibling = entry.sibling
  }
}

/**
 * Makes an entry runnable. One that slept is owed time, but never more than the credit: it runs soon, and those that ran meanwhile do not
 * wait long.
 */
export function wake(pool: Pool, entry: Entry, now: u64): void {
  if (entry.runnable != 0) return
  const group = groupOf(entry)
  settle(pool, processorAt(pool, entry.home), now)
  settleGroup(pool, group, now)
  if (group.runnable == 0) pool.weight += group.weight
  count(pool, group, 1)
  entry.runnable = 1
  entry.virtual = max(entry.virtual, pool.floor - toVirtual(group, pool.credit))
  link(pool, entry)
  beginPeriod(pool, now)
  if (entry.processor == 0) dispatch(pool, entry, now)
}

/** Takes an entry that has nothing to do out of the race; it costs nothing until it wakes. A processor that runs it has it until it looks, and nobody else does. */
export function block(pool: Pool, entry: Entry, now: u64): void {
  if (entry.runnable == 0) return
  const group = groupOf(entry)
  settleGroup(pool, group, now)
  if (entry.processor != 0) {
    pool.kicks |= bitOf(changetype<Processor>(entry.processor))
    pool.uncontended &= ~bitOf(changetype<Processor>(entry.processor))
  }
  unlink(entry)
  entry.runnable = 0
  if (group.runnable == 1) pool.weight -= group.weight
  count(pool, group, -1)
}

/** So many more of a group's entries have something to do. */
function count(pool: Pool, group: Group, more: i32): void {
  group.runnable += more
  group.least = toVirtual(group, pool.leastSlice)
  share(pool)
}

/** Finds a processor for an entry that waits: an idle one, one whose entry is not owed as much, or one whose entry would run on without an end. */
function dispatch(pool: Pool, entry: Entry, now: u64): void {
  const allowed = pool.online & <u32>groupOf(entry).affinity
  if (allowed == 0) return
  if (isUsedUp(pool, groupOf(entry))) {
    const processor = nearest(pool, allowed, entry.home)
    processor.sliceEnd = min(processor.sliceEnd, pool.periodEnd)
    pool.kicks |= bitOf(processor)
    return
  }
  if (open(pool, groupOf(entry)) != 0) return offer(pool, entry, now)
  // An entry that is hardly behind waits for the end of a slice: a switch costs more than it gains.
  const enough = entry.virtual + groupOf(entry).least
  let most = enough
  let target: Processor | null = null
  for (let set = allowed; set != 0; set &= set - 1) {
    const processor = processorAt(pool, ctz(set))
    if ((processor.core & pool.claimed) != 0) continue
    let virtual = displaced(pool, processor, groupOf(entry), now)
    // On its own processor if it can be, else where the one that runs has had most.
    if (processor.number == entry.home && virtual > enough) virtual = i64.MAX_VALUE
    if (virtual <= most) continue
    target = processor
    most = virtual
  }
  if (target === null) return offer(pool, entry, now)
  entry.home = target.number
  claim(pool, target, now)
}

/** Charges an entry for CPU time that went into it outside its own runs. */
export function chargeExtra(pool: Pool, entry: Entry, ticks: u64): void {
  charge(entry, ticks)
  groupOf(entry).left -= ticks
  if (entry.runnable != 0) relink(pool, entry)
}
