/** A guest's memory by linear addresses, as its processor reaches it for itself when it switches tasks. */
import * as vcpu from '../../capability/task'

const value: usize = memory.data(8, 8)

/** Whether an access since `forgetFailure` took a page fault. */
export let failed = false
export function forgetFailure(): void { failed = false }

/** `size` (1 to 8) bytes, zero-extended; 0 after a fault. */
export function read(linear: u32, size: u32): u64 {
  store<u64>(value, 0)
  if (failed || !vcpu.read(linear, size, value)) failed = true
  return failed ? 0 : load<u64>(value)
}

/** Writes the low `size` bytes; nothing after a fault. */
export function write(linear: u32, size: u32, written: u64): void { if (failed || !vcpu.write(linear, size, written)) failed = true }
