/** A disk, or a partition of one, that a volume is made of or written to. */
import { Content, OrderFlag, OrderStatus, StorageOperation, StorageOrder, count } from '../../capability/storage'
import { beginTable, findPartition, partitionBlocks, partitionFirst, readTable, tableStatus } from './gpt'
import { BlockShift, Limit } from './layout'
import { blocksOf, isReadOnly, medium, MediumNumber, setMedium } from './medium'
import { Outcome } from './outcome'
import { isPools } from './presence'
import { beginLook, content, look } from './signature'
import { volume, volumeByName } from './volumes'

/** Why `findPlace` ended, an OrderStatus. What it found is the medium Place. */
export let placeStatus: u32 = OrderStatus.Ok
let isLooking = false

export function beginPlace(): void {
  beginTable()
  isLooking = false
}

function end(status: u32): Outcome {
  placeStatus = status
  return Outcome.Done
}

/** Finds what an order names, and of what is to be written whether anything is there. Goes on until it is Done. */
export function findPlace(order: StorageOrder): Outcome {
  const disk = <u32>ctz(order.devices)
  if (disk >= count()) return end(OrderStatus.WrongDevices)
  if (!isLooking) {
    setMedium(MediumNumber.Place, disk, 0, 0, medium(disk).blocks)
    if (order.value != 0) {
      const status = readTable(disk, false)
      if (status != Outcome.Done) return status
      if (tableStatus != OrderStatus.Ok) return end(tableStatus)
      const found = findPartition(order.value)
      if (found != OrderStatus.Ok) return end(found)
      setMedium(MediumNumber.Place, disk, <u32>order.value, partitionFirst, partitionBlocks)
    }
    if (isPools(medium(MediumNumber.Place))) return end(OrderStatus.WrongDevices)
    if (order.operation == StorageOperation.VolumeImport) return end(OrderStatus.Ok)
    const number = volumeByName(order.name)
    if (number == Limit.Volumes) return end(OrderStatus.NoSuchVolume)
    if (isReadOnly(MediumNumber.Place) || volume(number).bytes >> BlockShift > blocksOf(MediumNumber.Place)) return end(OrderStatus.WrongDevices)
    if ((order.flags & OrderFlag.Force) != 0) return end(OrderStatus.Ok)
    isLooking = true
    beginLook()
  }
  const status = look(MediumNumber.Place)
  if (status == Outcome.Wait) return status
  return end(status != Outcome.Done ? OrderStatus.Failed : content != Content.Nothing ? OrderStatus.NotEmpty : OrderStatus.Ok)
}
