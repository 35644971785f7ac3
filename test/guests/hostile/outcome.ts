/** How much was done, and how much of it ended in a fault. */
import { NoFault } from '../platform/hw'

let operations: u64 = 0
let faults: u64 = 0

export function operationCount(): u64 { return operations }
export function faultCount(): u64 { return faults }

/** Counts one operation that ended with this vector or `NoFault`. */
export function count(vector: u32): void {
  operations++
  if (vector != NoFault) faults++
}
