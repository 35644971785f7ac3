/** Nested page tables: guest physical to host physical, in the format of the host's own tables. APM vol. 2, 15.25. */
import * as hw from '../../kernel/hw'
import { FrameSource } from '../frames'

@inline const Present: u64 = 1
@inline const Write: u64 = 1 << 1
@inline const User: u64 = 1 << 2 // nested accesses count as user accesses
@inline const Large: u64 = 1 << 7
@inline const AddressMask: u64 = 0x000F_FFFF_FFFF_F000

/** Maps the 2 MiB (`level` 1) or the 1 GiB (2) at `gpa` to `hpa`; false when there is no frame for a table. */
export function mapLarge(root: u64, gpa: u64, hpa: u64, level: u32, writable: bool, frames: FrameSource): bool {
  let table = root
  for (let above: u32 = 3; above > level; above--) {
    const at = table + ((gpa >> (12 + 9 * above) & 511) << 3)
    let entry = hw.load64(at)
    if ((entry & Present) == 0) {
      const frame = frames()
      if (frame == 0) return false
      hw.zero(frame, 4096)
      entry = frame | Present | Write | User
      hw.store64(at, entry)
    }
    table = entry & AddressMask
  }
  hw.store64(table + ((gpa >> (12 + 9 * level) & 511) << 3), hpa | Present | (writable ? Write : 0) | User | Large)
  return true
}
