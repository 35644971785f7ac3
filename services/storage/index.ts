/** The storage pool: thin volumes on block devices, crash-safe. docs/storage-format.md says how they lie there. */
import { arm, now } from '../../capability/device'
import { StorageStatus } from '../../capability/storage'
import { doubtDevices, endAbsence, isAway, isLeaving, watchDevices } from './absence'
import { bufferEnded } from './buffers'
import { carryOutChanges } from './change'
import { commitOperationEnded, pageWasWritten, proceedCommit, wantCommit } from './commit'
import { pageWasRead } from './fetch'
import { nextTime } from './limit'
import { clearLoad, loadEnded } from './load'
import { clearMedia } from './medium'
import { forgetPool } from './opening'
import { clearMaking, isMaking, make, openPool } from './making'
import { clearOrders, proceedOrders } from './order'
import { page, PageState } from './page'
import { part, PartKind } from './part'
import { pieceWasFetched } from './piece'
import { partWasRead } from './reading'
import { proceedRequests, takeRequests } from './requests'
import { forgetDevices } from './presence'
import { prepareSignatures } from './signature'
import { kindOf, numberOf, Tag } from './tag'
import { clearTransfers, completed, isRefused, underWay } from './transfer'
import { partWasWritten } from './writing'

export { find, question } from './find'

/** Rounds of a call, so that no call is long. */
const RoundLimit: u32 = 32

/** Nanoseconds between commits. */
const CommitPeriod: u64 = 5_000_000_000
/** Nanoseconds between looks whether a device that is gone is back. */
const AbsencePeriod: u64 = 500_000_000
/** The pool that is there is to be imported; and when the next commit is due, 0 for none. */
let isToOpen = false
let commitAt: u64 = 0

/** Ready at once; the pool that is there is imported next. */
export function start(): i32 {
  prepareSignatures()
  clearLoad()
  clearOrders()
  clearMaking()
  clearTransfers()
  clearMedia()
  forgetPool()
  forgetDevices()
  endAbsence()
  isToOpen = true
  commitAt = 0
  arm(1)
  return 0
}

/** Requests or orders wait. Not 0: there is more that can be done, and `deadline` is to be called soon. */
export function submit(): i32 {
  isToOpen = false // whoever gives orders before says what pool there is to be
  return proceed()
}

/** Devices have ended something. */
export function interrupt(): i32 {
  for (let ended = completed(); ended != -1; ended = completed()) {
    const status = <u32>(ended >> 32)
    if (status != StorageStatus.Ok) doubtDevices()
    if (!isLeaving()) end(<u32>ended, status)
  }
  return proceed()
}

/** What was asked for with `arm`. */
export function deadline(): i32 {
  if (isToOpen) openPool()
  isToOpen = false
  if (commitAt != 0 && now() >= commitAt) {
    commitAt = 0
    wantCommit()
  }
  return proceed()
}

/** Goes on for a while. */
function proceed(): i32 {
  watchDevices()
  if (isLeaving()) return 0
  takeRequests()
  let rounds: u32 = 0
  let progress = true
  for (; progress && rounds < RoundLimit; rounds++) {
    progress = proceedOrders()
    if (isMaking) progress = make() || progress
    progress = carryOutChanges() || progress
    progress = proceedRequests() || progress
    progress = proceedCommit() || progress
  }
  if (isRefused && underWay == 0) watchDevices()
  if (progress) {
    commitAt = 0
    arm(1)
  } else if (isAway()) {
    takeRequests() // which are told of it
    arm(now() + AbsencePeriod)
  } else if (!isToOpen) {
    if (commitAt == 0) commitAt = now() + CommitPeriod
    arm(min(commitAt, nextTime))
  }
  return i32(progress)
}

function end(tag: u32, status: u32): void {
  const number = numberOf(tag)
  switch (kindOf(tag)) {
    case Tag.Page: return page(number).state == PageState.Reading ? pageWasRead(number, status) : pageWasWritten(number, status)
    case Tag.Part: return endPart(number, status)
    case Tag.Load: return loadEnded(status)
    case Tag.Buffer: return bufferEnded(number, status)
  }
  commitOperationEnded(status)
}

function endPart(number: u32, status: u32): void {
  const it = part(number)
  if (it.kind == PartKind.FetchPiece) pieceWasFetched(it, status)
  else if (it.kind == PartKind.Write || it.kind == PartKind.WritePiece) partWasWritten(it, status)
  else partWasRead(it, status)
}
