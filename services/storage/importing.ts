/** Imports a pool: finds the last commit's superblock on its devices, reads tables and volume records, and goes on from there. */
import * as storage from '../../capability/storage'
import { beginSpace } from './allocate'
import { beginCommits, committed, generationOfNow, wantCommit } from './commit'
import { addDevice, dataBlocks, device, deviceCount, deviceOfLeaf, indexBlock, leafBlock, topBlock, topCount } from './device'
import { BlockBytes, EntryBits, EntryInitial, EntryPlace, EntryReserved, RecordsPerLeaf, VolumeLeaves } from './layout'
import { flushDevice, loadBlock, loaded } from './load'
import { blocksOf } from './medium'
import { forgetPool, makePool } from './opening'
import { beginReplay, remade, replay } from './journal'
import { Outcome, wait } from './outcome'
import { PoolState, setGeneration, setPoolState, state } from './pool'
import { lookForDeleted } from './reclaim'
import { takeSuperblock } from './superblock'
import { beginFinding, findingStatus, findSuperblock, foundDevices, handleOf, newestSuperblock } from './superblocks'
import { indexContent, indexEntry, leafEntry, takeFree, topContent, topEntry } from './tables'
import { crc32c } from './transfer'
import { judgeRecord, recordLeaf, volume } from './volumes'

enum Step { Superblocks, Tops, Indexes, Records, Flush, Replay, Commit }
let step: Step = Step.Superblocks
let until: u64 = 0 // the commit that has what was made again
let handle: u32 = 0 // or number of a table block, or of a device

/** Why it ended, an OrderStatus. */
export let importStatus: u32 = 0

export function beginImport(): void {
  step = Step.Superblocks
  handle = 0
  beginFinding()
}

function end(status: u32): Outcome {
  importStatus = status
  if (status != storage.OrderStatus.Ok) forgetPool()
  return Outcome.Done
}

/** Goes on until it is Done. */
export function importPool(order: storage.StorageOrder): Outcome {
  if (step == Step.Superblocks) {
    const status = findSuperblock(order)
    if (status != Outcome.Done) return status == Outcome.Corrupt ? end(findingStatus) : status
    const added = addAll()
    if (added != storage.OrderStatus.Ok) return end(added)
    go(Step.Tops)
  }
  let status = step == Step.Tops ? readTops() : Outcome.Done
  if (status == Outcome.Done && step == Step.Indexes) status = readIndexes()
  if (status == Outcome.Done && step == Step.Records) status = readRecords()
  if (status == Outcome.Done && step == Step.Flush) status = flushAll()
  if (status == Outcome.Done && step == Step.Replay) status = replay(newestSuperblock().change)
  if (status == Outcome.Corrupt) return end(storage.OrderStatus.Corrupt)
  if (status != Outcome.Done) return status
  if (step == Step.Replay) {
    lookForDeleted()
    if (remade != 0) wantCommit()
    until = remade != 0 ? generationOfNow() : 0
    go(Step.Commit)
  }
  if (committed < until && state == PoolState.Ready) return wait(0)
  if (committed >= until) storage.forget(u64.MAX_VALUE)
  return end(storage.OrderStatus.Ok)
}

/** All that was committed is there; what was not, and is kept, is made again. */
function beginPool(): void {
  beginSpace(dataBlocks())
  const generation = newestSuperblock().generation
  beginCommits(generation)
  setGeneration(generation + 1)
  setPoolState(PoolState.Ready)
  beginReplay(newestSuperblock().change)
  go(Step.Replay)
}

function go(to: Step): void {
  step = to
  handle = 0
}

function addAll(): u32 {
  const newest = newestSuperblock()
  forgetPool()
  if (foundDevices != newest.deviceCount) return storage.OrderStatus.WrongDevices
  for (let index: u32 = 0; index < foundDevices; index++) {
    const on = handleOf(index)
    if (on == 0 || newest.record(index).blocks > blocksOf(on - 1)) return storage.OrderStatus.WrongDevices
    if (!addDevice(on - 1, newest.record(index).blocks)) return storage.OrderStatus.Corrupt
    device(index).uuidLow = newest.record(index).uuidLow
    device(index).uuidHigh = newest.record(index).uuidHigh
  }
  if (topCount != newest.topCount) return storage.OrderStatus.Corrupt
  if (!makePool()) return storage.OrderStatus.NoMemory
  takeSuperblock(newest)
  return storage.OrderStatus.Ok
}

/** Reads a block of the tables to `target`, if its checksum is right. */
function readTable(on: u32, block: u64, entry: u64, target: usize): Outcome {
  if ((entry & EntryReserved) != 0) return Outcome.Corrupt
  const status = loadBlock(on, block)
  if (status != Outcome.Done) return status
  if (crc32c(loaded, BlockBytes) != <u32>entry) return Outcome.Corrupt
  memory.copy(target, loaded, BlockBytes)
  return Outcome.Done
}
@inline function placeOf(entry: u64): u32 { return <u32>((entry & EntryPlace) != 0) }

function readTops(): Outcome {
  for (; handle < topCount; handle++) {
    const entry = topEntry(handle)
    if ((entry & EntryInitial) != 0) return Outcome.Corrupt
    const on = deviceOfLeaf(handle << (2 * EntryBits))
    const status = readTable(on.handle, topBlock(on, handle, placeOf(entry)), entry, topContent(handle))
    if (status != Outcome.Done) return status
  }
  go(Step.Indexes)
  return Outcome.Done
}

function readIndexes(): Outcome {
  for (; handle < topCount << EntryBits; handle++) {
    const on = deviceOfLeaf(handle << EntryBits)
    if (handle - on.indexBase >= on.indexes) continue
    const entry = indexEntry(handle)
    if ((entry & EntryInitial) != 0) return Outcome.Corrupt
    const status = readTable(on.handle, indexBlock(on, handle, placeOf(entry)), entry, indexContent(handle))
    if (status != Outcome.Done) return status
  }
  for (let index: u32 = 0; index < deviceCount; index++) if (!takeFree(device(index))) return Outcome.Corrupt
  go(Step.Records)
  return Outcome.Done
}

function readRecords(): Outcome {
  for (; handle < VolumeLeaves; handle++) {
    const entry = leafEntry(handle)
    if ((entry & EntryInitial) != 0) continue
    const on = device(0)
    const status = readTable(on.handle, leafBlock(on, handle, placeOf(entry)), entry, recordLeaf(handle))
    if (status != Outcome.Done) return status
    for (let number = handle * RecordsPerLeaf; number < (handle + 1) * RecordsPerLeaf; number++) if (!judgeRecord(volume(number))) return Outcome.Corrupt
  }
  go(Step.Flush)
  return Outcome.Done
}

/** What was read may yet be in a device's cache only: before anything is written it is made to last. */
function flushAll(): Outcome {
  for (; handle < deviceCount; handle++) {
    const status = flushDevice(device(handle).handle)
    if (status != Outcome.Done) return status
  }
  beginPool()
  return Outcome.Done
}
