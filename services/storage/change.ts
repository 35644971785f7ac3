/** Carries out the changes: the first of the queue as far as it goes, then a step of what is to be given back. */
import { DiskOperation } from '../../capability/disk'
import { StorageStatus } from '../../capability/storage'
import { Purpose } from './allocate'
import { isChecking } from './check'
import { CommitStep, committed, step, wantCommit } from './commit'
import { reportCorrupt } from './corruption'
import { dirtyPageCount, isAnythingDirty } from './dirty'
import { BlockShift } from './layout'
import { rememberMapped, rememberUnmapped, roomForChanges } from './journal'
import { map, mapped, unmap, unmappedTo } from './mapping'
import { endOrder, orderStep } from './order'
import { awaited, Outcome } from './outcome'
import { availablePages, ChangePages, pageCount } from './page'
import { part } from './part'
import { generation, PoolState, state } from './pool'
import { Change, endFirstChange, firstChange, firstNumber, isQueueEmpty } from './queue'
import { isReclaiming, reclaim } from './reclaim'
import { endIfOver, fail, isAwaited, isThere, request, RequestState, setRequestState } from './request'
import { volume } from './volumes'
import { endPart, mayBeFreed } from './writing'

/** Steps at a time. */
const StepLimit: u32 = 64
let queueAwaits: u32 = 0
let reclaimAwaits: u32 = 0
let crowdedUntil: u64 = 0 // a change waits for the space that this generation's commit frees

export function clearChanges(): void {
  queueAwaits = reclaimAwaits = 0
  crowdedUntil = 0
}

/** True when something changed. */
export function carryOutChanges(): bool {
  let progress = false
  for (let steps: u32 = 0; steps < StepLimit && carryOutFirst(); steps++) progress = true
  for (let steps: u32 = 0; steps < StepLimit && carryOutReclaim(); steps++) progress = true
  return progress
}

/** Changes need pages, which a commit makes clean again. */
export function havePages(): bool {
  if (dirtyPageCount > pageCount >> 2) wantCommit()
  if (availablePages() >= ChangePages) return true
  wantCommit()
  return false
}

/** True while a change waits for space; not when there is nothing left to commit that could free any. */
function isCrowded(): bool {
  if (crowdedUntil != 0 && step == CommitStep.Idle && (committed >= crowdedUntil || !isAnythingDirty())) crowdedUntil = 0
  return crowdedUntil != 0
}

function carryOutFirst(): bool {
  if (isQueueEmpty() || isAwaited(queueAwaits) || isCrowded() || !havePages()) return false
  queueAwaits = 0
  const number = firstNumber()
  const kind = firstChange()
  let status = state == PoolState.Ready ? attempt(kind, number) : Outcome.Corrupt
  if (status == Outcome.Wait) {
    queueAwaits = awaited
    return isThere(awaited)
  }
  if (status == Outcome.Again) return true
  if (status == Outcome.Full || status == Outcome.NoSpace && mayBeFreed()) {
    crowdedUntil = generation
    wantCommit()
    return false
  }
  endFirstChange()
  end(kind, number, status)
  return true
}

function attempt(kind: u32, number: u32): Outcome {
  switch (kind) {
    case Change.Map: return mapPart(number)
    case Change.Unmap: return unmapRequest(number)
  }
  return orderStep()
}

function statusOf(outcome: Outcome): u32 {
  return outcome == Outcome.Done ? StorageStatus.Ok : outcome == Outcome.NoSpace ? StorageStatus.NoSpace : StorageStatus.Failed
}

function end(kind: u32, number: u32, outcome: Outcome): void {
  if (kind == Change.Order) return endOrder(outcome)
  if (kind == Change.Map) return endPart(part(number), statusOf(outcome))
  const it = request(number)
  if (outcome == Outcome.Done || outcome == Outcome.NoSpace && it.operation == DiskOperation.Discard) {
    // A guest asks to forget, and need not be told that it was not done.
    setRequestState(it, RequestState.Active)
    if (it.operation == DiskOperation.Discard) it.next = it.end
  } else {
    fail(it, statusOf(outcome))
  }
  endIfOver(it)
}

function mapPart(number: u32): Outcome {
  const it = part(number)
  const to = volume(it.volume)
  // What is beyond the end, since the volume was made smaller meanwhile, is given back when the part ends.
  const end = it.block < to.bytes >> BlockShift ? <u32>min(<u64>it.count, (to.bytes >> BlockShift) - it.block) : 0
  while (it.mapped < end) {
    const room = roomForChanges()
    if (room == 0) return Outcome.Full
    const status = map(to, it.block + it.mapped, it.data + it.mapped, it.checksum(it.mapped), min(end - it.mapped, room))
    for (const until = it.mapped + mapped; it.mapped < until; it.mapped++) rememberMapped(it.volume, it.block + it.mapped, it.data + it.mapped, load<u32>(it.checksum(it.mapped)))
    if (status == Outcome.Corrupt) reportCorrupt(to, it.block + it.mapped, 1, 'the mapping')
    if (status != Outcome.Done) return status
  }
  return Outcome.Done
}

function unmapRequest(number: u32): Outcome {
  const it = request(number)
  const isDiscard = it.operation == DiskOperation.Discard
  const from = isDiscard ? it.next + 7 >> 3 : it.next >> 3
  const to = it.end >> 3
  if (from >= to) return Outcome.Done
  if (roomForChanges() == 0) return Outcome.Full
  const status = unmap(volume(it.volume), from, to, isDiscard ? Purpose.Discard : Purpose.Node)
  if (status == Outcome.Corrupt) reportCorrupt(volume(it.volume), from, 1, 'the mapping')
  if (status != Outcome.Done) return status
  rememberUnmapped(it.volume, from, unmappedTo)
  it.next = unmappedTo << 3
  return unmappedTo < to ? Outcome.Again : Outcome.Done
}

function carryOutReclaim(): bool {
  if (state != PoolState.Ready || !isReclaiming() || isChecking() || isAwaited(reclaimAwaits) || isCrowded() || !havePages()) return false
  reclaimAwaits = 0
  const status = reclaim()
  if (status == Outcome.Wait) {
    reclaimAwaits = awaited
    return isThere(awaited)
  }
  if (status != Outcome.NoSpace) return true
  // Everything may be used for this: what it takes is free again after the commit.
  crowdedUntil = generation
  wantCommit()
  return false
}
