/** Ports that have sent more than their rate wait: their frames stay where they are, and their guests' queues fill as a slow wire's would. */
import * as host from '../../capability/switch'
import { PortLimit } from '../../capability/switch'
import { isOpen, opensAt } from '../bucket'
import { Port, portAt } from './port'

let waiting: u32 = 0 // ports

/** No port waits. */
export function clearShaping(): void { waiting = 0 }

/** Has a port wait if it has to. */
export function shape(port: Port, now: u64): void {
  if (port.paused || isOpen(port.sending, now)) return
  setPaused(port, true)
}

/** Lets a port go on whatever its rate. */
export function release(port: Port): void { if (port.paused) setPaused(port, false) }

/** Lets all ports go on that may; when the next one may, or u64.MAX_VALUE. */
export function releaseDue(now: u64): u64 {
  let next = u64.MAX_VALUE
  for (let number: u32 = 0; number < PortLimit && waiting != 0; number++) {
    const port = portAt(number)
    if (!port.paused) continue
    if (isOpen(port.sending, now)) setPaused(port, false)
    else next = min(next, opensAt(port.sending))
  }
  return next
}

function setPaused(port: Port, paused: bool): void {
  port.paused = u32(paused)
  waiting += paused ? 1 : -1
  host.pause(port.number, paused)
}
