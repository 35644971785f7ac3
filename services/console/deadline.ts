/** The next moment at which the console has something to do although nothing happens. */
import { HostNumber, hostNumber, wakeAt } from '../../capability/admin'

let next: u64 = u64.MAX_VALUE

/** Nanoseconds since the host booted. */
export function uptime(): u64 {
  return hostNumber(HostNumber.Uptime)
}

/** Forgets all requests; each part makes its own anew on every wake. */
export function forgetDeadlines(): void {
  next = u64.MAX_VALUE
}

/** Asks to be woken when `uptime()` reaches `deadline`; 0 is at once. */
export function requestWake(deadline: u64): void {
  next = min(next, deadline)
}

/** Passes the earliest request on to the nucleus. */
export function armDeadline(): void {
  wakeAt(next)
}
