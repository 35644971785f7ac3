/** Where the memory of a transfer lies, as the HBA is told. AHCI 1.3.1, 4.2.3.3. */
import { RegionLimit, RegionShift, writeRegion } from './commands'
import { RegionCount, Slot } from './slot'

/** Most bytes of one command: whatever page it begins in, and wherever in it, as many regions are enough for pages that lie apart. */
export const TransferBytes: u32 = 240 * 4096

/** Regions of what was listed last. */
export let regions: u32 = 0

/**
 * Lists the regions of `wanted` bytes, from the slot's part and skip on. Answers how many bytes they are, a multiple of `blockBytes`: fewer where there are more
 * regions than there is room for, and none where one is at an odd address or of an odd length, which the HBA cannot be told.
 */
export function listRegions(slot: Slot, wanted: u32, blockBytes: u32): u32 {
  const count = slot.request.count
  let skip = slot.skip
  let covered: u32 = 0
  regions = 0
  for (let index = slot.part; index < count && covered < wanted && regions < RegionCount; index++) {
    const part = slot.at(index)
    if (part.bytes < skip) return 0
    let begin = part.physical + skip
    let bytes = min(part.bytes - skip, wanted - covered)
    skip = 0
    if (<u32>begin & 1 || bytes & 1) return 0
    covered += bytes
    for (; bytes && regions < RegionCount; regions++) {
      const length = min(bytes, RegionLimit)
      writeRegion(regionAt(slot, regions), begin, length)
      begin += length
      bytes -= length
    }
    covered -= bytes
  }
  const excess = covered & blockBytes - 1
  cut(slot, excess)
  return covered - excess
}

/** Lists the page at `page` again and again, for `bytes`, at most TransferBytes. */
export function repeatPage(slot: Slot, page: u64, bytes: u32): void {
  regions = 0
  for (; bytes; regions++) {
    const length = min<u32>(bytes, 4096)
    writeRegion(regionAt(slot, regions), page, length)
    bytes -= length
  }
}

/** Moves the slot's place in its parts on by `bytes`. */
export function advance(slot: Slot, bytes: u32): void {
  let skip = slot.skip + bytes
  while (slot.part < slot.request.count && skip >= slot.at(slot.part).bytes) skip -= slot.at(slot.part++).bytes
  slot.skip = skip
}

/** Takes bytes away from the end of what was listed. */
function cut(slot: Slot, bytes: u32): void {
  while (bytes) {
    const region = regionAt(slot, regions - 1)
    const length = load<u32>(region, 12) + 1
    if (length > bytes) {
      store<u32>(region, length - bytes - 1, 12)
      return
    }
    bytes -= length
    regions--
  }
}

@inline function regionAt(slot: Slot, index: u32): usize { return slot.regions + (<usize>index << RegionShift) }
