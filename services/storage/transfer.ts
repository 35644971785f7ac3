/** Blocks between media and the service's own memory, or the scratch blocks. All are begun, and false when as much is under way as can be. */
import * as storage from '../../capability/storage'
import { DiskOperation } from '../../capability/disk'
import { medium } from './medium'

/** Transfers that were begun and have not ended. */
export let underWay: u32 = 0
/** The last one could not be begun. */
export let isRefused = false

/** What was under way is another instance's. */
export function clearTransfers(): void {
  underWay = 0
  isRefused = false
}

/** Begins one, as the capability's `transfer` does, of a medium's blocks: whatever is asked for, what is beside a partition is not touched. */
export function begin(operation: u32, memory: u32, offset: u32, blocks: u32, device: u32, block: u64, tag: u32): bool {
  const on = medium(device)
  isRefused = block > on.blocks || blocks > on.blocks - block || !storage.transfer(operation, memory, offset, blocks, on.disk, on.first + block, tag)
  underWay += u32(!isRefused)
  return !isRefused
}

/** The next that has ended, as the capability's `completed`. */
export function completed(): i64 {
  const ended = storage.completed()
  underWay -= u32(ended != -1)
  return ended
}

/** Reads a block to `target`, in this sandbox's memory. */
export function readBlock(device: u32, block: u64, target: usize, tag: u32): bool { return begin(DiskOperation.Read, storage.Memory.Own, <u32>target, 1, device, block, tag) }
/** Writes a block from `source`. */
export function writeBlock(device: u32, block: u64, source: usize, tag: u32): bool { return begin(DiskOperation.Write, storage.Memory.Own, <u32>source, 1, device, block, tag) }
/** What had ended before survives a power cut when this has. */
export function flush(device: u32, tag: u32): bool { return begin(DiskOperation.Flush, storage.Memory.Own, 0, 0, device, 0, tag) }

/** Reads a block into a scratch block. */
export function fetchScratch(scratch: u32, device: u32, block: u64, tag: u32): bool { return begin(DiskOperation.Read, storage.Memory.Scratch + scratch, 0, 1, device, block, tag) }
/** Writes a scratch block. */
export function storeScratch(scratch: u32, device: u32, block: u64, tag: u32): bool { return begin(DiskOperation.Write, storage.Memory.Scratch + scratch, 0, 1, device, block, tag) }

/** CRC-32C of bytes in this sandbox's memory. */
export function crc32c(source: usize, bytes: u32): u32 { return storage.checksum(storage.Memory.Own, <u32>source, bytes) }
