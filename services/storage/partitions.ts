/** What is on the partitions of a disk. */
import { OrderStatus, StorageAnswer, StorageOrder, count } from '../../capability/storage'
import { beginTable, bytesOfEntry, entryCount, findPartition, partitionBlocks, partitionFirst, readTable, tableStatus } from './gpt'
import { medium, MediumNumber, setMedium } from './medium'
import { Outcome } from './outcome'
import { isPools } from './presence'
import { beginLook, content, look } from './signature'

let isLooking = false
/** Why it ended, an OrderStatus. */
export let partitionStatus: u32 = OrderStatus.Ok

export function beginPartitions(): void {
  beginTable()
  beginLook()
  isLooking = false
}

function end(status: u32): Outcome {
  partitionStatus = status
  return Outcome.Done
}

/** Describes the first partition of a disk from a number on. Goes on until it is Done. */
export function describePartition(order: StorageOrder, to: StorageAnswer): Outcome {
  const disk = <u32>ctz(order.devices)
  if (disk >= count()) return end(OrderStatus.WrongDevices)
  if (!isLooking) {
    const status = readTable(disk, false)
    if (status != Outcome.Done) return status
    if (tableStatus != OrderStatus.Ok) return end(tableStatus)
    let number = max(order.value, 1)
    while (number <= entryCount() && findPartition(number) == OrderStatus.NoSuchPartition) number++
    if (number > entryCount()) return end(OrderStatus.NoSuchPartition)
    to.number = <u32>number
    to.bytes = bytesOfEntry(to.number)
    to.flags = 2
    if (findPartition(number) != OrderStatus.Ok) return end(OrderStatus.Ok)
    setMedium(MediumNumber.Place, disk, to.number, partitionFirst, partitionBlocks)
    to.flags = u32(isPools(medium(MediumNumber.Place)))
    isLooking = true
  }
  const status = look(MediumNumber.Place)
  if (status == Outcome.Wait) return status
  to.what = content
  return end(status == Outcome.Done ? OrderStatus.Ok : OrderStatus.Failed)
}
