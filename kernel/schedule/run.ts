/** A processor's side: what it runs, until when, and whom it makes way for. */
import { beginPeriod, giveBack, isUsedUp, take } from './cap'
import { countForced, displaced, isOthers, open, settleCore } from './core'
import { charge, Entry, entryAt, Group, groupOf } from './entry'
import { endOf, lift, relink } from './order'
import { bitOf, nearest, Never, Pool, Processor, processorAt } from './pool'

/** Charges a processor's entry up to `now`. */
export function settle(pool: Pool, processor: Processor, now: u64): void {
  if (processor.current == 0 || now <= processor.since) return
  if (pool.exclusive != 0) countForced(pool, processor, now - processor.since)
  chargeRun(pool, processor, bitOf(processor), entryAt(processor.current), now)
}

@inline function chargeRun(pool: Pool, processor: Processor, bit: u32, entry: Entry, now: u64): void {
  charge(entry, now - processor.since)
  processor.since = now
  if (entry.runnable == 0) return
  const next = entry.next
  if (next != endOf(pool) && entryAt(next).virtual <= entry.virtual) relink(pool, entry)
  if ((pool.uncontended & bit) != 0) lift(pool, entry)
}

/** Charges all of a group's entries that run, before what they are charged by changes. */
export function settleGroup(pool: Pool, group: Group, now: u64): void {
  for (let set = group.running; set != 0; set &= set - 1) settle(pool, processorAt(pool, ctz(set)), now)
  advance(pool)
}

/** Moves the floor up to the least virtual time of those that may run. Whoever waits for the cap's next period is owed nothing for that. */
@inline export function advance(pool: Pool): void {
  let least = pool.first
  while (least != endOf(pool) && isUsedUp(pool, groupOf(entryAt(least)))) least = entryAt(least).next
  if (least == endOf(pool)) return
  pool.floor = max(pool.floor, entryAt(least).virtual)
  for (let other = entryAt(least).previous; other != endOf(pool); other = entryAt(other).previous) entryAt(other).virtual = entryAt(least).virtual
}

/** Leaves a processor to nobody, so that what the nucleus does for itself is charged to nobody. Its entry may be taken by any other. */
@inline export function release(pool: Pool, processor: Processor, now: u64): void { if (processor.current != 0) leave(pool, processor, bitOf(processor), now) }

@inline function leave(pool: Pool, processor: Processor, bit: u32, now: u64): void {
  const entry = entryAt(processor.current)
  if (pool.exclusive != 0) settleCore(pool, processor, now)
  else if (now > processor.since) chargeRun(pool, processor, bit, entry, now)
  const group = groupOf(entry)
  if (group.cap != 0) giveBack(pool, group, processor)
  group.running &= ~bit
  pool.busy &= ~bit
  pool.uncontended &= ~bit
  entry.processor = processor.current = 0
}

/** Chooses whom a processor runs from `now` on until its `sliceEnd`, once it has left whom it ran; null when nobody wants to who may. */
export function pickNext(pool: Pool, processor: Processor, now: u64): Entry | null {
  const bit = bitOf(processor)
  if (processor.current != 0) leave(pool, processor, bit, now)
  else if (pool.exclusive != 0) settleCore(pool, processor, now)
  beginPeriod(pool, now)
  advance(pool)
  processor.sliceEnd = Never
  if (((pool.idle | pool.claimed) & bit) != 0) {
    pool.idle &= ~bit
    pool.claimed &= ~bit
  }
  const entry = choose(pool, processor, bit, now)
  if (entry !== null) begin(pool, processor, bit, entry, now)
  if ((pool.idle | pool.uncontended) != 0) offerAll(pool, now)
  if (entry === null) pool.idle |= bit
  return entry
}

/** Offers what waits to those that idle, or run somebody without an end. */
function offerAll(pool: Pool, now: u64): void {
  for (let at = pool.first; at != endOf(pool) && (pool.idle | pool.uncontended) != 0; at = entryAt(at).next) {
    if (entryAt(at).processor == 0 && !isUsedUp(pool, groupOf(entryAt(at)))) offer(pool, entryAt(at), now)
  }
}

/** Of those that wait, the one that a processor is to run. It is uncontended when nobody else waits who could run on its core instead. */
@inline function choose(pool: Pool, processor: Processor, bit: u32, now: u64): Entry | null {
  const core = processor.core
  let chosen: usize = 0
  let best: u32 = 0
  let isContended = false
  let limit = i64.MAX_VALUE
  let only: usize = 0 // the group that the core is left to
  for (let at = pool.first; at != endOf(pool); at = entryAt(at).next) {
    const entry = entryAt(at)
    // Beyond here only those might be found that can run nowhere else, instead of one that an idle processor can run.
    if (isContended && (best >= Fits || entry.virtual > limit && pool.idle == 0)) break
    if (entry.processor != 0) continue
    const group = groupOf(entry)
    const affinity = <u32>group.affinity
    const preferred = <u32>group.preferred
    // One that prefers a processor of another core that idles is left to that.
    if ((affinity & core) == 0 || preferred != 0 && (preferred & core) == 0 && (preferred & open(pool, group)) != 0) continue
    if (isUsedUp(pool, group)) {
      processor.sliceEnd = pool.periodEnd
      continue
    }
    if (pool.exclusive != 0) {
      if (isOthers(pool, processor, group)) {
        // Whoever has the core gives it up to one that has had less, whatever these still find to run beside them.
        if (chosen == 0 && !isContended && entry.virtual + tolerance(pool) < displaced(pool, processor, group, now)) {
          for (let set = core & pool.busy; set != 0; set &= set - 1) claim(pool, processorAt(pool, ctz(set)), now)
          return null
        }
        isContended = true
        continue
      }
      if ((affinity & bit) == 0 || only != 0 && only != changetype<usize>(group)) {
        // One that has had least, and may use another processor of the core, which is free to look: here runs nobody else's.
        if (chosen == 0 && only == 0 && ((open(pool, group) | pool.claimed) & core & affinity) != 0) only = changetype<usize>(group)
        isContended = true
        continue
      }
    }
    const virtual = entry.virtual
    if (chosen == 0) limit = virtual + tolerance(pool)
    else {
      isContended = true
      if (best >= Fits && (preferred & bit) == 0) break // it suits no better
    }
    // How well it suits: none idles on another core that could run it as well; it is hardly ahead of the first; this one is to be preferred, or has run it.
    const how = u32((open(pool, group) & ~core) == 0) << 3 | u32(virtual <= limit) << 2 | u32((preferred & bit) != 0) << 1 | u32(entry.home == processor.number)
    if (how <= best) continue
    chosen = at
    best = how
  }
  if (chosen == 0) return null
  if (!isContended) pool.uncontended |= bit
  return entryAt(chosen)
}

/** When nothing is left to wish for in how an entry suits. */
const Fits: u32 = 8 + 4 + 1

/** An eighth of a slice: whoever is ahead by no more is hardly ahead. */
@inline function tolerance(pool: Pool): i64 { return pool.turn >> 3 }

/** A processor runs an entry from `now` on. */
@inline function begin(pool: Pool, processor: Processor, bit: u32, entry: Entry, now: u64): void {
  const group = groupOf(entry)
  lift(pool, entry)
  entry.processor = changetype<usize>(processor)
  entry.home = processor.number
  group.running |= bit
  pool.busy |= bit
  processor.current = changetype<usize>(entry)
  processor.since = now
  if ((pool.uncontended & bit) == 0) processor.sliceEnd = min(processor.sliceEnd, now + slice(pool, group))
  if (group.cap != 0) processor.sliceEnd = take(pool, group, processor, now, processor.sliceEnd)
}

/** How long a group's entries run at a time when others wait. */
@inline function slice(pool: Pool, group: Group): u64 { return min(<u64>max(pool.turn, group.least) * group.weight / group.runnable, pool.latency) }

/** An entry waits: a processor that is idle is asked to look, or else those of a core that run others without an end are given one. */
export function offer(pool: Pool, entry: Entry, now: u64): void {
  const group = groupOf(entry)
  const idle = open(pool, group)
  const preferred = idle & <u32>group.preferred
  if (idle != 0) return claim(pool, nearest(pool, preferred != 0 ? preferred : idle, entry.home), now)
  let endless: u32 = 0
  for (let set = pool.uncontended; set != 0; set &= set - 1) if ((processorAt(pool, ctz(set)).core & <u32>group.affinity) != 0) endless |= <u32>1 << ctz(set)
  if (endless == 0) return
  for (let set = nearest(pool, endless, entry.home).core & pool.uncontended; set != 0; set &= set - 1) {
    const processor = processorAt(pool, ctz(set))
    settle(pool, processor, now)
    processor.sliceEnd = min(processor.sliceEnd, now + slice(pool, groupOf(entryAt(processor.current))))
    pool.uncontended &= ~bitOf(processor)
    pool.kicks |= bitOf(processor)
  }
}

/** Asks a processor to look for somebody who is not to wait. */
export function claim(pool: Pool, processor: Processor, now: u64): void {
  const bit = bitOf(processor)
  // One that has left its entry, and is not idle, is about to look in any case.
  if (processor.current != 0 || (pool.idle & bit) != 0) pool.kicks |= bit
  settleCore(pool, processor, now)
  pool.idle &= ~bit
  pool.claimed |= bit
  processor.sliceEnd = now
}

/** The current entry lets `other` of its group, which waits, go first: of their virtual times `other` gets the lesser, and nobody else's place changes. */
export function giveWay(pool: Pool, processor: Processor, other: Entry, now: u64): void {
  settle(pool, processor, now)
  if (processor.current == 0 || other.processor != 0) return
  const current = entryAt(processor.current)
  if (current.runnable == 0 || other.runnable == 0) return
  const least = min(current.virtual, other.virtual)
  current.virtual = max(current.virtual, other.virtual)
  other.virtual = least
  other.home = processor.number
  relink(pool, other)
  relink(pool, current)
  claim(pool, processor, now)
}
