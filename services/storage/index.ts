/** The storage pool: thin volumes on block devices, crash-safe. docs/storage-format.md says how they lie there. */
import * as storage from '../../capability/storage'
import { carryOutChanges } from './change'
import { commitOperationEnded, pageWasWritten, proceedCommit, wantCommit } from './commit'
import { pageWasRead } from './fetch'
import { clearLoad, loadEnded } from './load'
import { forgetPool } from './opening'
import { clearOrders, proceedOrders } from './order'
import { page, PageState } from './page'
import { part, PartKind } from './part'
import { pieceWasFetched } from './piece'
import { partWasRead } from './reading'
import { proceedRequests, takeRequests } from './requests'
import { prepareSignatures } from './signature'
import { kindOf, numberOf, Tag } from './tag'
import { partWasWritten } from './writing'

/** Rounds of a call, so that no call is long. */
const RoundLimit: u32 = 32

/** Ready at once: a pool is there when an order has made or imported one. */
export function start(): i32 {
  prepareSignatures()
  clearLoad()
  clearOrders()
  forgetPool()
  return 0
}

/** Requests or orders wait. Not 0: `proceed` is to be called soon. */
export function submit(): i32 {
  takeRequests()
  return proceed()
}

/** Devices have ended something. */
export function completed(): i32 {
  for (let ended = storage.completed(); ended != -1; ended = storage.completed()) end(<u32>ended, <u32>(ended >> 32))
  return proceed()
}

/** A few seconds have passed: what changed is committed. */
export function tick(): i32 {
  wantCommit()
  return proceed()
}

/** Goes on for a while. Not 0: there is more that can be done. */
export function proceed(): i32 {
  for (let round: u32 = 0; round < RoundLimit; round++) {
    let progress = proceedOrders()
    progress = carryOutChanges() || progress
    progress = proceedRequests() || progress
    progress = proceedCommit() || progress
    if (!progress) return 0
  }
  return 1
}

function end(tag: u32, status: u32): void {
  const number = numberOf(tag)
  switch (kindOf(tag)) {
    case Tag.Page: return page(number).state == PageState.Reading ? pageWasRead(number, status) : pageWasWritten(number, status)
    case Tag.Part: return endPart(number, status)
    case Tag.Load: return loadEnded(status)
  }
  commitOperationEnded(status)
}

function endPart(number: u32, status: u32): void {
  const it = part(number)
  if (it.kind == PartKind.FetchPiece) pieceWasFetched(it, status)
  else if (it.kind == PartKind.Write || it.kind == PartKind.WritePiece) partWasWritten(it, status)
  else partWasRead(it, status)
}
