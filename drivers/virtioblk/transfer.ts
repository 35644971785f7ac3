/** Where the memory of a transfer lies, as the device is told. VIRTIO 1.2, 2.7.5. */
import { DescriptorFlag, DescriptorShift, writeDescriptor } from '../virtio/queue'
import { segmentBytes, segmentLimit } from './unit'
import { Slot } from './slot'

/** Segments of what was listed last. */
export let segments: u32 = 0

/**
 * Lists the segments of `wanted` bytes behind the header's descriptor, from the slot's part and skip on. Answers how many bytes they are, a multiple of
 * `blockBytes`: fewer where there are more segments than there can be.
 */
export function listSegments(slot: Slot, wanted: u32, blockBytes: u32, flags: u32): u32 {
  const count = slot.request.count
  let skip = slot.skip
  let covered: u32 = 0
  segments = 0
  for (let index = slot.part; index < count && covered < wanted && segments < segmentLimit; index++) {
    const part = slot.at(index)
    if (part.bytes < skip) return 0
    let begin = part.physical + skip
    let bytes = min(part.bytes - skip, wanted - covered)
    skip = 0
    for (; bytes && segments < segmentLimit; segments++) {
      const length = min(bytes, segmentBytes)
      describe(slot, segments, begin, length, flags)
      begin += length
      bytes -= length
      covered += length
    }
  }
  const excess = covered & blockBytes - 1
  cut(slot, excess)
  return covered - excess
}

/** Lists one segment of the slot's page. */
export function listOwn(slot: Slot, offset: u32, bytes: u32): void {
  describe(slot, 0, slot.page + offset, bytes, 0)
  segments = 1
}

/** Moves the slot's place in its parts on by `bytes`. */
export function advance(slot: Slot, bytes: u32): void {
  let skip = slot.skip + bytes
  while (slot.part < slot.request.count && skip >= slot.at(slot.part).bytes) skip -= slot.at(slot.part++).bytes
  slot.skip = skip
}

/** The header's descriptor is before the first segment's. */
function describe(slot: Slot, segment: u32, physical: u64, bytes: u32, flags: u32): void {
  const index = segment + 1
  writeDescriptor(slot.descriptors + (<usize>index << DescriptorShift), physical, bytes, DescriptorFlag.Next | flags, slot.first + index + 1)
}

/** Takes bytes away from the end of what was listed. */
function cut(slot: Slot, bytes: u32): void {
  while (bytes) {
    const last = slot.descriptors + (<usize>segments << DescriptorShift)
    const length = load<u32>(last, 8)
    if (length > bytes) {
      store<u32>(last, length - bytes, 8)
      return
    }
    bytes -= length
    segments--
  }
}
