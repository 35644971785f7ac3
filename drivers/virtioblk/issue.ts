/** A request made a chain of descriptors. VIRTIO 1.2, 5.2.6. */
import { DiskOperation, DiskStatus } from '../../capability/disk'
import { DescriptorFlag, descriptorAt, DescriptorShift, push, writeDescriptor } from '../virtio/queue'
import { HeaderBytes, RangeBytes, RequestStatus, RequestType, Unmap } from './commands'
import { HeaderOffset, isIndirect, queue, share, Slot, slotAt, StatusOffset } from './slot'
import { listOwn, listSegments, segments } from './transfer'
import { blocks, discardLimit, hasDiscard, hasFlush, hasWriteZeroes, isReadOnly, shift, zeroesLimit } from './unit'

/** No DiskStatus: the device has a command of the request's. */
export const UnderWay: u32 = 0xff

/** Gives the device a command for what is left of a slot's request, or as much as one command can do; UnderWay, or how the request has ended. */
export function issue(index: u32): u32 {
  const slot = slotAt(index)
  const operation = slot.request.operation
  if (operation == DiskOperation.Flush) {
    // Without the feature what was written is written (5.2.6.2).
    if (!hasFlush) return DiskStatus.Ok
    slot.piece = slot.left
    return give(index, RequestType.Flush, 0, 0)
  }
  if (operation > DiskOperation.WriteZeroes) return DiskStatus.Unsupported
  if (operation == DiskOperation.Discard && !hasDiscard || operation == DiskOperation.WriteZeroes && !hasWriteZeroes) return DiskStatus.Unsupported
  if (slot.left == 0 || slot.block > blocks || slot.left > blocks - slot.block || operation != DiskOperation.Read && isReadOnly) return DiskStatus.Failed
  switch (operation) {
    case DiskOperation.Read: return transfer(index, RequestType.In, DescriptorFlag.Write)
    case DiskOperation.Write: return transfer(index, RequestType.Out, 0)
    case DiskOperation.Discard: return range(index, RequestType.Discard, discardLimit, 0)
  }
  return range(index, RequestType.WriteZeroes, zeroesLimit, Unmap)
}

function transfer(index: u32, type: u32, flags: u32): u32 {
  const slot = slotAt(index)
  const wanted = <u32>min<u64>(<u64>slot.left << shift, 1 << 30)
  slot.piece = listSegments(slot, wanted, 1 << shift, flags) >> shift
  return slot.piece ? give(index, type, slot.block << (shift - 9), segments) : DiskStatus.Failed
}

/** `limit` is in sectors of 512 bytes. Whether zeroes deallocate is the device's to choose. */
function range(index: u32, type: u32, limit: u32, flags: u32): u32 {
  const slot = slotAt(index)
  slot.piece = min(slot.left, limit >> (shift - 9))
  store<u64>(slot.range, slot.block << (shift - 9))
  store<u32>(slot.range, slot.piece << (shift - 9), 8)
  store<u32>(slot.range, flags, 12)
  listOwn(slot, HeaderOffset + HeaderBytes, RangeBytes)
  return give(index, type, 0, 1)
}

/** The chain: header, segments, status. */
function give(index: u32, type: u32, sector: u64, count: u32): u32 {
  const slot = slotAt(index)
  store<u32>(slot.header, type)
  store<u32>(slot.header, 0, 4)
  store<u64>(slot.header, sector, 8)
  store<u32>(slot.status, RequestStatus.None)
  writeDescriptor(slot.descriptors, slot.page + HeaderOffset, HeaderBytes, DescriptorFlag.Next, slot.first + 1)
  writeDescriptor(slot.descriptors + (<usize>(count + 1) << DescriptorShift), slot.page + StatusOffset, 1, DescriptorFlag.Write, 0)
  const head = index * share
  if (isIndirect) writeDescriptor(descriptorAt(queue(), head), slot.page, count + 2 << DescriptorShift, DescriptorFlag.Indirect, 0)
  slot.age = 0
  slot.isBusy = true
  push(queue(), head)
  return UnderWay
}
