/** A device, or a partition of one, that a volume is made of or written to. */
import { DiskNumber } from '../../capability/disk'
import { Content, OrderFlag, OrderStatus, StorageOperation, StorageOrder, count, number } from '../../capability/storage'
import { blocksOf } from './creating'
import { device, deviceCount } from './device'
import { beginPartition, partition, partitionSector, partitionSectors, partitionStatus } from './gpt'
import { BlockShift, Limit } from './layout'
import { Outcome } from './outcome'
import { beginLook, content, look } from './signature'
import { volume, volumeByName } from './volumes'

/** What `findPlace` found: a device, and blocks of it. */
export let placeDevice: u32 = 0
export let placeFirst: u64 = 0
export let placeBlocks: u64 = 0
/** Why it ended, an OrderStatus. */
export let placeStatus: u32 = OrderStatus.Ok
let isLooking = false

export function beginPlace(): void {
  beginPartition()
  isLooking = false
}

function end(status: u32): Outcome {
  placeStatus = status
  return Outcome.Done
}

/** Finds what an order names, and of what is to be written whether anything is there. Goes on until it is Done. */
export function findPlace(order: StorageOrder): Outcome {
  placeDevice = <u32>ctz(order.devices)
  if (placeDevice >= count() || isPools(placeDevice)) return end(OrderStatus.WrongDevices)
  if (!isLooking) {
    placeFirst = 0
    placeBlocks = blocksOf(placeDevice)
    if (order.value != 0) {
      const status = partition(placeDevice, order.value)
      if (status != Outcome.Done) return status
      if (partitionStatus != OrderStatus.Ok) return end(partitionStatus)
      placeFirst = partitionSector >> 3
      placeBlocks = partitionSectors >> 3
    }
    if (order.operation == StorageOperation.VolumeImport) return end(OrderStatus.Ok)
    const number = volumeByName(order.name)
    if (number == Limit.Volumes) return end(OrderStatus.NoSuchVolume)
    if (isReadOnly(placeDevice) || volume(number).bytes >> BlockShift > placeBlocks) return end(OrderStatus.WrongDevices)
    if ((order.flags & OrderFlag.Force) != 0) return end(OrderStatus.Ok)
    isLooking = true
    beginLook()
  }
  const status = look(placeDevice, placeFirst, placeBlocks)
  if (status == Outcome.Wait) return status
  return end(status != Outcome.Done ? OrderStatus.Failed : content != Content.Nothing ? OrderStatus.NotEmpty : OrderStatus.Ok)
}

function isReadOnly(handle: u32): bool { return number(handle, DiskNumber.ReadOnly) != 0 }

/** True for a device of the pool: it is nobody else's. */
function isPools(handle: u32): bool {
  for (let index: u32 = 0; index < deviceCount; index++) if (device(index).handle == handle) return true
  return false
}
