/** GUID partition tables: UEFI 2.10, 5.3. */
import { OrderStatus, number } from '../../capability/storage'
import { DiskNumber } from '../../capability/disk'
import { crc32, prepareCrc32 } from '../crc32'
import { append, appendDecimal, say } from '../logline'
import { BlockBytes, BlockShift } from './layout'
import { loadBlock, loaded } from './load'
import { blocksOf } from './medium'
import { Outcome } from './outcome'

/** The header: in the disk's second logical block, and a backup in its last. */
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
let sectorsPerBlock: u64 = 1 // of 512 bytes in a logical block of the disk
let firstEntry: usize = 0
let hasHeader = false
let blocksRead: u32 = 0
let isRead = false
let isBackup = false // what is read: the table at the beginning of the disk is not whole

/** Why reading ended, an OrderStatus. */
export let tableStatus: u32 = OrderStatus.Ok
/** Where the partition lies that was found, in blocks of 4 KiB of the disk. */
export let partitionFirst: u64 = 0
export let partitionBlocks: u64 = 0

/** The next table that is read is another one. */
export function beginTable(): void {
  prepareCrc32()
  beginCopy(false)
}

function beginCopy(backup: bool): void {
  isBackup = backup
  hasHeader = false
  blocksRead = 0
  isRead = false
}

function end(status: u32): Outcome {
  tableStatus = status
  isRead = true
  return Outcome.Done
}

/** Has a disk's table in memory, Done with `tableStatus`; where that is not whole and `orBackup` is set, its backup. */
export function readTable(disk: u32, orBackup: bool): Outcome {
  if (isRead) return Outcome.Done
  let status = readCopy(disk)
  if (status == Outcome.Done && tableStatus != OrderStatus.Ok && orBackup && !isBackup) {
    beginCopy(true)
    status = readCopy(disk)
  }
  if (status == Outcome.Done && tableStatus == OrderStatus.Ok && isBackup) {
    append('storage pool: the GPT of device ')
    appendDecimal(disk)
    append(' is not whole; its backup was used')
    say()
  }
  return status
}

function readCopy(disk: u32): Outcome {
  const bytes = number(disk, DiskNumber.LogicalBlockBytes)
  if (bytes != 512 && bytes != BlockBytes) return end(OrderStatus.WrongDevices)
  sectorsPerBlock = bytes >> 9
  const lbas = number(disk, DiskNumber.Sectors) / sectorsPerBlock
  const lba = isBackup ? lbas - 1 : 1
  if (!hasHeader) {
    if (lbas < 2 || blocksOf(disk) <= lba * bytes >> BlockShift) return end(OrderStatus.Corrupt)
    const status = loadBlock(disk, lba * bytes >> BlockShift)
    if (status != Outcome.Done) return status == Outcome.Wait ? status : end(OrderStatus.Failed)
    const read = loaded + (<usize>(lba * bytes) & BlockBytes - 1)
    memory.copy(header, read, HeaderBytes)
    if (!judgeHeader(read, lba, lbas, bytes)) return end(OrderStatus.Corrupt)
    hasHeader = true
  }
  const table = changetype<GptHeader>(header)
  const begin = table.partitionEntryLba * bytes
  const length = table.numberOfPartitionEntries * table.sizeOfPartitionEntry
  const within = <u32>begin & BlockBytes - 1
  for (; blocksRead << BlockShift < within + length; blocksRead++) {
    if (blocksOf(disk) <= (begin >> BlockShift) + blocksRead) return end(OrderStatus.Corrupt)
    const status = loadBlock(disk, (begin >> BlockShift) + blocksRead)
    if (status != Outcome.Done) return status == Outcome.Wait ? status : end(OrderStatus.Failed)
    memory.copy(entries + (<usize>blocksRead << BlockShift), loaded, BlockBytes)
  }
  firstEntry = entries + within
  return end(crc32(firstEntry, length) == table.partitionEntryArrayCrc32 ? OrderStatus.Ok : OrderStatus.Corrupt)
}

/** True for a header that is whole, lies where it says and whose entries are not too many; no partition can be where it, the other one or its entries are. */
function judgeHeader(read: usize, lba: u64, lbas: u64, bytes: u64): bool {
  const table = changetype<GptHeader>(header)
  if (table.signature != Signature || table.headerSize != HeaderBytes || table.myLba != lba) return false
  store<u32>(read, 0, offsetof<GptHeader>('headerCrc32'))
  if (crc32(read, HeaderBytes) != table.headerCrc32) return false
  const size = table.sizeOfPartitionEntry
  if (size < 128 || size > EntriesLimit || (size & size - 1) != 0) return false
  if (table.numberOfPartitionEntries == 0 || table.numberOfPartitionEntries > EntriesLimit / size) return false
  const first = table.firstUsableLba
  const last = table.lastUsableLba
  if (table.partitionEntryLba < 2 || table.partitionEntryLba >= lbas || last >= lbas || first < 2 || first > last) return false
  const entriesEnd = table.partitionEntryLba + (table.numberOfPartitionEntries * size + bytes - 1) / bytes
  return entriesEnd <= lbas && (entriesEnd <= first || table.partitionEntryLba > last) && isOutside(lba, first, last) && isOutside(table.alternateLba, first, last)
}
@inline function isOutside(lba: u64, first: u64, last: u64): bool { return lba < first || lba > last }

/** Entries of the table that was read; not all of them are partitions. */
export function entryCount(): u32 { return changetype<GptHeader>(header).numberOfPartitionEntries }
function entryOf(partition: u32): GptEntry { return changetype<GptEntry>(firstEntry + <usize>(partition - 1) * changetype<GptHeader>(header).sizeOfPartitionEntry) }
@inline function isEntry(entry: GptEntry): bool { return (entry.typeLow | entry.typeHigh) != 0 }

/** Bytes that an entry says of its partition, whether or not it can be had. */
export function bytesOfEntry(partition: u32): u64 {
  const entry = entryOf(partition)
  return entry.endingLba < entry.startingLba ? 0 : (entry.endingLba - entry.startingLba + 1) * sectorsPerBlock << 9
}

/** Finds partition `wanted` of the table that was read, counted from 1; an OrderStatus. It begins at a multiple of 4 KiB, and what is over at its end is not used. */
export function findPartition(wanted: u64): u32 {
  const table = changetype<GptHeader>(header)
  if (wanted == 0 || wanted > entryCount() || !isEntry(entryOf(<u32>wanted))) return OrderStatus.NoSuchPartition
  const entry = entryOf(<u32>wanted)
  if (entry.startingLba < table.firstUsableLba || entry.endingLba > table.lastUsableLba || entry.endingLba < entry.startingLba) return OrderStatus.Corrupt
  for (let other: u32 = 1; other <= entryCount(); other++) {
    const it = entryOf(other)
    if (other != <u32>wanted && isEntry(it) && it.startingLba <= entry.endingLba && it.endingLba >= entry.startingLba) return OrderStatus.Corrupt
  }
  const sector = entry.startingLba * sectorsPerBlock
  partitionFirst = sector >> 3
  partitionBlocks = (entry.endingLba - entry.startingLba + 1) * sectorsPerBlock >> 3
  return (sector & 7) != 0 || partitionBlocks == 0 ? OrderStatus.WrongDevices : OrderStatus.Ok
}
