/** Moves blocks of 2 MiB between the guest and the nucleus: those that the guest has given back, or does not use, go, and those that it takes again come, one range at a time. */
import * as clock from '../../capability/clock'
import * as ram from '../../capability/ram'
import { Never } from '../deadlines'
import { addressOf, blockCount, BlockBytes, blockOf, isReleasable, isWhole, setReleased } from './given'

/** Blocks of one request, of which the nucleus may do fewer. */
const BlocksAtOnce: u32 = 16
/** Nanoseconds until blocks that were given go: by then they are many, side by side. */
const GatherPeriod: u64 = 20_000_000
/** Nanoseconds until what could not be done is tried again. */
const RetryPeriod: u64 = 1_000_000_000

/** What the nucleus was asked for. */
namespace Way {
  export const Comes: u32 = 0
  export const Goes: u32 = 1 //     it was given back
  export const IsUnused: u32 = 2 // it goes, and comes back by itself
}

let isWaiting = false //  for the nucleus
let first: u32 = 0 //     what it was asked for
let count: u32 = 0
let way: u32 = 0 //       a Way
let cursor: u32 = 0 //    blocks from it on are looked at for those to go
let returning: u32 = 0 // blocks from it on are to come back, whoever gave them
let isLeft = false //     blocks that were to go have stayed
let gatherAt: u64 = Never
let retryAt: u64 = Never // nothing comes back before

/** As after power-on: all is the guest's. */
export function resetExchange(): void {
  isWaiting = false
  cursor = returning = blockCount
  isLeft = false
  gatherAt = retryAt = Never
}

/** When `expire` and `advance` are to be called again. */
export function advanceAt(): u64 { return min(gatherAt, retryAt) }

/** Blocks have been given whole. */
export function releaseSoon(): void { gatherAt = min(gatherAt, clock.now() + GatherPeriod) }

/** The driver that had given memory is gone: all of it is to come back. */
export function returnAll(): void { returning = 0 }

/** The nucleus has done what it was asked for, or a part of it. */
export function exchanged(): void {
  if (!isWaiting) return
  isWaiting = false
  if (way == Way.Comes && !ram.backed(addressOf(first))) retryAt = clock.now() + RetryPeriod
  for (let index = first; way == Way.Goes && index < first + count; index++) {
    if (ram.backed(addressOf(index))) {
      setReleased(index, false)
      isLeft = true
    } else if (!isWhole(index)) returning = min(returning, index) // what was given meanwhile is no more
  }
}

/** True when there is memory at `gpa`, which the guest takes again, and it stays; else it is asked for. */
export function has(gpa: u64): bool {
  const index = blockOf(gpa)
  if (isTaking() && index - first < count) return false
  if (ram.backed(gpa)) return true
  if (!isWaiting && retryAt == Never) askBack(index, 1)
  return false
}

/** Ends what was waited for. */
export function expire(): void {
  const now = clock.now()
  if (retryAt <= now) retryAt = Never
  if (gatherAt > now) return
  gatherAt = Never
  cursor = 0
  isLeft = false
}

/** Asks for the next range; nothing while the nucleus is at one. */
export function advance(): void {
  while (returning < blockCount && (ram.backed(addressOf(returning)) || isWhole(returning))) returning++
  if (!isWaiting && returning < blockCount && retryAt == Never) askBack(returning, runOf(returning, false))
  if (isWaiting) return
  while (cursor < blockCount && !isReleasable(cursor)) cursor++
  if (cursor < blockCount) release(cursor, runOf(cursor, true))
  else if (isLeft) gatherAt = min(gatherAt, clock.now() + RetryPeriod)
}

/** True while the nucleus is about to take memory: the guest may not use that yet. */
export function isTaking(): bool { return isWaiting && way != Way.Comes }

/** Has blocks go that lie side by side and that nobody uses; how many of them, 0 while the nucleus is at others. */
export function releaseUnused(index: u32, length: u32): u32 {
  const some = min(length, BlocksAtOnce)
  if (isWaiting || !ram.release(addressOf(index), BlockBytes * some)) return 0
  wait(index, some, Way.IsUnused)
  return some
}

function askBack(index: u32, length: u32): void { if (ram.reclaim(addressOf(index), BlockBytes * length)) wait(index, length, Way.Comes) }

function release(index: u32, length: u32): void {
  if (!ram.release(addressOf(index), BlockBytes * length)) return
  for (cursor = index; cursor < index + length; cursor++) setReleased(cursor, true)
  wait(index, length, Way.Goes)
}

function wait(index: u32, length: u32, to: u32): void {
  isWaiting = true
  first = index
  count = length
  way = to
}

/** How many blocks from `index` on lie side by side and are to go, or to come. */
function runOf(index: u32, toGo: bool): u32 {
  let length: u32 = 1
  while (length < BlocksAtOnce && index + length < blockCount && addressOf(index + length) == addressOf(index) + BlockBytes * length &&
    (toGo ? isReleasable(index + length) : !ram.backed(addressOf(index + length)) && !isWhole(index + length))) length++
  return length
}
