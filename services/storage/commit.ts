/**
 * The commit: nodes and tables are written where nothing is that the last commit needs, the devices are flushed, the superblock is written in the place that does
 * not have the last one's, the devices are flushed again. Changes go on meanwhile and belong to the next.
 */
import * as storage from '../../capability/storage'
import { device, deviceCount, superblockBlock } from './device'
import { isAnythingDirty } from './dirty'
import { freeze, frozen, settling } from './freeze'
import { lastChange } from './journal'
import { Superblock } from './layout'
import { availablePages, contentOf, NoKey, page, PageFlag, PageState, setPageState } from './page'
import { damage, generation, PoolState, readsUnderWay, setGeneration, state } from './pool'
import { seal } from './seal'
import { settleFreed } from './space'
import { fillSuperblocks, superblockOf } from './superblock'
import { areTablesWritten, forgetTableWrites, sealTables, writeTables } from './tablewrite'
import { Tag, tagOf } from './tag'
import { flush, writeBlock } from './transfer'

export enum CommitStep { Idle, Write, Flush, Superblock, FlushAgain, Settle }

export let step: CommitStep = CommitStep.Idle
/** The last generation that is on the devices for good. */
export let committed: u64 = 0
let committing: u64 = 0
let committingChange: u64 = 0 // the last that it has
let wanted = false
let pending: u32 = 0 // operations under way
let begun: u32 = 0 // of those that a step has, in order
let waiting: u32 = 0 // number + 1 of the next page to write

/** Begins with a pool whose last commit was `last`. */
export function beginCommits(last: u64): void {
  step = CommitStep.Idle
  committed = committing = last
  wanted = false
  pending = begun = waiting = 0
}

/** Asks for a commit of what changed. */
export function wantCommit(): void { wanted = true }

/** The generation whose commit makes all that has ended last; `committed` or below when it already does. */
export function generationOfNow(): u64 { return isAnythingDirty() ? generation : committing }

/** True while a commit has something under way. */
export function areOperationsUnderWay(): bool { return pending != 0 }

/** Goes on with the commit as far as can be. True when something happened. */
export function proceedCommit(): bool {
  switch (step) {
    case CommitStep.Idle: return begin()
    case CommitStep.Write: return advance(writeAll(), CommitStep.Flush)
    case CommitStep.Flush: return advance(flushAll(), CommitStep.Superblock)
    case CommitStep.Superblock: return advance(writeSuperblocks(), CommitStep.FlushAgain)
    case CommitStep.FlushAgain:
      if (!advance(flushAll(), CommitStep.Settle)) return false
      if (step != CommitStep.Settle) return true
      committed = committing
      storage.forget(committingChange)
      return true
    case CommitStep.Settle: return settleAll()
  }
  return false
}

function begin(): bool {
  if (!wanted || state != PoolState.Ready) return false
  if (!isAnythingDirty()) {
    wanted = false
    return true
  }
  if (availablePages() == 0) return false
  wanted = false
  seal()
  freeze()
  sealTables()
  committing = generation
  committingChange = lastChange
  fillSuperblocks(committing, committingChange)
  setGeneration(generation + 1)
  waiting = frozen
  step = CommitStep.Write
  return true
}

/** `all`: all operations of this step have begun. */
function advance(all: bool, next: CommitStep): bool {
  if (!all || pending != 0 || state != PoolState.Ready) return false
  step = next
  begun = 0
  return true
}

function writeAll(): bool {
  while (waiting != 0) {
    const it = page(waiting - 1)
    if (!writeBlock(it.device, it.target, contentOf(it), tagOf(Tag.Page, waiting - 1))) return false
    waiting = it.link
    pending++
  }
  pending += writeTables()
  return areTablesWritten()
}

function flushAll(): bool {
  for (; begun < deviceCount; begun++, pending++) if (!flush(device(begun).handle, tagOf(Tag.Flush, begun))) return false
  return true
}

function writeSuperblocks(): bool {
  for (; begun < 2 * deviceCount; begun++, pending++) {
    const on = device(begun >> 1)
    const block = superblockBlock(on.blocks, committing, (begun & 1) != 0)
    if (!writeBlock(on.handle, block, changetype<usize>(superblockOf(begun >> 1)), tagOf(Tag.Superblock, begun))) return false
  }
  return true
}

/** What was freed is free, once nobody reads it any more. */
function settleAll(): bool {
  if (readsUnderWay(committing) != 0) return false
  for (let number = settling; number != 0; number = page(number - 1).settling) settleFreed(page(number - 1), committing)
  forgetTableWrites()
  step = CommitStep.Idle
  return true
}

/** A write or a flush of a commit has ended. */
export function commitOperationEnded(status: u32): void {
  pending--
  if (status != storage.StorageStatus.Ok) damage('a device could not write or flush')
}

/** A page was written. */
export function pageWasWritten(number: u32, status: u32): void {
  const it = page(number)
  setPageState(it, (it.flags & PageFlag.Gone) != 0 || it.key == NoKey ? PageState.Free : PageState.Clean)
  commitOperationEnded(status)
}
