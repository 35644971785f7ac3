/** Extended page tables: guest physical to host physical. SDM vol. 3, 29.3. */
import * as hw from '../../kernel/hw'
import { FrameSource } from '../frames'
import { hasLargeEptPages } from './features'
import { flushNested } from './identifier'
import { hasOneType, memoryType } from './memorytype'
import { entryAt, tableAt } from '../nested'

@inline const Accessible: u64 = 7 // read, write, execute
@inline const Write: u64 = 1 << 1
@inline const Large: u64 = 1 << 7
const TypeShift: u64 = 3

/** Maps the 2 MiB (`level` 1) or the 1 GiB (2) at `gpa` to `hpa`, or to nothing if that is 0; false when there is no frame for a table. A GiB of several memory types is mapped piece by piece. */
export function mapLarge(root: u64, gpa: u64, hpa: u64, level: u32, writable: bool, frames: FrameSource): bool {
  if (level == 2 && !hasOneType(hpa)) {
    for (let offset: u64 = 0; offset < 1 << 30; offset += 1 << 21) if (!mapLarge(root, gpa + offset, hpa + offset, 1, writable, frames)) return false
    return true
  }
  const leaf = (writable ? Accessible : Accessible & ~Write) | memoryType(hpa) << TypeShift
  const directory = tableAt(root, gpa, level, Accessible, frames)
  if (directory == 0) return false
  if (hasLargeEptPages()) {
    hw.store64(entryAt(directory, gpa, level), hpa == 0 ? 0 : hpa | leaf | Large)
    return true
  }
  const table = tableAt(root, gpa, 0, Accessible, frames)
  if (table == 0) return false
  for (let index: u64 = 0; index < 512; index++) hw.store64(table + (index << 3), hpa == 0 ? 0 : hpa + (index << 12) | leaf)
  return true
}

/** Maps the 4 KiB at `gpa`, where nothing of 2 MiB is mapped, to `hpa`; 0 maps nothing. False when there is no frame for a table. */
export function mapPage(root: u64, gpa: u64, hpa: u64, frames: FrameSource): bool {
  const table = tableAt(root, gpa, 0, Accessible, frames)
  if (table == 0) return false
  hw.store64(entryAt(table, gpa, 0), hpa == 0 ? 0 : hpa | Accessible | memoryType(hpa) << TypeShift)
  flushNested()
  return true
}
