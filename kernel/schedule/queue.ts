/**
 * The scheduler of one CPU: proportional share by virtual time. An entry's virtual time is the CPU time it had divided by its weight; the one
 * with least runs, for a slice that is its share of the latency. Times are TSC ticks; virtual time passes no faster, so 63 bits last for decades.
 */
import { charge, Entry, Weight } from './entry'

/** No end: nobody else wants the CPU. */
@inline export const Never: u64 = u64.MAX_VALUE

@unmanaged export class Queue {
  first: usize //     00h  runnable entries
  current: usize //   04h  the one that runs, or 0
  weight: u32 //      08h  sum of the runnable entries' weights
  count: u32 //       0Ch  how many are runnable
  floor: i64 //       10h  least virtual time of a runnable entry; never goes back
  since: u64 //       18h  `current` is charged up to here
  sliceEnd: u64 //    20h  when `pickNext` is to be called again, or Never
  latency: u64 //     28h  in which every runnable entry runs once, if the least slice allows
  leastSlice: u64 //  30h
  credit: u64 //      38h  CPU time that an entry can be owed for having slept
}

/** Starts with no entries: a latency of 20 ms, slices of at least 0.5 ms, a credit of 10 ms. */
export function initialize(queue: Queue, frequency: u64): void {
  memory.fill(changetype<usize>(queue), 0, offsetof<Queue>())
  queue.sliceEnd = Never
  queue.latency = frequency / 50
  queue.leastSlice = frequency / 2000
  queue.credit = frequency / 100
}

/** Adds a blocked entry, new or removed from another queue, with a weight of `Weight.Least` to `Weight.Most`. */
export function add(queue: Queue, entry: Entry, weight: u32): void {
  entry.weight = min(max(weight, Weight.Least), Weight.Most)
  entry.remainder = 0
  entry.virtual += queue.floor
}

/** Removes an entry. What it is ahead or behind goes with it. */
export function remove(queue: Queue, entry: Entry, now: u64): void {
  block(queue, entry, now)
  entry.virtual = max(entry.virtual - queue.floor, -owed(queue, entry))
}

/**
 * Makes an entry runnable. One that slept is owed time, but never more than the credit: it runs soon, and those that ran meanwhile do not
 * wait long. True when it should run now, before the current one's slice ends: `sliceEnd` is `now` then.
 */
export function wake(queue: Queue, entry: Entry, now: u64): bool {
  if (entry.runnable != 0) return false
  settle(queue, now)
  entry.virtual = max(entry.virtual, queue.floor - owed(queue, entry))
  entry.runnable = 1
  link(queue, entry)
  if (queue.current == 0) return true
  const current = changetype<Entry>(queue.current)
  // An entry that is hardly behind waits for the end of the slice: a switch costs more than it gains.
  const isOwed = entry.virtual + <i64>(queue.leastSlice / entry.weight) < current.virtual
  queue.sliceEnd = isOwed ? now : min(queue.sliceEnd, now + slice(queue, current))
  return isOwed
}

/** Takes an entry that has nothing to do out of the race; it costs nothing until it wakes. */
export function block(queue: Queue, entry: Entry, now: u64): void {
  if (entry.runnable == 0) return
  settle(queue, now)
  entry.runnable = 0
  unlink(queue, entry)
  if (queue.current == changetype<usize>(entry)) {
    queue.current = 0
    queue.sliceEnd = Never
  } else if (queue.count == 1 && queue.current != 0) queue.sliceEnd = Never
  advance(queue)
}

/** Chooses who runs from `now` on until `sliceEnd`; null when nobody wants to. */
export function pickNext(queue: Queue, now: u64): Entry | null {
  settle(queue, now)
  let chosen = queue.first
  for (let other = chosen; other != 0; other = changetype<Entry>(other).next) {
    if (changetype<Entry>(other).virtual < changetype<Entry>(chosen).virtual) chosen = other
  }
  queue.current = chosen
  queue.since = now
  if (chosen == 0) {
    queue.sliceEnd = Never
    return null
  }
  const end = slice(queue, changetype<Entry>(chosen))
  queue.sliceEnd = end == Never ? Never : now + end
  return changetype<Entry>(chosen)
}

/** The current entry lets `other`, which waits with the same weight, go first: of their virtual times `other` gets the lesser, and nobody else's place changes. */
export function giveWay(queue: Queue, other: Entry, now: u64): void {
  settle(queue, now)
  const current = changetype<Entry>(queue.current)
  const least = min(current.virtual, other.virtual)
  current.virtual = max(current.virtual, other.virtual)
  other.virtual = least
}

/** Leaves the CPU to nobody, so that what the nucleus does for itself is charged to nobody. */
export function release(queue: Queue, now: u64): void {
  settle(queue, now)
  queue.current = 0
  queue.sliceEnd = Never
}

/** Charges the current entry up to `now`. */
export function settle(queue: Queue, now: u64): void {
  if (queue.current == 0 || now <= queue.since) return
  charge(changetype<Entry>(queue.current), now - queue.since)
  queue.since = now
  advance(queue)
}

/** How long an entry may run at a time: Never when it is alone. */
export function slice(queue: Queue, entry: Entry): u64 {
  if (queue.count - entry.runnable == 0) return Never
  return max(queue.latency * entry.weight / queue.weight, queue.leastSlice)
}

/** Changes a weight. What the entry is ahead or behind, in CPU time, stays the same. */
export function setWeight(queue: Queue, entry: Entry, weight: u32, now: u64): void {
  settle(queue, now)
  const bounded = min(max(weight, Weight.Least), Weight.Most)
  const ahead = max(entry.virtual - queue.floor, -owed(queue, entry))
  entry.virtual = queue.floor + ahead * entry.weight / bounded
  entry.remainder = 0
  if (entry.runnable != 0) queue.weight += bounded - entry.weight
  entry.weight = bounded
  advance(queue)
}

/** The credit in the entry's virtual time. */
@inline function owed(queue: Queue, entry: Entry): i64 { return <i64>(queue.credit / entry.weight) }

/** Moves the floor up to the least virtual time. */
function advance(queue: Queue): void {
  let least = i64.MAX_VALUE
  for (let other = queue.first; other != 0; other = changetype<Entry>(other).next) least = min(least, changetype<Entry>(other).virtual)
  if (queue.first != 0) queue.floor = max(queue.floor, least)
}

/** At the list's head: of two with the same virtual time the one that woke last runs first, for the other has just run. */
function link(queue: Queue, entry: Entry): void {
  entry.previous = 0
  entry.next = queue.first
  if (queue.first != 0) changetype<Entry>(queue.first).previous = changetype<usize>(entry)
  queue.first = changetype<usize>(entry)
  queue.count++
  queue.weight += entry.weight
}

function unlink(queue: Queue, entry: Entry): void {
  if (entry.next != 0) changetype<Entry>(entry.next).previous = entry.previous
  if (entry.previous != 0) changetype<Entry>(entry.previous).next = entry.next
  else queue.first = entry.next
  queue.count--
  queue.weight -= entry.weight
}
