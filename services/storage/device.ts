/** The pool's devices, and what lies where on each. */
import { CountBits, EntryBits, Limit, VolumeLeaves } from './layout'

/** First block of the tables; before it are the label and the superblock's first places. */
export const TablesBegin: u64 = 32
/** Blocks at the end that hold nothing but the superblock's last places. */
export const TailBlocks: u64 = 16
/** A smaller device is not taken. */
@inline export const DeviceBlocksMinimum: u64 = 1024
/** 2 TiB for each top entry that a pool can have. */
@inline export const DeviceBlocksLimit: u64 = <u64>64 << 29

@unmanaged export class Device {
  handle: u32 //      number by which the capability knows it
  topBase: u32 //     number of its first table block of each kind in the pool
  indexBase: u32
  leafBase: u32
  tops: u32 //        how many of each
  indexes: u32
  leaves: u32
  reserved: u32
  blocks: u64
  first: u64 //       block of the pool that is its block 0
  data: u64 //        its blocks [data, dataEnd) are given out
  dataEnd: u64
  uuidLow: u64
  uuidHigh: u64
  before: u64 //      blocks of the devices before it
}
const DeviceShift: usize = 7

const devices: usize = memory.data(16 << 7, 8)
const deviceOfTop: usize = memory.data(416)
export let deviceCount: u32 = 0
export let topCount: u32 = 0

@inline export function device(index: u32): Device { return changetype<Device>(devices + (<usize>index << DeviceShift)) }

export function clearDevices(): void {
  deviceCount = 0
  topCount = 0
}

/** Adds a device of `blocks` blocks behind the others. False when it is too small, too large, or the pool has no room for it. */
export function addDevice(handle: u32, blocks: u64): bool {
  if (deviceCount == Limit.Devices || blocks < DeviceBlocksMinimum || blocks > DeviceBlocksLimit) return false
  const added = device(deviceCount)
  added.handle = handle
  added.blocks = blocks
  added.leaves = <u32>((blocks + (1 << CountBits) - 1) >> CountBits) + (deviceCount == 0 ? VolumeLeaves : 0)
  added.indexes = (added.leaves + 511) >> EntryBits
  added.tops = (added.indexes + 511) >> EntryBits
  if (topCount + added.tops > Limit.Tops) return false
  added.topBase = topCount
  added.indexBase = topCount << EntryBits
  added.leafBase = topCount << (2 * EntryBits)
  added.first = deviceCount == 0 ? 0 : (<u64>(added.leafBase - VolumeLeaves)) << CountBits
  added.before = deviceCount == 0 ? 0 : device(deviceCount - 1).before + device(deviceCount - 1).blocks
  added.data = TablesBegin + 2 * <u64>(added.tops + added.indexes + added.leaves)
  added.dataEnd = blocks - TailBlocks
  if (added.data >= added.dataEnd) return false
  memory.fill(deviceOfTop + topCount, <u8>deviceCount, added.tops)
  topCount += added.tops
  deviceCount++
  return true
}

/** Blocks of the pool that can be given out. */
export function dataBlocks(): u64 {
  let sum: u64 = 0
  for (let index: u32 = 0; index < deviceCount; index++) sum += device(index).dataEnd - device(index).data
  return sum
}

/** The device that a leaf is on; its top entry is below topCount. */
@inline export function deviceOfLeaf(leaf: u32): Device { return device(load<u8>(deviceOfTop + (leaf >> (2 * EntryBits)))) }

/** The leaf that has the count of a block of the pool. */
@inline export function leafOf(block: u64): u32 { return VolumeLeaves + <u32>(block >> CountBits) }
/** The first block that a leaf counts. */
@inline export function firstOfLeaf(leaf: u32): u64 { return (<u64>(leaf - VolumeLeaves)) << CountBits }

/** True for a block of the pool that can be given out. */
export function isDataBlock(block: u64): bool {
  if (block >= (<u64>topCount << (2 * EntryBits + CountBits))) return false
  const leaf = leafOf(block)
  if (leaf >> (2 * EntryBits) >= topCount) return false
  const on = deviceOfLeaf(leaf)
  const at = block - on.first
  return block >= on.first && at >= on.data && at < on.dataEnd
}

/** Where a device's block of the tables lies, by its number in the pool and its place (0 or 1). */
export function topBlock(on: Device, top: u32, place: u32): u64 { return TablesBegin + 2 * <u64>(top - on.topBase) + place }
export function indexBlock(on: Device, index: u32, place: u32): u64 { return TablesBegin + 2 * <u64>(on.tops + index - on.indexBase) + place }
export function leafBlock(on: Device, leaf: u32, place: u32): u64 { return TablesBegin + 2 * <u64>(on.tops + on.indexes + leaf - on.leafBase) + place }

/** Where the superblock of a generation lies on a device of so many blocks: its first place or its last. */
export function superblockBlock(blocks: u64, generation: u64, last: bool): u64 { return (last ? blocks - 2 : 1) + (generation & 1) }
