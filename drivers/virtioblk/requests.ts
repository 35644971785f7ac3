/** Requests on their way through the queue: taken, given to the device, and completed. Nothing here allocates or waits. */
import { complete, next } from '../../capability/block'
import { shared32 } from '../../capability/device'
import { DiskOperation, DiskStatus } from '../../capability/disk'
import { append, appendDecimal, say } from '../message'
import { pop, publish, usedCount } from '../virtio/queue'
import { RequestStatus } from './commands'
import { issue, UnderWay } from './issue'
import { freeSlot, NoSlot, queue, release, share, Slot, slotAt, slotCount, take as takeSlot } from './slot'
import { advance } from './transfer'
import { shift } from './unit'

/** How often a command may fail. */
const TryLimit: u32 = 3

/** Seconds that a command may take. */
const AgeLimit: u32 = 40

/** What a look at the ring has found. */
export namespace Found {
  export const Nothing: u32 = 0
  export const Ended: u32 = 1
  export const Nonsense: u32 = 2 // what the device was not given
}

let isWorking: bool = false
let isStarved: bool = false // more requests may wait than there was room for
let hasSucceeded: bool = false

/** How many commands are under way. */
export let underWay: u32 = 0

/** Takes the requests that wait, as far as there is room, and tells the device of all of them at once. */
export function take(): void {
  for (let index = freeSlot(); isWorking; index = freeSlot()) {
    isStarved = index == NoSlot
    if (isStarved) break
    const slot = slotAt(index)
    const request = slot.request
    if (!next(changetype<usize>(request))) break
    slot.block = request.block
    slot.left = request.blocks
    slot.part = 0
    slot.skip = 0
    slot.tries = 0
    const status = request.unit == 0 ? issue(index) : DiskStatus.Failed
    if (status == UnderWay) {
      takeSlot()
      underWay++
    } else complete(request.id, status)
  }
  publish(queue())
}

/** Completes what the device has used, and takes what waited for room; one of Found. */
export function collect(): u32 {
  const count = usedCount(queue())
  if (count > slotCount) return Found.Nonsense
  for (let left = count; left; left--) {
    const head = pop(queue())
    const index = head / share
    if (head % share || index >= slotCount || !slotAt(index).isBusy) return Found.Nonsense
    const slot = slotAt(index)
    slot.isBusy = false
    ended(index, slot, shared32(slot.status) & 0xff)
  }
  if (isStarved) take()
  else publish(queue())
  return count ? Found.Ended : Found.Nothing
}

/** Whether a command succeeded since this was asked last. */
export function succeeded(): bool {
  const had = hasSucceeded
  hasSucceeded = false
  return had
}

/** The device is being reset: nothing is given to it until `resume`. */
export function pause(): void { isWorking = false }

/** The device works, with an empty queue: gives it again what was under way, those that failed too often excepted, and what waits. */
export function resume(): void {
  isWorking = true
  for (let index: u32 = 0; index < slotCount; index++) {
    if (!slotAt(index).isBusy) continue
    slotAt(index).isBusy = false
    again(index, slotAt(index), RequestStatus.None)
  }
  take()
}

/** Nothing can be done any more of what was under way. The device has let go of it. */
export function failUnderWay(): void {
  for (let index: u32 = 0; index < slotCount; index++) {
    if (!slotAt(index).isBusy) continue
    slotAt(index).isBusy = false
    finish(index, DiskStatus.Failed)
  }
}

/** Fails all that waits, into the room of any slot: none is under way. */
export function refuseAll(): void {
  const request = slotAt(0).request
  while (next(changetype<usize>(request))) complete(request.id, DiskStatus.Failed)
}

/** A second has passed for every command; true when one took too long. */
export function age(): bool {
  let isLate = false
  for (let index: u32 = 0; index < slotCount; index++) {
    const slot = slotAt(index)
    if (!slot.isBusy || ++slot.age < AgeLimit) continue
    slot.tries++
    isLate = true
  }
  return isLate
}

/** A command has ended: the rest of its request follows, it is tried again, or the request is completed. */
function ended(index: u32, slot: Slot, status: u32): void {
  if (status == RequestStatus.Ok) {
    hasSucceeded = true
    slot.left -= slot.piece
    if (slot.left == 0) return finish(index, DiskStatus.Ok)
    slot.block += slot.piece
    slot.tries = 0
    advance(slot, slot.piece << shift)
    return proceed(index)
  }
  if (status == RequestStatus.Unsupported) return finish(index, DiskStatus.Unsupported)
  slot.tries++
  again(index, slot, status)
}

function again(index: u32, slot: Slot, status: u32): void {
  if (slot.tries < TryLimit) return proceed(index)
  append(operationName(slot.request.operation))
  append(' of block ')
  appendDecimal(slot.block)
  append(' and on failed')
  append(status == RequestStatus.None ? ': the device did not carry it out in many tries' : ': the device says so')
  say()
  finish(index, DiskStatus.Failed)
}

function proceed(index: u32): void {
  const status = issue(index)
  if (status != UnderWay) finish(index, status)
}

function finish(index: u32, status: u32): void {
  complete(slotAt(index).request.id, status)
  release(index)
  underWay--
}

function operationName(operation: u32): string {
  switch (operation) {
    case DiskOperation.Read: return 'read'
    case DiskOperation.Write: return 'write'
    case DiskOperation.Flush: return 'flush'
    case DiskOperation.Discard: return 'discard'
  }
  return 'write of zeroes'
}
