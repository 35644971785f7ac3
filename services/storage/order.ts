/** Orders: one at a time, tried until it is done, and answered. */
import * as storage from '../../capability/storage'
import { endAbsence, isAway } from './absence'
import { administer, orderStatus } from './administration'
import { take } from './arena'
import { beginCheck, check, checkBytes, problems } from './check'
import { areOperationsUnderWay, CommitStep, committed, generationOfNow, step, wantCommit } from './commit'
import { describeProgress, isConveying } from './conveying'
import { beginCreation, create, creationStatus } from './creating'
import { isAnythingDirty } from './dirty'
import { beginImport, importPool, importStatus } from './importing'
import { describeDevice, describeImage, describePool } from './information'
import { Limit, VolumeState } from './layout'
import { forgetPool } from './opening'
import { conveyingBegan, ownOrderEnded, poolIsThere } from './making'
import { Outcome, wait } from './outcome'
import { beginPartitions, describePartition, partitionStatus } from './partitions'
import { beginPlace, findPlace, placeStatus } from './place'
import { generation, PoolState, readsUnderWay, state } from './pool'
import { forgetDevices } from './presence'
import { Change, queueChange } from './queue'
import { areRequestsOver } from './request'
import { beginResize } from './resize'
import { beginLook, content, look } from './signature'
import { isName, nextInState } from './volumes'

const orderBytes: usize = memory.data(152, 8)
const answerBytes: usize = memory.data(136, 8)
@inline function current(): storage.StorageOrder { return changetype<storage.StorageOrder>(orderBytes) }
@inline function reply(): storage.StorageAnswer { return changetype<storage.StorageAnswer>(answerBytes) }

enum Where { None, Given, Outside, Queued, Committing } // not begun, outside of the changes, among them, or done but not yet to last
let where: Where = Where.None
let until: u64 = 0 // the commit that is to be done before it is answered
let checkMemory: usize = 0
let isCheckBegun = false
let isOwn = false // nobody ordered it

/** Takes the next order if there is none under way, and goes on with one that is no change of the pool. True when something happened. */
export function proceedOrders(): bool {
  if (where == Where.None) {
    if (!storage.order(orderBytes)) return false
    where = Where.Given
  }
  if (where == Where.Given) {
    memory.fill(answerBytes, 0, storage.StorageAnswerBytes)
    begin()
    return true
  }
  if (where == Where.Outside) return outside() == Outcome.Done
  if (where != Where.Committing || committed < until && state == PoolState.Ready) return false
  answer(committed < until ? storage.OrderStatus.Damaged : storage.OrderStatus.Ok)
  return true
}

/** True while an order is carried out; then no other can be given. */
export function isOrderUnderWay(): bool { return where != Where.None }

/** Gives an order that nobody asked for; what it is about is to be filled in at once. */
export function giveOwnOrder(operation: u32): storage.StorageOrder {
  memory.fill(orderBytes, 0, storage.StorageOrderBytes)
  current().operation = operation
  where = Where.Given
  isOwn = true
  return current()
}

/** Ends an order under way with a status, unless nobody has ordered it. */
export function refuseOrder(status: u32): void {
  if (where == Where.None) return
  if (isOwn) clearOrders()
  else answer(status)
}

/** Forgets an order under way. */
export function clearOrders(): void {
  where = Where.None
  isOwn = false
}

function answer(status: u32): Outcome {
  where = Where.None
  reply().status = status
  const operation = current().operation
  const wasOwn = isOwn
  isOwn = false
  if (status == storage.OrderStatus.Ok && (operation == storage.StorageOperation.VolumeImport || operation == storage.StorageOperation.VolumeExport)) conveyingBegan()
  if (wasOwn) {
    ownOrderEnded(operation, status)
    return Outcome.Done
  }
  if (status == storage.OrderStatus.Ok && operation == storage.StorageOperation.PoolExport) storage.open(false)
  storage.answer(answerBytes)
  if (status == storage.OrderStatus.Ok && operation <= storage.StorageOperation.PoolImport) poolIsThere()
  return Outcome.Done
}

function begin(): void {
  const operation = current().operation
  const isThere = state != PoolState.None || isAway()
  if (!isThere) checkMemory = 0
  where = Where.Outside
  switch (operation) {
    case storage.StorageOperation.PoolCreate:
      if (isThere) answer(storage.OrderStatus.PoolImported)
      else if (!isName(current().name)) answer(storage.OrderStatus.WrongName)
      else beginCreation()
      return
    case storage.StorageOperation.PoolImport:
      if (isThere) answer(storage.OrderStatus.PoolImported)
      else beginImport()
      return
    case storage.StorageOperation.Probe:
      beginLook()
      return
    case storage.StorageOperation.PartitionNext:
      beginPartitions()
      return
    case storage.StorageOperation.PoolExport:
    case storage.StorageOperation.PoolInfo:
      if (!isThere) answer(storage.OrderStatus.NoPool)
      return
    case storage.StorageOperation.Progress:
      answer(describeProgress(reply()))
      return
    case storage.StorageOperation.PoolDevice:
      answer(isThere ? describeDevice(reply(), current().value) : storage.OrderStatus.NoPool)
      return
    case storage.StorageOperation.ImageNext:
      answer(describeImage(reply(), current().value))
      return
  }
  if (operation > storage.StorageOperation.VolumeLimit) answer(storage.OrderStatus.Unsupported)
  else if (!isThere) answer(storage.OrderStatus.NoPool)
  else if (isAway()) answer(storage.OrderStatus.Missing)
  else if (state == PoolState.Damaged && operation != storage.StorageOperation.VolumeExport) answer(storage.OrderStatus.Damaged)
  else if (isOfDevice()) beginPlace()
  else queue()
}

/** True for an order that names a device to be looked at first. */
function isOfDevice(): bool {
  const operation = current().operation
  return operation == storage.StorageOperation.VolumeExport || operation == storage.StorageOperation.VolumeImport && current().devices != 0
}

/** Its turn comes among the changes. */
function queue(): void {
  where = Where.Queued
  isCheckBegun = false
  beginResize()
  queueChange(Change.Order, 0)
}

function outside(): Outcome {
  let status = Outcome.Done
  switch (current().operation) {
    case storage.StorageOperation.PoolCreate:
      status = create(current())
      if (status != Outcome.Done) return status
      reply().what = content
      return answer(creationStatus)
    case storage.StorageOperation.PoolImport:
      status = importPool(current())
      return status == Outcome.Done ? answer(importStatus) : status
    case storage.StorageOperation.Probe: return probe()
    case storage.StorageOperation.PartitionNext:
      status = describePartition(current(), reply())
      return status == Outcome.Done ? answer(partitionStatus) : status
    case storage.StorageOperation.PoolExport: return exportPool()
    case storage.StorageOperation.VolumeImport:
    case storage.StorageOperation.VolumeExport:
      status = findPlace(current())
      if (status != Outcome.Done) return status
      reply().what = content
      if (placeStatus != storage.OrderStatus.Ok) return answer(placeStatus)
      queue()
      return Outcome.Done
  }
  return answer(describePool(reply()))
}

function probe(): Outcome {
  const device = <u32>ctz(current().devices)
  if (device >= storage.count()) return answer(storage.OrderStatus.WrongDevices)
  const status = look(device)
  if (status == Outcome.Wait) return status
  reply().what = content
  return answer(status == Outcome.Done ? storage.OrderStatus.Ok : storage.OrderStatus.Failed)
}

/** True while a VM that is on has a volume: by its number, which in another pool is another. */
function isAnyUsed(): bool {
  if (isAway()) {
    for (let number: u32 = 0; number < Limit.Volumes; number++) if (storage.isUsed(number)) return true
    return false
  }
  for (let number = nextInState(VolumeState.Kept, 0); number < Limit.Volumes; number = nextInState(VolumeState.Kept, number + 1)) if (storage.isUsed(number)) return true
  return false
}

/** A damaged pool is let go as it is: nothing of it can be written. */
function exportPool(): Outcome {
  if (!areRequestsOver() || isAnyUsed() || isConveying()) return answer(storage.OrderStatus.InUse)
  if (state == PoolState.Ready && (isAnythingDirty() || step != CommitStep.Idle)) {
    wantCommit()
    return wait(0)
  }
  if (readsUnderWay(generation) != 0 || readsUnderWay(generation - 1) != 0 || areOperationsUnderWay()) return wait(0)
  forgetPool()
  forgetDevices()
  endAbsence()
  return answer(storage.OrderStatus.Ok)
}

/** The order as a change: when its turn comes. */
export function orderStep(): Outcome {
  return current().operation == storage.StorageOperation.PoolCheck ? checkPool() : administer(current(), reply())
}

function checkPool(): Outcome {
  if (!isCheckBegun) {
    if (checkBytes() >= 1 << 31) return Outcome.NoSpace
    // Once for all checks of this pool: nothing is given back before the pool is.
    if (checkMemory == 0) checkMemory = take(<usize>checkBytes())
    else memory.fill(checkMemory, 0, <usize>checkBytes())
    if (checkMemory == 0) return Outcome.NoSpace
    beginCheck(checkMemory)
    isCheckBegun = true
  }
  return check()
}

/** The order had its turn. */
export function endOrder(outcome: Outcome): void {
  if (outcome == Outcome.Done && current().operation == storage.StorageOperation.PoolCheck) {
    reply().free = problems
    answer(storage.OrderStatus.Ok)
  } else if (outcome == Outcome.Done && orderStatus == storage.OrderStatus.Ok) {
    until = generationOfNow()
    where = Where.Committing
    if (committed < until) wantCommit()
  } else if (outcome == Outcome.Done) answer(orderStatus)
  else if (outcome == Outcome.NoSpace) answer(current().operation == storage.StorageOperation.PoolCheck ? storage.OrderStatus.NoMemory : storage.OrderStatus.NoSpace)
  else answer(state == PoolState.Damaged ? storage.OrderStatus.Damaged : storage.OrderStatus.Corrupt)
}
