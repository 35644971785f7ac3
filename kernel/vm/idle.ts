/** How long this CPU was halted. */
import * as hw from '../hw'

/** TSC ticks. */
export let idleTicks: u64 = 0

/** Halts until an interrupt has been taken. */
export function haltCpu(): void {
  const before = hw.readTsc()
  hw.haltUntilInterrupt()
  idleTicks += hw.readTsc() - before
}
