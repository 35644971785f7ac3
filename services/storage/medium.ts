/** What the pool, an import or an export can lie on: a disk of the capability's, or blocks of one. By number: those below Partition are the whole disks. */
import { DiskNumber } from '../../capability/disk'
import { number } from '../../capability/storage'
import { DeviceBlocksLimit } from './device'
import { BlockShift, Limit } from './layout'

/** Numbers of media that are not whole disks. */
export namespace MediumNumber {
  export const Partition: u32 = 32 // the first of those that a pool may be on
  export const Place: u32 = 48 //     what an order about a volume, or a look, is about
  export const Conveyed: u32 = 49 //  what is imported from or exported to
}
const MediumCount: u32 = 50

@unmanaged export class Medium {
  disk: u32 //      its number in the capability
  partition: u32 // of its GPT, from 1; 0: all of the disk
  first: u64 //     block of the disk that is its block 0
  blocks: u64
}

const media: usize = memory.data(50 * 24, 8)
@inline export function medium(handle: u32): Medium { return changetype<Medium>(media + <usize>handle * offsetof<Medium>()) }

/** Nothing is known but the disks. */
export function clearMedia(): void {
  memory.fill(media, 0, MediumCount * <u32>offsetof<Medium>())
  for (let disk: u32 = 0; disk < MediumNumber.Partition; disk++) setMedium(disk, disk, 0, 0, DeviceBlocksLimit)
}

/** Says what a number means from now on. */
export function setMedium(handle: u32, disk: u32, partition: u32, first: u64, blocks: u64): void {
  const set = medium(handle)
  set.disk = disk
  set.partition = partition
  set.first = first
  set.blocks = blocks
}

/** Blocks of a medium; 0 while its disk is not there, or ends before it. */
export function blocksOf(handle: u32): u64 {
  const on = medium(handle)
  const blocks = number(on.disk, DiskNumber.Sectors) >> BlockShift - 9
  if (on.partition == 0) return min(blocks, DeviceBlocksLimit)
  return on.first > blocks || on.blocks > blocks - on.first ? 0 : min(on.blocks, DeviceBlocksLimit)
}
export function isReadOnly(handle: u32): bool { return number(medium(handle).disk, DiskNumber.ReadOnly) != 0 }

/** True for two that have blocks of a disk in common. */
export function overlap(one: Medium, other: Medium): bool {
  return one.disk == other.disk && one.first < other.first + other.blocks && other.first < one.first + one.blocks
}
