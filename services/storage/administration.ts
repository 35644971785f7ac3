/** What an administrator asks of volumes. Each is tried until it does not have to wait; Done leaves an OrderStatus in `orderStatus`. */
import { isUsed, OrderStatus, StorageAnswer, StorageOperation, StorageOrder } from '../../capability/storage'
import { copyVolume, rollBack } from './copying'
import { beginExporting, beginImporting, isExported } from './conveying'
import { recordChanged } from './dirty'
import { describeVolume } from './information'
import { BlockShift, Limit, Volume, VolumeBytesLimit, VolumeFlag, VolumeState } from './layout'
import { Outcome } from './outcome'
import { generation } from './pool'
import { random } from './random'
import { isRequested } from './request'
import { lookForDeleted } from './reclaim'
import { resize } from './resize'
import { areLimits, heightOf, isName, nextInState, volume, volumeByName } from './volumes'

export let orderStatus: u32 = OrderStatus.Ok

/** The order is done, with a status. */
export function answer(status: u32): Outcome {
  orderStatus = status
  return Outcome.Done
}

/** Carries out an order about a volume. */
export function administer(order: StorageOrder, reply: StorageAnswer): Outcome {
  if (order.operation == StorageOperation.VolumeCreate) return answer(createVolume(order, reply))
  if (order.operation == StorageOperation.VolumeImport) return answer(beginImporting(order))
  if (order.operation == StorageOperation.VolumeNext) {
    const next = order.value >= Limit.Volumes ? Limit.Volumes : nextInState(VolumeState.Kept, <u32>order.value)
    return answer(next == Limit.Volumes ? OrderStatus.NoSuchVolume : describeVolume(reply, next))
  }
  const number = volumeByName(order.name)
  if (number == Limit.Volumes) return answer(OrderStatus.NoSuchVolume)
  switch (order.operation) {
    case StorageOperation.VolumeInfo: return answer(describeVolume(reply, number))
    case StorageOperation.VolumeResize: return resize(number, order.value)
    case StorageOperation.VolumeSnapshot: return copyVolume(number, order, reply, VolumeFlag.ReadOnly)
    case StorageOperation.VolumeClone: return copyVolume(number, order, reply, 0)
    case StorageOperation.VolumeRollback: return rollBack(number, volumeByName(order.other))
    case StorageOperation.VolumeDelete: return answer(deleteVolume(number))
    case StorageOperation.VolumeLimit: return answer(limitVolume(number, order.value, order.limit))
    case StorageOperation.VolumeExport: return answer(beginExporting(number))
  }
  return answer(OrderStatus.Unsupported)
}

/** A record that is free, with a new volume's name; Limit.Volumes and `orderStatus` when there cannot be one. */
export function newRecord(name: usize): u32 {
  orderStatus = OrderStatus.WrongName
  if (!isName(name)) return Limit.Volumes
  orderStatus = OrderStatus.NameTaken
  if (volumeByName(name) < Limit.Volumes) return Limit.Volumes
  orderStatus = OrderStatus.TooManyVolumes
  return nextInState(VolumeState.None, 0)
}

/** Makes a volume of a free record. */
export function nameRecord(number: u32, name: usize): Volume {
  const made = volume(number)
  made.state = VolumeState.Kept
  memory.copy(made.name, name, Limit.Name + 1)
  made.uuidLow = random()
  made.uuidHigh = random()
  made.created = generation
  recordChanged(number)
  return made
}

/** True for a size that a volume can have. */
export function isSize(bytes: u64): bool { return bytes != 0 && bytes <= VolumeBytesLimit && (bytes & (1 << BlockShift) - 1) == 0 }

/** Gives a volume other limits. */
function limitVolume(number: u32, bytes: u64, requests: u32): u32 {
  if (!areLimits(bytes, requests)) return OrderStatus.OutOfRange
  volume(number).byteLimit = bytes
  volume(number).requestLimit = requests
  recordChanged(number)
  return OrderStatus.Ok
}

/** Gives a volume the limits that the configuration says, where those are others than it said last. */
export function configureLimits(number: u32, bytes: u64, requests: u32): void {
  const it = volume(number)
  if (it.configuredByteLimit == bytes && it.configuredRequestLimit == requests || limitVolume(number, bytes, requests) != OrderStatus.Ok) return
  it.configuredByteLimit = bytes
  it.configuredRequestLimit = requests
}

function createVolume(order: StorageOrder, reply: StorageAnswer): u32 {
  if (!isSize(order.value)) return OrderStatus.OutOfRange
  const number = newRecord(order.name)
  if (number == Limit.Volumes) return orderStatus
  const made = nameRecord(number, order.name)
  made.bytes = order.value
  made.height = heightOf(order.value)
  return describeVolume(reply, number)
}

/** True while a volume may be read or written. */
export function isBusy(number: u32): bool { return isUsed(number) || isRequested(number) || isExported(number) }

/** Deletes a volume that is not in use; an OrderStatus. */
export function deleteVolume(number: u32): u32 {
  if (isBusy(number)) return OrderStatus.InUse
  volume(number).state = VolumeState.Deleted
  recordChanged(number)
  lookForDeleted()
  return OrderStatus.Ok
}
