/** The stack that the nucleus and, above a share kept for it, its sandboxes run on. */
import * as hw from '../hw'

/** True when `address` lies in the page below the stack, which is not mapped. */
export function inStackGuard(address: u64): bool { return address - hw.imageAddress(hw.ImageAddress.FirstStackGuard) < 4096 }
