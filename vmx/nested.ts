/** The walk of nested tables, whose levels both vendors index as the host's own are. APM vol. 2, 15.25; SDM vol. 3, 29.3. */
import * as hw from '../kernel/hw'
import { FrameSource } from './frames'

@inline const AddressMask: u64 = 0x000F_FFFF_FFFF_F000
@inline const Large: u64 = 1 << 7

/** Where the entry for `gpa` lies in a table of this level. Level 3 is the root's. */
export function entryAt(table: u64, gpa: u64, level: u32): u64 { return table + ((gpa >> (12 + 9 * level) & 511) << 3) }

/**
 * The table of this level that `gpa` is in; where one is missing it is made, with `access` as the entry's lower bits, and where there is a page of 1 GiB, one that
 * has the same in pages of 2 MiB. 0 when there is no frame.
 */
export function tableAt(root: u64, gpa: u64, wanted: u32, access: u64, frames: FrameSource): u64 {
  let table = root
  for (let level: u32 = 3; level > wanted; level--) {
    const at = entryAt(table, gpa, level)
    let entry = hw.load64(at)
    const isLarge = (entry & Large) != 0
    if ((entry & access) == 0 || isLarge) {
      const frame = frames()
      if (frame == 0) return 0
      hw.zero(frame, 4096)
      for (let index: u64 = 0; isLarge && index < 512; index++) hw.store64(frame + (index << 3), entry + (index << 21))
      entry = frame | access
      hw.store64(at, entry)
    }
    table = entry & AddressMask
  }
  return table
}
