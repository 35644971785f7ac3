/** A request made a command. NVM Express 1.4, 6. */
import { DiskOperation, DiskStatus } from '../../capability/disk'
import { append, say } from '../message'
import { Deallocate, Opcode, UsesSgl } from './commands'
import { hasDeallocate, hasSgl, hasWriteCache, hasWriteZeroes, sglAligned, transferBytes } from './identify'
import { unitAt } from './namespaces'
import { push } from './queue'
import { IoQueuePair, Slot } from './slot'
import { data1, data2, listPages, usePages, useSegment } from './transfer'

/** No DiskStatus: the controller has a command of the request's. */
export const UnderWay: u32 = 0xff

/** Most blocks of Write Zeroes: NLB has 16 bits. */
const ZeroesLimit: u32 = 0x10000

/** Gives the controller a command for what is left of the slot's request, or as much as one command can do; UnderWay, or how the request has ended. */
export function issue(pair: IoQueuePair, slot: Slot): u32 {
  const request = slot.request
  const unit = unitAt(request.unit)
  // After a reset it may not be the namespace that was meant.
  if (!slot.namespace || unit.namespace != slot.namespace || unit.shift != slot.shift) return DiskStatus.Failed
  switch (request.operation) {
    case DiskOperation.Read: return transfer(pair, slot, Opcode.Read)
    case DiskOperation.Write: return transfer(pair, slot, Opcode.Write)
    case DiskOperation.Flush:
      if (!hasWriteCache) return DiskStatus.Ok
      slot.piece = slot.left
      return give(pair, slot, Opcode.Flush, 0, 0, 0, 0, 0)
    case DiskOperation.Discard: return hasDeallocate ? deallocate(pair, slot) : DiskStatus.Unsupported
    case DiskOperation.WriteZeroes:
      if (!hasWriteZeroes) return DiskStatus.Unsupported
      if (!slot.left) return DiskStatus.Ok
      slot.piece = min(slot.left, ZeroesLimit)
      return give(pair, slot, Opcode.WriteZeroes, 0, 0, <u32>slot.block, <u32>(slot.block >> 32), slot.piece - 1)
  }
  return DiskStatus.Unsupported
}

/**
 * Reads or writes what is left, or as much of it as lies so that the controller can be told: memory with parts that begin or end within pages is an SGL
 * where the controller takes those, and else done piece by piece. What cannot be split between two blocks fails.
 */
function transfer(pair: IoQueuePair, slot: Slot, opcode: u32): u32 {
  const wanted = <u32>min(<u64>slot.left << slot.shift, transferBytes)
  const covered = listPages(slot, wanted)
  if (covered != wanted && hasSgl && slot.part == 0 && slot.skip == 0 && useSegment(slot, wanted, sglAligned)) {
    slot.piece = wanted >> slot.shift
    opcode |= UsesSgl
  } else {
    slot.piece = covered >> slot.shift
    if (slot.piece == 0) {
      append('the memory of a request lies so that the controller cannot be told of it')
      say()
      return DiskStatus.Failed
    }
    usePages(slot, slot.piece << slot.shift)
  }
  return give(pair, slot, opcode, data1(), data2(), <u32>slot.block, <u32>(slot.block >> 32), slot.piece - 1)
}

/** One range: context attributes, length, first block. Figure 362. */
function deallocate(pair: IoQueuePair, slot: Slot): u32 {
  if (!slot.left) return DiskStatus.Ok
  slot.piece = slot.left
  store<u64>(slot.list, <u64>slot.left << 32)
  store<u64>(slot.list, slot.block, 8)
  return give(pair, slot, Opcode.DatasetManagement, slot.listPhysical, 0, 0, Deallocate, 0)
}

function give(pair: IoQueuePair, slot: Slot, opcode: u32, data1: u64, data2: u64, cdw10: u32, cdw11: u32, cdw12: u32): u32 {
  // The count makes a completion that comes twice another command's.
  slot.identifier = (slot.identifier + 0x100) & 0xffff
  slot.age = 0
  const entry = push(pair)
  entry.command = opcode | slot.identifier << 16
  entry.namespace = slot.namespace
  entry.data1 = data1
  entry.data2 = data2
  entry.cdw10 = cdw10
  entry.cdw11 = cdw11
  entry.cdw12 = cdw12
  return UnderWay
}
