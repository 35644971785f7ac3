/** The memory type of a range of RAM by the host's MTRRs, which nested tables do not consult. SDM vol. 3, 12.11.4.1 and 29.3.7. */
import * as hw from '../../kernel/hw'

const CapabilityMsr: u32 = 0xFE
const DefaultTypeMsr: u32 = 0x2FF
const FirstBaseMsr: u32 = 0x200
@inline const Enabled: u64 = 1 << 11
@inline const Valid: u64 = 1 << 11
@inline const RangeBytes: u64 = 1 << 21
const Uncacheable: u64 = 0
const WriteThrough: u64 = 4
const WriteBack: u64 = 6

/** The type of the 2 MiB at `hpa`, which lie above the fixed ranges or are RAM throughout: the more cautious of two that overlap. */
export function memoryType(hpa: u64): u64 {
  if ((hw.cpuid(1, 0, 3) >> 12 & 1) == 0) return WriteBack
  const setting = hw.readMsr(DefaultTypeMsr)
  if ((setting & Enabled) == 0) return Uncacheable
  const count = <u32>hw.readMsr(CapabilityMsr) & 0xFF
  let found: u64 = u64.MAX_VALUE
  for (let range: u32 = 0; range < count; range++) {
    const mask = hw.readMsr(FirstBaseMsr + 2 * range + 1)
    if ((mask & Valid) == 0) continue
    const base = hw.readMsr(FirstBaseMsr + 2 * range)
    // Ranges are powers of two: one overlaps the block if they agree in all bits that both masks keep.
    if (((hpa ^ base) & mask & ~(RangeBytes - 1) & ~<u64>0xFFF) != 0) continue
    found = stricter(found, base & 0xFF)
  }
  return found == u64.MAX_VALUE ? setting & 0xFF : found
}

/** Whether all of the GiB at `hpa` is of one type. */
export function hasOneType(hpa: u64): bool {
  for (let at = hpa + RangeBytes; at < hpa + (1 << 30); at += RangeBytes) if (memoryType(at) != memoryType(hpa)) return false
  return true
}

/** Where ranges overlap uncacheable wins, and write-through over write-back; other pairs are undefined: the safe one is taken. */
function stricter(a: u64, b: u64): u64 {
  if (a == u64.MAX_VALUE || a == b) return b
  const isCached = (a == WriteThrough || a == WriteBack) && (b == WriteThrough || b == WriteBack)
  return isCached ? WriteThrough : Uncacheable
}
