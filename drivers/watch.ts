/**
 * The armed time of a drive that is at work: a second, by which the age of commands is counted, and in which a message that was lost is found out. A drive without
 * messages is looked at in between, since its line may lead to where nobody hears it.
 */
import { arm, now } from '../capability/device'

@inline const Second: u64 = 1_000_000_000
/** Between two looks at a drive without messages that has something to do. */
@inline const LookPeriod: u64 = 1_000_000

let isLookedAt: bool = false
let isArmed: bool = false
let nextSecond: u64 = 0

/** Before anything else. */
export function prepareWatch(hasMessages: bool): void { isLookedAt = !hasMessages }

/** Commands are under way: has `deadline` be called. */
export function armWatch(): void {
  if (isArmed) return
  isArmed = true
  const time = now()
  // Looks in between do not put it off.
  if (!isLookedAt || nextSecond <= time) nextSecond = time + Second
  arm(isLookedAt ? min(nextSecond, time + LookPeriod) : nextSecond)
}

/** `deadline` is called: true when the second has passed, and not for a look in between. */
export function isSecond(): bool {
  isArmed = false
  return !isLookedAt || now() >= nextSecond
}

/** Something else is armed, or nothing. */
export function endWatch(): void { isArmed = false }
