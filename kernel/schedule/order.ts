/**
 * The runnable entries in the order of their virtual times: a ring that the pool closes, whose `first` and `last` lie where an entry has `next` and
 * `previous`.
 */
import { Entry, entryAt, groupOf } from './entry'
import { Pool } from './pool'

/** What is found before the first entry and behind the last. */
@inline export function endOf(pool: Pool): usize { return changetype<usize>(pool) }

/** Puts an entry in its place, behind those with the same virtual time; looked for from the end, where one belongs that has just run. */
@inline export function link(pool: Pool, entry: Entry): void {
  let before = pool.last
  while (before != endOf(pool) && entryAt(before).virtual > entry.virtual) before = entryAt(before).previous
  const after = entryAt(before).next
  entry.next = after
  entry.previous = before
  entryAt(after).previous = entryAt(before).next = changetype<usize>(entry)
}

@inline export function unlink(entry: Entry): void {
  const before = entry.previous
  const after = entry.next
  entryAt(before).next = after
  entryAt(after).previous = before
}

/** An entry's virtual time has changed. */
@inline export function relink(pool: Pool, entry: Entry): void {
  unlink(entry)
  link(pool, entry)
}

/**
 * `entry` has a processor that nobody below it can use: they run elsewhere already, wait for others that they may use, or for their cap's next period. It takes nothing
 * from them, so what they fall behind is no debt. Without a bound they would some day collect it, from entries that had nothing of it.
 */
@inline export function lift(pool: Pool, entry: Entry): void { if (entry.previous != endOf(pool)) liftBelow(pool, entry) }

function liftBelow(pool: Pool, entry: Entry): void {
  const below = entry.previous
  // One that ran its slice is ahead by as much, and another that waited for it behind by as much.
  const reach = 4 * max(pool.turn, groupOf(entry).least)
  const gap = entry.virtual - entryAt(below).virtual
  if (gap <= reach) return
  for (let other = below; other != endOf(pool); other = entryAt(other).previous) entryAt(other).virtual += gap - reach / 2
}
