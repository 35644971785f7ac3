/** How much a source may log: so many lines in a second; the rest is counted and told in one line when the second is over. */

const LinesPerSecond: u32 = 50

/** What is known of a source after one more line; read after `countLine`. */
export let linesCut: u32 = 0
export let linesCounted: u32 = 0
export let countedSince: u64 = 0

/**
 * Counts one more line at `now` from a source that has logged `lines` since `since`. True when it may be logged; `linesCut` is then how
 * many lines of an earlier second were not. Times are TSC, `second` the ticks of one.
 */
export function countLine(lines: u32, since: u64, now: u64, second: u64): bool {
  linesCut = 0
  linesCounted = lines + 1
  countedSince = since
  if (now - since < second) return lines < LinesPerSecond
  linesCut = lines > LinesPerSecond ? lines - LinesPerSecond : 0
  linesCounted = 1
  countedSince = now
  return true
}
