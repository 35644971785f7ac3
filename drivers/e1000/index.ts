/** Intel's gigabit controllers 82540EM, 82545EM and 82574L: granted one function, and the one interface that it is. */
import { append, say } from '../message'
import { start as begin } from '../net/life'
import { install } from './controller'

export { deadline, interrupt, netProgress } from '../net/life'

/** 0 when the card works or is about to, 1 when it cannot be used. */
export function start(): i32 {
  if (install()) return begin() ? 0 : 1
  append('its registers do not fit into its memory')
  say()
  return 1
}
