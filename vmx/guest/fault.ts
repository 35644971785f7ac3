import { Exception } from '../../capability/exception'

/** The last fault, valid after `translate`, `fetch` or `emulate` reported one. The guest's state is as it was before the instruction. */
export let faultVector: u32 = 0
/** Its error code; #UD has none. */
export let faultErrorCode: u32 = 0
/** The linear address for CR2; only #PF changes CR2. With `Absent`, where it is. */
export let faultLinear: u64 = 0

/** Notes an exception other than #PF. */
export function raise(vector: u32, errorCode: u32): void {
  faultVector = vector
  faultErrorCode = errorCode
}

/** A vector that is none: the guest uses RAM that is not there, at the guest physical address in `faultLinear`, and begins the instruction again once it is. */
export const Absent: u32 = u32.MAX_VALUE

/** Notes RAM that is not there. */
export function raiseAbsent(gpa: u64): void {
  faultVector = Absent
  faultLinear = gpa
}

/** Notes a page fault. Intel SDM vol. 3, 4.7. */
export function raisePageFault(linear: u64, errorCode: u32): void {
  faultVector = Exception.PageFault
  faultErrorCode = errorCode
  faultLinear = linear
}
