/** Where guest memory is, as capability/ram.ts says. */
import { size } from '../capability/ram'
import { HIGH_RAM_BASE, LOW_RAM_LIMIT } from './layout'

/** True when all of [gpa, gpa + length) is RAM. */
export function isRam(gpa: u64, length: u64): bool {
  const low = min(size(), LOW_RAM_LIMIT)
  if (gpa < low) return length <= low - gpa
  const high = size() - low
  const above = gpa - HIGH_RAM_BASE // huge below it
  return above < high && length <= high - above
}
