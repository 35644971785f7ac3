/** What an administrator asks of volumes. Each is tried until it does not have to wait; Done leaves an OrderStatus in `orderStatus`. */
import { OrderStatus, StorageAnswer, StorageOperation, StorageOrder } from '../../capability/storage'
import { recordChanged } from './dirty'
import { describeVolume } from './information'
import { BlockShift, Limit, Volume, VolumeBytesLimit, VolumeFlag, VolumeShift, VolumeState } from './layout'
import { unmap, unmappedTo } from './mapping'
import { closeVolume, isOpened, openVolume } from './opened'
import { Outcome } from './outcome'
import { generation } from './pool'
import { random } from './random'
import { lookForDeleted } from './reclaim'
import { seal } from './seal'
import { prepareCount, Purpose, share } from './space'
import { addRoot } from './tree'
import { blocksOfHeight, heightOf, isName, nextInState, volume, volumeByName } from './volumes'

export let orderStatus: u32 = OrderStatus.Ok

function answer(status: u32): Outcome {
  orderStatus = status
  return Outcome.Done
}

/** Carries out an order about a volume. */
export function administer(order: StorageOrder, reply: StorageAnswer): Outcome {
  if (order.operation == StorageOperation.VolumeCreate) return answer(createVolume(order, reply))
  if (order.operation == StorageOperation.VolumeNext) {
    const next = order.value >= Limit.Volumes ? Limit.Volumes : nextInState(VolumeState.Kept, <u32>order.value)
    return answer(next == Limit.Volumes ? OrderStatus.NoSuchVolume : describeVolume(reply, next))
  }
  const number = volumeByName(order.name)
  if (number == Limit.Volumes) return answer(OrderStatus.NoSuchVolume)
  switch (order.operation) {
    case StorageOperation.VolumeInfo: return answer(describeVolume(reply, number))
    case StorageOperation.VolumeOpen:
      openVolume(number)
      return answer(describeVolume(reply, number))
    case StorageOperation.VolumeClose:
      if (!isOpened(number)) return answer(OrderStatus.OutOfRange)
      closeVolume(number)
      return answer(OrderStatus.Ok)
    case StorageOperation.VolumeResize: return resize(number, order.value)
    case StorageOperation.VolumeSnapshot: return copyVolume(number, order, reply, VolumeFlag.ReadOnly)
    case StorageOperation.VolumeClone: return copyVolume(number, order, reply, 0)
    case StorageOperation.VolumeRollback: return rollBack(number, volumeByName(order.other))
    case StorageOperation.VolumeDelete: return answer(deleteVolume(number))
  }
  return answer(OrderStatus.Unsupported)
}

/** A record that is free, with a new volume's name; Limit.Volumes and `orderStatus` when there cannot be one. */
function newRecord(name: usize): u32 {
  orderStatus = OrderStatus.WrongName
  if (!isName(name)) return Limit.Volumes
  orderStatus = OrderStatus.NameTaken
  if (volumeByName(name) < Limit.Volumes) return Limit.Volumes
  orderStatus = OrderStatus.TooManyVolumes
  return nextInState(VolumeState.None, 0)
}

function nameRecord(number: u32, name: usize): Volume {
  const made = volume(number)
  made.state = VolumeState.Kept
  memory.copy(made.name, name, Limit.Name + 1)
  made.uuidLow = random()
  made.uuidHigh = random()
  made.created = generation
  recordChanged(number)
  return made
}

function isSize(bytes: u64): bool { return bytes != 0 && bytes <= VolumeBytesLimit && (bytes & (1 << BlockShift) - 1) == 0 }

function createVolume(order: StorageOrder, reply: StorageAnswer): u32 {
  if (!isSize(order.value)) return OrderStatus.OutOfRange
  const number = newRecord(order.name)
  if (number == Limit.Volumes) return orderStatus
  const made = nameRecord(number, order.name)
  made.bytes = order.value
  made.height = heightOf(order.value)
  return describeVolume(reply, number)
}

/** Copies what says where a volume's blocks are; its root is shared. */
function copyRoot(to: Volume, from: Volume): void {
  to.bytes = from.bytes
  to.height = from.height
  to.rootBlock = from.rootBlock
  to.rootChecksum = from.rootChecksum
}

/** The root of a volume is about to be shared: its count is in memory, and what changed has its checksums. */
function prepareRoot(it: Volume): Outcome {
  if (it.rootBlock == 0) return Outcome.Done
  const status = prepareCount(it.rootBlock)
  if (status == Outcome.Done) seal()
  return status
}

function copyVolume(number: u32, order: StorageOrder, reply: StorageAnswer, flags: u32): Outcome {
  const copy = newRecord(order.other)
  if (copy == Limit.Volumes) return answer(orderStatus)
  const status = prepareRoot(volume(number))
  if (status != Outcome.Done) return status
  const from = volume(number)
  if (from.rootBlock != 0) share(from.rootBlock)
  const made = nameRecord(copy, order.other)
  copyRoot(made, from)
  made.flags = flags
  made.originLow = from.uuidLow
  made.originHigh = from.uuidHigh
  return answer(describeVolume(reply, copy))
}

/** A volume becomes what a snapshot of any volume holds. What it held goes to a record that is deleted. */
function rollBack(number: u32, snapshot: u32): Outcome {
  if (snapshot == Limit.Volumes) return answer(OrderStatus.NoSuchVolume)
  if ((volume(number).flags & VolumeFlag.ReadOnly) != 0) return answer(OrderStatus.ReadOnly)
  if (isOpened(number)) return answer(OrderStatus.InUse)
  if (number == snapshot) return answer(OrderStatus.Ok)
  const old = nextInState(VolumeState.None, 0)
  if (old == Limit.Volumes) return answer(OrderStatus.TooManyVolumes)
  const status = prepareRoot(volume(snapshot))
  if (status != Outcome.Done) return status
  memory.copy(changetype<usize>(volume(old)), changetype<usize>(volume(number)), 1 << VolumeShift)
  if (volume(snapshot).rootBlock != 0) share(volume(snapshot).rootBlock)
  copyRoot(volume(number), volume(snapshot))
  recordChanged(number)
  return answer(deleteVolume(old))
}

function deleteVolume(number: u32): u32 {
  if (isOpened(number)) return OrderStatus.InUse
  volume(number).state = VolumeState.Deleted
  recordChanged(number)
  lookForDeleted()
  return OrderStatus.Ok
}

/** Gives a volume another size: what is beyond a smaller one is given back first. */
function resize(number: u32, bytes: u64): Outcome {
  const it = volume(number)
  if (!isSize(bytes)) return answer(OrderStatus.OutOfRange)
  if ((it.flags & VolumeFlag.ReadOnly) != 0) return answer(OrderStatus.ReadOnly)
  if (bytes < it.bytes) {
    const from = max(bytes >> BlockShift, resized)
    const end = blocksOfHeight(it.height)
    if (from < end) {
      const status = unmap(it, from, end, Purpose.Discard)
      if (status == Outcome.Done) resized = unmappedTo
      return status == Outcome.Done ? Outcome.Again : status
    }
  }
  if (blocksOfHeight(it.height) << BlockShift < bytes) return raise(it, number)
  resized = 0
  it.bytes = bytes
  recordChanged(number)
  return answer(OrderStatus.Ok)
}
let resized: u64 = 0 // what is below was given back, of an order under way
/** A new order begins. */
export function beginAdministration(): void { resized = 0 }

/** One level more, above the root. */
function raise(it: Volume, number: u32): Outcome {
  recordChanged(number)
  if (it.rootBlock != 0) {
    const status = addRoot(it, Purpose.Discard)
    if (status != Outcome.Done) return status
  }
  it.height++
  return Outcome.Again
}
