/** Where the memory of a transfer lies, as the controller is told. NVM Express 1.4, 4.3 and 4.4. */
import { SglLastSegment } from './commands'
import { PageBytes } from './queue'
import { Slot } from './slot'

@inline const OffsetInPage: u64 = PageBytes - 1

let first: u64 = 0
let second: u64 = 0

/** DPTR of what was mapped last: PRP1 and PRP2, or an SGL descriptor. */
@inline export function data1(): u64 { return first }
@inline export function data2(): u64 { return second }

/**
 * Enters the pages of `wanted` bytes, from the slot's part and skip on, into its PRP list. Answers how many bytes they are: fewer where a part begins or ends
 * within a page, other than at the transfer's own begin and end, since PRPs cannot say so.
 */
export function listPages(slot: Slot, wanted: u32): u32 {
  const count = slot.request.count
  let list = slot.list
  let skip = slot.skip
  let covered: u32 = 0
  for (let index = slot.part; index < count; index++) {
    const part = slot.at(index)
    if (part.bytes <= skip) break
    const bytes = min(part.bytes - skip, wanted - covered)
    const begin = part.physical + skip
    let page = begin
    skip = 0
    if (covered == 0) {
      if (begin & 3) return 0
      first = begin
      page = (begin | OffsetInPage) + 1
    } else if (begin & OffsetInPage) break
    for (const end = begin + bytes; page < end; page += PageBytes, list += 8) store<u64>(list, page)
    covered += bytes
    if (covered == wanted || (begin + bytes) & OffsetInPage) break
  }
  return covered
}

/** Makes PRP1 and PRP2 of the first `bytes` of what was listed. */
export function usePages(slot: Slot, bytes: u32): void {
  const end = <u32>(first & OffsetInPage) + bytes
  if (end <= PageBytes) second = 0
  else second = end <= 2 * PageBytes ? load<u64>(slot.list) : slot.listPhysical
}

/**
 * Makes an SGL of all parts, whose layout a BlockPart shares with a data block descriptor (figure 117). False when they are not `bytes` together, or have to
 * begin and end at multiples of 4 bytes and do not.
 */
export function useSegment(slot: Slot, bytes: u32, aligned: bool): bool {
  const count = slot.request.count
  let sum: u64 = 0
  let low: u64 = 0
  for (let index: u32 = 0; index < count; index++) {
    const part = slot.at(index)
    part.reserved = 0 // the kind of descriptor is its last byte
    sum += part.bytes
    low |= part.physical | part.bytes
  }
  first = slot.partsPhysical
  second = <u64>(count << 4) | SglLastSegment
  return sum == bytes && !(aligned && low & 3)
}

/** Moves the slot's place in its parts on by `bytes`. */
export function advance(slot: Slot, bytes: u32): void {
  let skip = slot.skip + bytes
  while (slot.part < slot.request.count && skip >= slot.at(slot.part).bytes) skip -= slot.at(slot.part++).bytes
  slot.skip = skip
}
