/** The media that an order for a pool names: whole disks, and behind them partitions, which are looked up one after the other. */
import { OrderStatus, StorageOrder, StorageOrderPartitions, count } from '../../capability/storage'
import { beginTable, findPartition, partitionBlocks, partitionFirst, readTable, tableStatus } from './gpt'
import { medium, MediumNumber, overlap, setMedium } from './medium'
import { Outcome } from './outcome'

const chosen: usize = memory.data(48 << 2, 4)
let found: u32 = 0 // of the partitions that are named
/** How many there are. */
export let chosenCount: u32 = 0
/** Why it ended, an OrderStatus. */
export let choiceStatus: u32 = OrderStatus.Ok

@inline export function chosenMedium(index: u32): u32 { return load<u32>(chosen + (<usize>index << 2)) }

export function beginChoice(): void {
  chosenCount = found = 0
  beginTable()
}

/** True for an order that names any. */
export function isAnyNamed(order: StorageOrder): bool { return (order.devices | order.partition(0)) != 0 }

function end(status: u32): Outcome {
  choiceStatus = status
  return Outcome.Done
}

/** Finds all that are named: a table that is not whole is not trusted, unless `orBackup`, whose backup is. Goes on until it is Done. */
export function choose(order: StorageOrder, orBackup: bool): Outcome {
  if (chosenCount == 0) for (let disk: u32 = 0; disk < MediumNumber.Partition; disk++) if ((order.devices >> disk & 1) != 0) add(disk)
  for (; found < StorageOrderPartitions && order.partition(found) != 0; found++) {
    const named = order.partition(found)
    const disk = named & 0xFF
    if (disk >= count()) return end(OrderStatus.WrongDevices)
    const status = readTable(disk, orBackup)
    if (status != Outcome.Done) return status
    if (tableStatus != OrderStatus.Ok) return end(tableStatus)
    const is = findPartition(named >> 8)
    if (is != OrderStatus.Ok) return end(is)
    setMedium(MediumNumber.Partition + found, disk, named >> 8, partitionFirst, partitionBlocks)
    add(MediumNumber.Partition + found)
    beginTable()
  }
  for (let one: u32 = 0; one < chosenCount; one++) {
    if (medium(chosenMedium(one)).disk >= count()) return end(OrderStatus.WrongDevices)
    for (let other: u32 = 0; other < one; other++) if (overlap(medium(chosenMedium(one)), medium(chosenMedium(other)))) return end(OrderStatus.WrongDevices)
  }
  return end(OrderStatus.Ok)
}

function add(handle: u32): void { store<u32>(chosen + (<usize>(chosenCount++) << 2), handle) }
