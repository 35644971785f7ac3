/** GUID partition tables: UEFI 2.10, 5.3. */
import { OrderStatus, number } from '../../capability/storage'
import { DiskNumber } from '../../capability/disk'
import { crc32, prepareCrc32 } from '../crc32'
import { blocksOf } from './creating'
import { BlockBytes, BlockShift } from './layout'
import { loadBlock, loaded } from './load'
import { Outcome } from './outcome'

/** The header, in the device's second logical block. */
@unmanaged class GptHeader {
  signature: u64 //                00h
  revision: u32 //                 08h
  headerSize: u32 //               0Ch
  headerCrc32: u32 //              10h  with 0 here
  reserved: u32 //                 14h
  myLba: u64 //                    18h
  alternateLba: u64 //             20h
  firstUsableLba: u64 //           28h
  lastUsableLba: u64 //            30h
  diskGuidLow: u64 //              38h
  diskGuidHigh: u64 //             40h
  partitionEntryLba: u64 //        48h
  numberOfPartitionEntries: u32 // 50h
  sizeOfPartitionEntry: u32 //     54h
  partitionEntryArrayCrc32: u32 // 58h
}
const HeaderBytes: u32 = 92

@unmanaged class GptEntry {
  typeLow: u64 //     00h  all zero: none
  typeHigh: u64 //    08h
  uniqueLow: u64 //   10h
  uniqueHigh: u64 //  18h
  startingLba: u64 // 20h
  endingLba: u64 //   28h  the last
}

@inline const Signature: u64 = 0x5452_4150_2049_4645 // "EFI PART"
/** Bytes of entries that are read: as many as 256 of 128 bytes have. */
const EntriesLimit: u32 = 32768

const header: usize = memory.data(92, 8)
const entries: usize = memory.data(32768 + 4096, 8) // whole blocks, so that they may begin within one
let hasHeader = false
let blocksRead: u32 = 0

/** Why it ended, an OrderStatus. */
export let partitionStatus: u32 = OrderStatus.Ok
/** Where the partition lies that was found, in sectors of 512 bytes, both multiples of 8. */
export let partitionSector: u64 = 0
export let partitionSectors: u64 = 0

export function beginPartition(): void {
  prepareCrc32()
  hasHeader = false
  blocksRead = 0
}

function end(status: u32): Outcome {
  partitionStatus = status
  return Outcome.Done
}

/** Finds a device's partition `wanted`, counted from 1. */
export function partition(device: u32, wanted: u64): Outcome {
  const bytes = number(device, DiskNumber.LogicalBlockBytes)
  if (bytes != 512 && bytes != BlockBytes) return end(OrderStatus.WrongDevices)
  if (!hasHeader) {
    if (blocksOf(device) <= bytes >> BlockShift) return end(OrderStatus.Corrupt)
    const status = loadBlock(device, bytes >> BlockShift)
    if (status != Outcome.Done) return status == Outcome.Wait ? status : end(OrderStatus.Failed)
    memory.copy(header, loaded + (<usize>bytes & BlockBytes - 1), HeaderBytes)
    if (!judgeHeader(loaded + (<usize>bytes & BlockBytes - 1), device, bytes)) return end(OrderStatus.Corrupt)
    hasHeader = true
  }
  const table = changetype<GptHeader>(header)
  const begin = table.partitionEntryLba * bytes
  const length = table.numberOfPartitionEntries * table.sizeOfPartitionEntry
  const within = <u32>begin & BlockBytes - 1
  for (; blocksRead << BlockShift < within + length; blocksRead++) {
    const status = loadBlock(device, (begin >> BlockShift) + blocksRead)
    if (status != Outcome.Done) return status == Outcome.Wait ? status : end(OrderStatus.Failed)
    memory.copy(entries + (<usize>blocksRead << BlockShift), loaded, BlockBytes)
  }
  if (crc32(entries + within, length) != table.partitionEntryArrayCrc32) return end(OrderStatus.Corrupt)
  if (wanted == 0 || wanted > table.numberOfPartitionEntries) return end(OrderStatus.NoSuchPartition)
  return end(take(changetype<GptEntry>(entries + within + (<usize>wanted - 1) * table.sizeOfPartitionEntry), bytes))
}

/** True for a header that is whole, lies where it says and whose entries are not too many and in whole blocks of the device, which has logical blocks of `bytes`. */
function judgeHeader(read: usize, device: u32, bytes: u64): bool {
  const table = changetype<GptHeader>(header)
  const lbas = number(device, DiskNumber.Sectors) / (bytes >> 9)
  if (table.signature != Signature || table.headerSize != HeaderBytes || table.myLba != 1) return false
  store<u32>(read, 0, offsetof<GptHeader>('headerCrc32'))
  if (crc32(read, HeaderBytes) != table.headerCrc32) return false
  const size = table.sizeOfPartitionEntry
  if (size < 128 || size > EntriesLimit || (size & size - 1) != 0) return false
  if (table.numberOfPartitionEntries == 0 || table.numberOfPartitionEntries > EntriesLimit / size) return false
  if (table.partitionEntryLba < 2 || table.partitionEntryLba >= lbas || table.lastUsableLba >= lbas || table.firstUsableLba > table.lastUsableLba) return false
  return table.partitionEntryLba * bytes + table.numberOfPartitionEntries * size <= blocksOf(device) << BlockShift
}

/** A partition begins at a multiple of 4 KiB; what is over at its end is not used. */
function take(entry: GptEntry, bytes: u64): u32 {
  const table = changetype<GptHeader>(header)
  if ((entry.typeLow | entry.typeHigh) == 0) return OrderStatus.NoSuchPartition
  if (entry.startingLba < table.firstUsableLba || entry.endingLba > table.lastUsableLba || entry.endingLba < entry.startingLba) return OrderStatus.Corrupt
  const sectors = bytes >> 9
  partitionSector = entry.startingLba * sectors
  partitionSectors = (entry.endingLba - entry.startingLba + 1) * sectors & ~7
  return (partitionSector & 7) != 0 || partitionSectors == 0 ? OrderStatus.WrongDevices : OrderStatus.Ok
}
