/** Physical memory, through a copy of one page of it at a time. What is not given reads as all ones, as where no memory is. */
import { page } from '../../capability/firmware'

@inline const PageBytes: u64 = 4096
@inline const None: u64 = u64.MAX_VALUE
const copy: usize = memory.data(4096, 8)
let copied: u64 = None

/** Forgets the copy. */
export function forgetPage(): void { copied = None }

/** True when the copy is of the page that holds `hpa`, by now at least. */
function holds(hpa: u64): bool {
  const base = hpa & ~(PageBytes - 1)
  if (copied != base) copied = page(base, copy) ? base : None
  return copied == base
}

/** True where all `bytes` from `hpa` on can be read. */
export function isReachable(hpa: u64, bytes: u64): bool {
  if (bytes == 0 || hpa + bytes < hpa) return false
  for (let at = hpa & ~(PageBytes - 1); at < hpa + bytes; at += PageBytes) if (!holds(at)) return false
  return true
}

/** One byte; the others below are little-endian and need not be aligned. */
export function load8(hpa: u64): u32 { return holds(hpa) ? load<u8>(copy + <usize>(hpa & PageBytes - 1)) : 0xFF }
export function load16(hpa: u64): u32 { return load8(hpa) | load8(hpa + 1) << 8 }
export function load32(hpa: u64): u32 { return load16(hpa) | load16(hpa + 2) << 16 }
export function load64(hpa: u64): u64 { return <u64>load32(hpa) | <u64>load32(hpa + 4) << 32 }
