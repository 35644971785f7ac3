/** What becomes of requests: taken, checked, begun, gone on with. */
import * as storage from '../../capability/storage'
import { DiskOperation } from '../../capability/disk'
import { isAway, isOpening } from './absence'
import { CommitStep, committed, generationOfNow, step, wantCommit } from './commit'
import { isAnythingDirty } from './dirty'
import { VolumeFlag } from './layout'
import { beginWaiting, mayBegin } from './limit'
import { nextFilled, part, PartLimit } from './part'
import { storeFilled } from './piece'
import { PoolState, state } from './pool'
import { Change, queueChange } from './queue'
import { goOnReading } from './reading'
import { isReclaiming } from './reclaim'
import { endIfOver, nextActive, nextInRequestState, Request, request, RequestLimit, RequestState, setRequestState } from './request'
import { isKept, volume } from './volumes'
import { goOnWriting } from './writing'

const taken: usize = memory.data(24, 8)

/** Takes all requests that wait; not while the pool is being opened again. */
export function takeRequests(): void {
  if (isOpening()) return
  while (storage.next(taken)) accept(changetype<storage.StorageRequest>(taken))
}

function accept(from: storage.StorageRequest): void {
  if (from.id >= storage.StorageRequestLimit) return
  if (isAway()) return storage.complete(from.id, storage.StorageStatus.Missing)
  const it = request(from.id)
  if (it.state != RequestState.None) return
  const status = judge(from)
  if (status != storage.StorageStatus.Ok) return storage.complete(from.id, status)
  it.volume = from.volume
  it.operation = from.operation
  it.status = storage.StorageStatus.Ok
  it.begin = it.next = from.sector
  it.end = from.sector + from.sectors
  it.parts = 0
  it.generation = 0
  if (mayBegin(from.id, it)) begin(from.id, it)
}

/** What is wrong with a request, or Ok. */
function judge(from: storage.StorageRequest): u32 {
  if (state == PoolState.None || !isKept(from.volume)) return storage.StorageStatus.Failed
  if (from.operation > DiskOperation.WriteZeroes) return storage.StorageStatus.Unsupported
  const it = volume(from.volume)
  const sectors = it.bytes >> 9
  if (from.sector > sectors || from.sectors > sectors - from.sector) return storage.StorageStatus.Failed
  const changes = from.operation != DiskOperation.Read && from.operation != DiskOperation.Flush
  if (changes && (state != PoolState.Ready || (it.flags & VolumeFlag.ReadOnly) != 0)) return storage.StorageStatus.Failed
  // A part's place in a request is a number of 32 bits.
  if (from.sectors > 1 << 22 && (from.operation == DiskOperation.Read || from.operation == DiskOperation.Write)) return storage.StorageStatus.Failed
  return storage.StorageStatus.Ok
}

/** Begins a request that was taken. */
export function begin(id: u32, it: Request): void {
  if (it.operation == DiskOperation.Flush) {
    it.next = it.end
    it.generation = generationOfNow()
    setRequestState(it, RequestState.Flushing)
    wantCommit()
  } else if (it.operation == DiskOperation.Discard) {
    setRequestState(it, RequestState.Queued)
    queueChange(Change.Unmap, id)
  } else {
    setRequestState(it, RequestState.Active)
  }
}

/** Goes on with all that can. True when one got on. */
export function proceedRequests(): bool {
  let progress = beginWaiting()
  progress = resume() || progress
  for (let number = nextFilled(0); number < PartLimit; number = nextFilled(number + 1)) progress = storeFilled(part(number)) || progress
  for (let id = nextActive(0); id < RequestLimit; id = nextActive(id + 1)) {
    const it = request(id)
    progress = (it.operation == DiskOperation.Read ? goOnReading(id, it) : goOnWriting(id, it)) || progress
  }
  return progress
}

/** Ends flushes that are committed, and lets those go on that waited for space. */
function resume(): bool {
  let progress = false
  for (let id = nextInRequestState(RequestState.Flushing, 0); id < RequestLimit; id = nextInRequestState(RequestState.Flushing, id + 1)) {
    const it = request(id)
    if (committed < it.generation && state == PoolState.Ready) continue
    if (committed < it.generation) it.status = storage.StorageStatus.Failed
    setRequestState(it, RequestState.Begun)
    endIfOver(it)
    progress = true
  }
  for (let id = nextInRequestState(RequestState.Crowded, 0); id < RequestLimit; id = nextInRequestState(RequestState.Crowded, id + 1)) {
    const isOver = step == CommitStep.Idle && (committed >= request(id).generation || !isAnythingDirty() && !isReclaiming())
    if (isOver || state != PoolState.Ready) {
      setRequestState(request(id), RequestState.Active)
      progress = true
    } else wantCommit()
  }
  return progress
}
