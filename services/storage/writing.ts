/** Writes: to blocks that nothing refers to, forwarded in parts; the mapping follows when they are there. */
import * as storage from '../../capability/storage'
import { DiskOperation } from '../../capability/disk'
import { wantCommit, step, CommitStep } from './commit'
import { reportCorrupt } from './corruption'
import { deviceOfLeaf, isDataBlock, leafOf } from './device'
import { isReclaiming } from './reclaim'
import { awaited, Outcome, wait } from './outcome'
import { givePart, isBeingWritten, numberOfPart, Part, PartBlocks, PartKind, takePart } from './part'
import { beginRead, complainOfDevice, endRead, generation } from './pool'
import { Change, queueChange } from './queue'
import { endIfOver, fail, isThere, Request, request, RequestState, setRequestState } from './request'
import { abandon, allocate, allocated, allocatedCount, freedBlocks, Purpose, retreat } from './space'
import { Tag, tagOf } from './tag'
import { foundPointer, lookUp } from './tree'
import { volume } from './volumes'

/** Begins as much of a write as can be. True when it got on. */
export function goOnWriting(id: u32, it: Request): bool {
  const before = it.next
  while (it.next < it.end) {
    const status = isPiece(it) ? beginPiece(id, it) : it.operation == DiskOperation.Write ? beginBlocks(id, it) : queueZeroes(id, it)
    if (status == Outcome.Done) continue
    if (status == Outcome.Again) return true
    if (status == Outcome.Wait) {
      it.awaited = awaited
      return it.next != before || isThere(awaited)
    }
    if (status == Outcome.NoSpace && mayBeFreed()) {
      it.generation = generation
      wantCommit()
      setRequestState(it, RequestState.Crowded)
      return true
    }
    if (status == Outcome.Corrupt) reportCorrupt(volume(it.volume), it.next >> 3, 1, 'the mapping')
    fail(it, status == Outcome.NoSpace ? storage.StorageStatus.NoSpace : storage.StorageStatus.Failed)
    endIfOver(it)
    return true
  }
  setRequestState(it, RequestState.Begun)
  endIfOver(it)
  return true
}

/** True while there may be more free blocks after the next commit. */
export function mayBeFreed(): bool { return freedBlocks != 0 || step != CommitStep.Idle || isReclaiming() }

@inline function isPiece(it: Request): bool { return (it.next & 7) != 0 || it.end - it.next < 8 }

function beginBlocks(id: u32, it: Request): Outcome {
  const block = it.next >> 3
  const wanted = <u32>min((it.end - it.next) >> 3, PartBlocks)
  if (isBeingWritten(it.volume, block, wanted, false)) return wait(0)
  const made = takePart(PartKind.Write)
  if (!made) return wait(0)
  const status = allocate(wanted, Purpose.Data)
  if (status != Outcome.Done) {
    givePart(made)
    return status
  }
  describe(made, id, it, allocatedCount, allocatedCount << 3)
  const on = deviceOfLeaf(leafOf(allocated))
  if (!storage.forward(id, made.offset, made.count, on.handle, allocated - on.first, tagOf(Tag.Part, numberOfPart(made)))) {
    abandonAll(made)
    retreat()
    givePart(made)
    return wait(0)
  }
  it.next += made.sectors
  it.parts++
  return Outcome.Done
}

function describe(made: Part, id: u32, it: Request, count: u32, sectors: u32): void {
  made.request = id
  made.volume = it.volume
  made.offset = <u32>(it.next - it.begin) << 9
  made.block = it.next >> 3
  made.data = allocated
  made.count = count
  made.sub = <u32>it.next & 7
  made.sectors = sectors
}

/** What is not mapped of a part's blocks is free again. */
export function abandonAll(it: Part): void { for (let index = it.mapped; index < it.count; index++) abandon(it.data + index) }

/** A piece of a block: the block is read to a scratch block, changed there and written to another place. */
function beginPiece(id: u32, it: Request): Outcome {
  const block = it.next >> 3
  const sectors = <u32>min(8 - (it.next & 7), it.end - it.next)
  if (isBeingWritten(it.volume, block, 1, true)) return wait(0)
  const status = lookUp(volume(it.volume), block)
  if (status == Outcome.Hole && it.operation == DiskOperation.WriteZeroes) {
    it.next += sectors
    return Outcome.Done
  }
  if (status != Outcome.Done && status != Outcome.Hole) return status
  const old = status == Outcome.Done ? foundPointer.block : 0
  const sum: u32 = status == Outcome.Done ? foundPointer.checksum : 0
  const made = takePart(PartKind.FetchPiece)
  if (!made) return wait(0)
  const found = allocate(1, Purpose.Data)
  if (found != Outcome.Done) {
    givePart(made)
    return found
  }
  describe(made, id, it, 1, sectors)
  made.old = old
  store<u32>(made.checksum(0), sum)
  if (old == 0) {
    storage.scratchZero(made.scratch, 0, 4096)
    fill(made)
  } else if (!isDataBlock(old) || !fetchOld(made)) {
    abandonAll(made)
    givePart(made)
    return isDataBlock(old) ? wait(0) : Outcome.Corrupt
  }
  it.next += sectors
  it.parts++
  return Outcome.Done
}

function fetchOld(it: Part): bool {
  const on = deviceOfLeaf(leafOf(it.old))
  if (!storage.fetch(it.scratch, on.handle, it.old - on.first, tagOf(Tag.Part, numberOfPart(it)))) return false
  it.generation = beginRead()
  return true
}

function fill(it: Part): void {
  if (request(it.request).operation == DiskOperation.Write) storage.scratchFill(it.scratch, it.sub << 9, it.request, it.offset, it.sectors << 9)
  else storage.scratchZero(it.scratch, it.sub << 9, it.sectors << 9)
  it.kind = PartKind.FillPiece
  storeFilled(it)
}

/** Begins to write a filled scratch block; false when that cannot be now. */
export function storeFilled(it: Part): bool {
  const on = deviceOfLeaf(leafOf(it.data))
  if (!storage.store(it.scratch, on.handle, it.data - on.first, tagOf(Tag.Part, numberOfPart(it)))) return false
  it.kind = PartKind.WritePiece
  return true
}

/** The block that a piece belongs in was read. */
export function pieceWasFetched(it: Part, status: u32): void {
  endRead(it.generation)
  if (status == storage.StorageStatus.Ok && storage.scratchChecksum(it.scratch) == load<u32>(it.checksum(0))) return fill(it)
  if (status == storage.StorageStatus.Ok) reportCorrupt(volume(it.volume), it.block, 1, 'data')
  else complainOfDevice(deviceOfLeaf(leafOf(it.old)).handle, 'read data')
  endPart(it, storage.StorageStatus.Failed)
}

/** A part was written. */
export function partWasWritten(it: Part, status: u32): void {
  if (status != storage.StorageStatus.Ok) {
    complainOfDevice(deviceOfLeaf(leafOf(it.data)).handle, 'write data')
    return endPart(it, storage.StorageStatus.Failed)
  }
  for (let index: u32 = 0; index < it.count; index++) {
    store<u32>(it.checksum(index), it.kind == PartKind.Write ? storage.checksum(it.request, it.offset + (index << 12)) : storage.scratchChecksum(it.scratch))
  }
  queueChange(Change.Map, numberOfPart(it))
}

/** A part is over; what of it was not mapped never will be. */
export function endPart(it: Part, status: u32): void {
  abandonAll(it)
  const whole = request(it.request)
  if (status != storage.StorageStatus.Ok) fail(whole, status)
  givePart(it)
  whole.parts--
  endIfOver(whole)
}

/** Whole blocks of zeroes are no mapping at all. */
function queueZeroes(id: u32, it: Request): Outcome {
  if (isBeingWritten(it.volume, it.next >> 3, (it.end >> 3) - (it.next >> 3), false)) return wait(0)
  setRequestState(it, RequestState.Queued)
  queueChange(Change.Unmap, id)
  return Outcome.Again
}
