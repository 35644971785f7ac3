/** True when all bytes from `from` up to `to` are zero; both are multiples of 8. */
export function areZeros(from: usize, to: usize): bool {
  for (let at = from; at < to; at += 8) if (load<u64>(at) != 0) return false
  return true
}
