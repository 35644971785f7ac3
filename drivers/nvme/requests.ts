/** Requests on their way through the I/O queues: taken, given to the controller, and completed. Nothing here allocates or waits. */
import { complete, next } from '../../capability/block'
import { shared32 } from '../../capability/device'
import { DiskStatus } from '../../capability/disk'
import { CommandStatus, Completion } from './commands'
import { issue, UnderWay } from './issue'
import { unitAt, UnitLimit } from './namespaces'
import { hasCome, pass, release, ring, upcoming } from './queue'
import { report } from './report'
import { busy, IoQueuePair, pairAt, PairLimit, Slot, slotAt } from './slot'
import { advance } from './transfer'

/** How often a command is given again that failed, was aborted or was under way when the controller was reset. */
const TryLimit: u32 = 4

let pairCount: u32 = 0 // 0 while the controller does not work
let isStarved: bool = false // more requests may wait than there was room for
let hasSucceeded: bool = false

/** Takes the requests that wait, as far as there is room, and tells the controller of all of them at once. */
export function take(): void {
  for (let number: u32 = 0; number < pairCount; number++) {
    const pair = pairAt(number)
    while (pair.free) {
      const index = <u32>ctz(pair.free)
      const slot = slotAt(pair, index)
      const request = slot.request
      isStarved = false
      if (!next(changetype<usize>(request))) return ringAll()
      begin(slot)
      const status = issue(pair, slot)
      if (status == UnderWay) pair.free &= ~((<u64>1) << index)
      else complete(request.id, status)
    }
  }
  isStarved = pairCount != 0
  ringAll()
}

/** Completes what the controller has, and takes what waited for room. False when the controller completed what it had not been given. */
export function collect(): bool {
  for (let number: u32 = 0; number < pairCount; number++) {
    const pair = pairAt(number)
    const before = pair.head
    const isSane = collectFrom(pair)
    if (pair.head != before) release(pair)
    if (!isSane) return false
  }
  if (isStarved) take()
  else ringAll()
  return true
}

/** Whether a command succeeded since this was asked last. */
export function succeeded(): bool {
  const had = hasSucceeded
  hasSucceeded = false
  return had
}

/** How many commands are under way. */
export function underWay(): u32 {
  let count: u32 = 0
  for (let number: u32 = 0; number < PairLimit; number++) count += <u32>popcnt(busy(pairAt(number)))
  return count
}

/** The controller is being reset: nothing is given to it until `resume`. */
export function pause(): void { pairCount = 0 }

/** The controller has stopped: what it completed before is completed, the rest waits for `resume`. */
export function settle(): void {
  for (let number: u32 = 0; number < PairLimit; number++) collectFrom(pairAt(number))
}

/** The controller works, with `count` empty pairs: gives it again what was under way, and what waits. */
export function resume(count: u32): void {
  pairCount = count
  for (let number: u32 = 0; number < PairLimit; number++) {
    const pair = pairAt(number)
    for (let left = busy(pair); left; left &= left - 1) again(pair, slotAt(pair, <u32>ctz(left)), 0)
  }
  take()
}

/** No controller will ever work: fails what was under way, and what waits, into the room of any slot. */
export function failAll(): void {
  for (let number: u32 = 0; number < PairLimit; number++) {
    const pair = pairAt(number)
    for (let left = busy(pair); left; left &= left - 1) finish(pair, slotAt(pair, <u32>ctz(left)), DiskStatus.Failed)
  }
  const request = slotAt(pairAt(0), 0).request
  while (next(changetype<usize>(request))) complete(request.id, DiskStatus.Failed)
}

function begin(slot: Slot): void {
  const request = slot.request
  slot.namespace = 0
  if (request.unit < UnitLimit) {
    slot.namespace = unitAt(request.unit).namespace
    slot.shift = unitAt(request.unit).shift
  }
  slot.block = request.block
  slot.left = request.blocks
  slot.part = 0
  slot.skip = 0
  slot.tries = 0
}

function ringAll(): void { for (let number: u32 = 0; number < pairCount; number++) ring(pairAt(number)) }

/** Takes as many completions as the queue has entries at most, so that a controller that never ceases does not keep the processor. */
function collectFrom(pair: IoQueuePair): bool {
  for (let count: u32 = 0; count < pair.completionEntries; count++) {
    const entry = upcoming(pair)
    const given = shared32(entry + Completion.Status)
    if (!hasCome(pair, given)) break
    const queue = shared32(entry + Completion.Queue) >> 16
    const index = given & 0xff
    pass(pair)
    if (queue != pair.identifier || index >= pair.slotCount || pair.free >> index & 1) return false
    const slot = slotAt(pair, index)
    if (slot.identifier != (given & 0xffff)) return false
    ended(pair, slot, given >> 17)
  }
  return true
}

/** A command has ended: the rest of its request follows, it is tried again, or the request is completed. */
function ended(pair: IoQueuePair, slot: Slot, status: u32): void {
  if ((status & CommandStatus.Code) == CommandStatus.Ok) {
    hasSucceeded = true
    slot.left -= slot.piece
    if (slot.left == 0) return finish(pair, slot, DiskStatus.Ok)
    slot.block += slot.piece
    advance(slot, slot.piece << slot.shift)
    if (pairCount) proceed(pair, slot)
  } else if (status & CommandStatus.DoNotRetry || slot.tries == TryLimit) {
    report(slot, status)
    finish(pair, slot, (status & CommandStatus.Code) == CommandStatus.InvalidOpcode ? DiskStatus.Unsupported : DiskStatus.Failed)
  } else again(pair, slot, status)
}

/** Gives a command again, at once or with `resume`. */
function again(pair: IoQueuePair, slot: Slot, status: u32): void {
  if (!pairCount) return
  if (slot.tries++ == TryLimit) {
    report(slot, status)
    return finish(pair, slot, DiskStatus.Failed)
  }
  proceed(pair, slot)
}

function proceed(pair: IoQueuePair, slot: Slot): void {
  const status = issue(pair, slot)
  if (status != UnderWay) finish(pair, slot, status)
}

function finish(pair: IoQueuePair, slot: Slot, status: u32): void {
  pair.free |= (<u64>1) << (slot.identifier & 0xff)
  complete(slot.request.id, status)
}
