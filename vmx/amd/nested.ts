/** Nested page tables: guest physical to host physical, in the format of the host's own tables. APM vol. 2, 15.25. */
import * as hw from '../../kernel/hw'
import { FrameSource } from '../frames'
import { entryAt, tableAt } from '../nested'

@inline const Present: u64 = 1
@inline const Write: u64 = 1 << 1
@inline const User: u64 = 1 << 2 // nested accesses count as user accesses
@inline const Large: u64 = 1 << 7

/** Maps the 2 MiB (`level` 1) or the 1 GiB (2) at `gpa` to `hpa`, or to nothing if that is 0; false when there is no frame for a table. */
export function mapLarge(root: u64, gpa: u64, hpa: u64, level: u32, writable: bool, frames: FrameSource): bool {
  const table = tableAt(root, gpa, level, Present | Write | User, frames)
  if (table == 0) return false
  hw.store64(entryAt(table, gpa, level), hpa == 0 ? 0 : hpa | Present | (writable ? Write : 0) | User | Large)
  return true
}
