/** The beginning of a boot module, copied to where this sandbox's memory grows. */
import { read } from '../../capability/modules'

let place: usize = 0
let room: u32 = 0

/** A copy of a boot module's first `bytes`, in place of the last copy; 0 when it is shorter or there is no memory for it. */
export function beginning(module: u32, bytes: u32): usize {
  if (room < bytes) {
    const pages = (bytes - room + 0xFFFF) >> 16
    const end = memory.grow(pages)
    if (end < 0) return 0
    if (place == 0) place = <usize>end << 16
    room += pages << 16
  }
  return read(module, place, bytes) ? place : 0
}
