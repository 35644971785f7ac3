/** A CPU that has nothing to do. */
import { cpu, thisCpu } from '../cpu/cpu'
import * as hw from '../hw'

/** Halts until an interrupt has been taken. */
export function haltCpu(): void {
  const before = hw.readTsc()
  hw.haltUntilInterrupt()
  cpu(thisCpu).idleTicks += hw.readTsc() - before
}
