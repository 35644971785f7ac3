/** A guest's memory by linear addresses, as its processor reaches it for itself when it switches tasks. */
import { Access, Span } from '../../capability/vcpu'
import { locate, readSpan, writeSpan } from '../vcpu/span'

const span = changetype<Span>(memory.data(0x18, 8))

/** Whether an access since `forgetFailure` took a page fault. */
export let failed = false
export function forgetFailure(): void { failed = false }

function reaches(linear: u32, size: u32, access: u32): bool {
  if (failed || !locate(linear, size, access, span)) failed = true
  return !failed
}

/** `size` (1 to 8) bytes, zero-extended; 0 after a fault. */
export function read(linear: u32, size: u32): u64 { return reaches(linear, size, Access.Read) ? readSpan(span) : 0 }

/** Writes the low `size` bytes; nothing after a fault. */
export function write(linear: u32, size: u32, written: u64): void { if (reaches(linear, size, Access.Write)) writeSpan(span, written) }
