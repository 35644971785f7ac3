/** The runnable entries in the order of their virtual times. */
import { Entry, entryAt, groupOf } from './entry'
import { Pool } from './pool'

/** Puts an entry in its place, behind those with the same virtual time; looked for from the end, where one belongs that has just run. */
export function link(pool: Pool, entry: Entry): void {
  let before = pool.last
  while (before != 0 && entryAt(before).virtual > entry.virtual) before = entryAt(before).previous
  connect(pool, changetype<usize>(entry), before == 0 ? pool.first : entryAt(before).next)
  connect(pool, before, changetype<usize>(entry))
}

export function unlink(pool: Pool, entry: Entry): void { connect(pool, entry.previous, entry.next) }

/** An entry's virtual time has changed. */
export function relink(pool: Pool, entry: Entry): void {
  unlink(pool, entry)
  link(pool, entry)
}

/** Makes two neighbours; 0 is the list's own end. */
function connect(pool: Pool, before: usize, after: usize): void {
  if (before == 0) pool.first = after
  else entryAt(before).next = after
  if (after == 0) pool.last = before
  else entryAt(after).previous = before
}

/**
 * `entry` has a processor that nobody below it can use: they run elsewhere already, wait for others that they may use, or for their cap's next period. It takes nothing
 * from them, so what they fall behind is no debt. Without a bound they would some day collect it, from entries that had nothing of it.
 */
export function lift(pool: Pool, entry: Entry): void {
  const below = entry.previous
  if (below == 0) return
  // One that ran its slice is ahead by as much, and another that waited for it behind by as much.
  const reach = 4 * max(pool.turn, groupOf(entry).least)
  const gap = entry.virtual - entryAt(below).virtual
  if (gap <= reach) return
  for (let other = below; other != 0; other = entryAt(other).previous) entryAt(other).virtual += gap - reach / 2
}
