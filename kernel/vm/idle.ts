/** A CPU that has nothing to do. */
import { Activity, turnTo } from '../cpu/cpu'
import * as hw from '../hw'

/** Halts until an interrupt has been taken. */
export function haltCpu(): void {
  turnTo(Activity.Idle, hw.readTsc())
  hw.haltUntilInterrupt()
  turnTo(Activity.Nucleus, hw.readTsc())
}
