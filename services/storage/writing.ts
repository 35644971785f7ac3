/** Writes: to blocks that nothing refers to, forwarded in parts; the mapping follows when they are there. */
import * as storage from '../../capability/storage'
import { DiskOperation } from '../../capability/disk'
import { allocate, allocated, allocatedCount, Purpose, retreat } from './allocate'
import { CommitStep, step, wantCommit } from './commit'
import { reportCorrupt } from './corruption'
import { deviceOfLeaf, leafOf } from './device'
import { awaited, Outcome, wait } from './outcome'
import { checksumOf, givePart, isBeingWritten, numberOfPart, Part, PartBlocks, PartKind, takePart } from './part'
import { beginPiece } from './piece'
import { complainOfDevice, generation } from './pool'
import { Change, queueChange } from './queue'
import { isReclaiming } from './reclaim'
import { endIfOver, fail, isThere, Request, request, RequestState, setRequestState } from './request'
import { abandon, freedBlocks } from './space'
import { Tag, tagOf } from './tag'
import { begin } from './transfer'
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
  made.attempts = 0
  noteChecksums(made)
  const on = deviceOfLeaf(leafOf(allocated))
  if (!begin(DiskOperation.Write, id, made.offset, made.count, on.handle, allocated - on.first, tagOf(Tag.Part, numberOfPart(made)))) {
    abandonAll(made)
    retreat()
    givePart(made)
    return wait(0)
  }
  it.next += made.sectors
  it.parts++
  return Outcome.Done
}

/** Says what a part is of, whose blocks were allocated last. */
export function describe(made: Part, id: u32, it: Request, count: u32, sectors: u32): void {
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

/** Notes the checksums of what a part's memory holds now; true when one of them is another than it was. */
function noteChecksums(it: Part): bool {
  let isOther = false
  for (let index: u32 = 0; index < it.count; index++) {
    const sum = checksumOf(it, index)
    if (load<u32>(it.checksum(index)) != sum) isOther = true
    store<u32>(it.checksum(index), sum)
  }
  return isOther
}

/** How often a part is written of which the guest changes something each time. */
const AttemptLimit: u32 = 16

/** A part was written. */
export function partWasWritten(it: Part, status: u32): void {
  if (status != storage.StorageStatus.Ok) {
    complainOfDevice(deviceOfLeaf(leafOf(it.data)).handle, 'write data')
    return endPart(it, storage.StorageStatus.Failed)
  }
  // The device is given the guest's own memory: what the guest changed meanwhile may be on it or not, and is written once more.
  if (noteChecksums(it) && it.kind == PartKind.Write) {
    const on = deviceOfLeaf(leafOf(it.data))
    if (++it.attempts < AttemptLimit && begin(DiskOperation.Write, it.request, it.offset, it.count, on.handle, it.data - on.first, tagOf(Tag.Part, numberOfPart(it)))) return
    return endPart(it, storage.StorageStatus.Failed)
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
