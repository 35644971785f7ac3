/**
 * A device of the pool is gone. What was in its cache is lost, so the pool goes back to its last commit, as after a power cut, and stands still: whoever asks for
 * something is told, and asks again. When all devices are back it is opened, and the changes that were kept are made again.
 */
import { BlockUnit } from '../../capability/block'
import * as storage from '../../capability/storage'
import { append, appendByte, appendDecimal, say } from '../logline'
import { endConveying } from './conveying'
import { noteInformation } from './information'
import { clearLoad } from './load'
import { clearMaking, openAgain } from './making'
import { forgetPool } from './opening'
import { isOrderUnderWay, refuseOrder } from './order'
import { isTimeToLook, knownCount, knownMedium, knownUnit, look, missing } from './presence'
import { request, RequestState } from './request'
import { isRefused, underWay } from './transfer'

enum Step { None, Leaving, Away, Opening }
let step: Step = Step.None
let isTried = false // to open it since all devices are back

/** True until all that devices were asked for has ended: nothing new is begun, and nobody is told of what ends. */
export function isLeaving(): bool { return step == Step.Leaving }
/** True while a device is missing, and the pool is let go until it is back. */
export function isAway(): bool { return step == Step.Away }
/** True while it is being opened again. */
export function isOpening(): bool { return step == Step.Opening }

/** The pool is there, or let go. */
export function endAbsence(): void { step = Step.None }

/** It could not be opened again: the next attempt comes when its devices have gone and come again. */
export function stayAway(): void { step = Step.Away }

/** What a device was asked has failed: is it that the device is gone? */
export function doubtDevices(): void {
  if (step != Step.None || look() == 0) return
  sayMissing()
  step = Step.Leaving
}

/** Looks for the devices, from time to time, or when nothing can be asked of one though nothing is under way, and does what follows. */
export function watchDevices(): void {
  if (step == Step.None && (isTimeToLook() || isRefused && underWay == 0)) doubtDevices()
  if (step == Step.Leaving && underWay == 0) leave()
  if (step != Step.Away || !isTimeToLook()) return
  if (look() != 0) isTried = false
  else if (!isTried && !isOrderUnderWay()) openAll()
}

function sayMissing(): void {
  for (let index: u32 = 0; index < knownCount; index++) {
    if ((missing >> index & 1) == 0) continue
    append('storage pool: its drive ')
    const name = changetype<usize>(knownUnit(index)) + offsetof<BlockUnit>()
    for (let at: u32 = 0; at < min(knownUnit(index).serialLength, 64); at++) appendByte(load<u8>(name + at))
    if (knownMedium(index).partition != 0) appendByte(0x3A) // :
    if (knownMedium(index).partition != 0) appendDecimal(knownMedium(index).partition)
    append(' is missing; it stands still until that is back')
    say()
  }
}

/** Nothing is under way: all memory is its owner's again. */
function leave(): void {
  endConveying(storage.OrderStatus.Missing)
  noteInformation()
  for (let id: u32 = 0; id < storage.StorageRequestLimit; id++) if (request(id).state != RequestState.None) storage.complete(id, storage.StorageStatus.Missing)
  refuseOrder(storage.OrderStatus.Missing)
  clearMaking()
  clearLoad()
  forgetPool()
  step = Step.Away
  isTried = false
}

function openAll(): void {
  isTried = true
  step = Step.Opening
  const order = openAgain()
  let partitions: u32 = 0
  for (let index: u32 = 0; index < knownCount; index++) {
    const on = knownMedium(index)
    if (on.partition == 0) order.devices |= 1 << on.disk
    else order.setPartition(partitions++, on.disk | on.partition << 8)
  }
}
