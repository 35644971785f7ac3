/** What is done and not committed is kept outside of this instance: of a change that somebody was told of nothing is lost when the instance fails. */
import * as storage from '../../capability/storage'
import { StorageChange } from '../../capability/storage'
import { append, appendDecimal, say } from '../logline'
import { Purpose } from './allocate'
import { havePages } from './change'
import { wantCommit } from './commit'
import { isDataBlock } from './device'
import { BlockShift } from './layout'
import { map, unmap, unmappedTo } from './mapping'
import { awaited, Outcome, wait } from './outcome'
import { isThere } from './request'
import { abandon, holdFree, prepareCount } from './space'
import { poolUuidLow } from './superblock'
import { isKept, volume } from './volumes'
import { mayBeFreed } from './writing'

const bytes: usize = memory.data(40, 8)
@inline function change(): StorageChange { return changetype<StorageChange>(bytes) }
/** Which is made again next, how far it is, and how many could not be. */
let place: u32 = 0
let madeTo: u64 = 0
let lost: u32 = 0
let areHeld = false // the blocks of all that is made again
/** Number of the last change that was made. */
export let lastChange: u64 = 0
/** How many changes were made again. */
export let remade: u32 = 0

/** How many changes can be made before the next commit, which is asked for in time. */
export function roomForChanges(): u32 {
  const room = storage.room()
  if (room < storage.StorageChangeLimit / 2) wantCommit()
  return room
}

function remember(number: u32, block: u64, data: u64, extent: u32): void {
  change().pool = poolUuidLow()
  change().number = ++lastChange
  change().volume = number
  change().block = block
  change().data = data
  change().extent = extent
  storage.remember(bytes)
}
/** A block is mapped. */
export function rememberMapped(number: u32, block: u64, data: u64, checksum: u32): void { remember(number, block, data, checksum) }
/** Blocks are not mapped any more. */
export function rememberUnmapped(number: u32, from: u64, to: u64): void { remember(number, from, 0, <u32>(to - from)) }

/** Begins with a pool whose last commit has the changes up to the number `last`. */
export function beginReplay(last: u64): void {
  lastChange = last
  place = lost = remade = 0
  madeTo = 0
  areHeld = false
}

/** True for a change that comes after `last`. What was kept of a pool whose devices are gone is not this one's. */
function isToBeMade(last: u64): bool { return change().pool == poolUuidLow() && change().number > last && isKept(change().volume) }

/** True for one that maps what can be. */
function maps(): bool { return change().block < volume(change().volume).bytes >> BlockShift && isDataBlock(change().data) }

/** Holds the data of all that is to be made again before any of it is: nodes that change meanwhile go to other blocks. */
function holdAll(last: u64): Outcome {
  while (storage.recall(place, bytes)) {
    if (isToBeMade(last) && maps()) {
      if (!havePages()) return wait(0)
      const status = prepareCount(change().data)
      if (status == Outcome.Wait && isThere(awaited)) continue
      if (status == Outcome.Wait) return status
      if (status == Outcome.Done) holdFree(change().data)
    }
    place++
  }
  place = 0
  areHeld = true
  return Outcome.Done
}

/**
 * Makes everything again that is kept and that the last commit, which has the changes up to the number `last`, does not have. Goes on until it is Done. A commit
 * meanwhile has what was made until then.
 */
export function replay(last: u64): Outcome {
  const status = areHeld ? Outcome.Done : holdAll(last)
  if (status != Outcome.Done) return status
  while (storage.recall(place, bytes)) {
    if (isToBeMade(last)) {
      if (!havePages()) return wait(0)
      const status = change().data == 0 ? unmapAgain() : mapAgain()
      if (status == Outcome.Again || status == Outcome.Wait && isThere(awaited)) continue
      if (status == Outcome.Wait) return status
      if (status == Outcome.NoSpace && mayBeFreed()) {
        wantCommit()
        return wait(0)
      }
      if (status != Outcome.Done) lost++
      remade++
      lastChange = change().number
    }
    place++
    madeTo = 0
  }
  lastChange += storage.StorageChangeLimit // what another host may have kept of this pool is not taken for newer than what comes
  if (lost == 0) return Outcome.Done
  append('storage pool: changes of the instance before that could not be made again: ')
  appendDecimal(lost)
  say()
  lost = 0
  return Outcome.Done
}

function mapAgain(): Outcome {
  const it = change()
  if (!maps()) return Outcome.Done
  let status = prepareCount(it.data)
  if (status != Outcome.Done) return status
  if (!holdFree(it.data)) return Outcome.Corrupt
  status = map(volume(it.volume), it.block, it.data, bytes + offsetof<StorageChange>('extent'), 1)
  if (status != Outcome.Done && status != Outcome.Wait) abandon(it.data)
  return status
}

function unmapAgain(): Outcome {
  const it = change()
  const end = min(it.block + it.extent, volume(it.volume).bytes >> BlockShift)
  const from = max(it.block, madeTo)
  if (from >= end) return Outcome.Done
  const status = unmap(volume(it.volume), from, end, Purpose.Node)
  if (status != Outcome.Done) return status
  madeTo = unmappedTo
  return Outcome.Again
}
