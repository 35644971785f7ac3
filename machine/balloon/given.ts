/** Which pages its guest has given back, by blocks of 2 MiB: how many of each, and of those that are given in part which. */
import { size } from '../../capability/ram'
import { HIGH_RAM_BASE, LOW_RAM_LIMIT } from '../layout'
import { isRam } from '../ram'
import { PageShift } from './registers'

export const BlockShift: u64 = 21
export const BlockBytes: u64 = 1 << 21
const PagesOfBlock: u32 = 512
const MapBytes: u32 = PagesOfBlock >> 3
/** Most blocks that are given in part: what is given of more of them is not remembered, and stays the guest's. */
const MapLimit: u32 = 16384
const NoMap: u32 = 0xffff
const Released: u32 = 0xfffe

@unmanaged class Block {
  count: u16 // pages given, PagesOfBlock at most
  map: u16 //   the number of its map; NoMap: none of it is given, or all; Released: all, and the nucleus was asked to take it since
}
const BlockRecordBytes: usize = 4 // a machine has 4 MiB for everything, and a VM half a million blocks

let blocks: usize = 0
let maps: usize = 0
let freeMap: u32 = NoMap
/** Blocks of RAM. */
export let blockCount: u32 = 0

/** Makes room for a VM's RAM, once. */
export function prepare(): void {
  blockCount = <u32>(size() >> BlockShift)
  blocks = heap.alloc(<usize>blockCount * BlockRecordBytes)
  maps = heap.alloc(<usize>min(blockCount, MapLimit) * MapBytes)
}

/** Nothing is given. */
export function forget(): void {
  for (let index: u32 = 0; index < blockCount; index++) {
    blockAt(index).count = 0
    blockAt(index).map = <u16>NoMap
  }
  const mapCount = min(blockCount, MapLimit)
  for (let map: u32 = 0; map < mapCount; map++) store<u32>(mapAt(map), map + 1 < mapCount ? map + 1 : NoMap)
  freeMap = mapCount != 0 ? 0 : NoMap
}

@inline function blockAt(index: u32): Block { return changetype<Block>(blocks + <usize>index * BlockRecordBytes) }
@inline function mapAt(map: u32): usize { return maps + <usize>map * MapBytes }

/** The number of the block of RAM that holds `gpa`: they are counted without the hole below 4 GiB. */
@inline export function blockOf(gpa: u64): u32 { return <u32>((gpa < HIGH_RAM_BASE ? gpa : gpa - HIGH_RAM_BASE + LOW_RAM_LIMIT) >> BlockShift) }
/** Where a block begins. */
export function addressOf(index: u32): u64 {
  const offset = <u64>index << BlockShift
  return offset < LOW_RAM_LIMIT ? offset : offset - LOW_RAM_LIMIT + HIGH_RAM_BASE
}

/** The guest gives a page; what is no RAM, or given already, is nothing new. True when all of its block is given now. */
export function give(page: u64): bool {
  if (!isRam(page << PageShift, 1 << PageShift)) return false
  const block = blockAt(blockOf(page << PageShift))
  if (block.count == PagesOfBlock) return false
  if (block.map == NoMap && !takeMap(block, 0)) return false
  const at = mapAt(block.map) + (<usize>page % PagesOfBlock >> 3)
  const bit: u32 = 1 << (<u32>page & 7)
  if (load<u8>(at) & bit) return false
  store<u8>(at, load<u8>(at) | bit)
  if (++block.count != PagesOfBlock) return false
  freeMapOf(block)
  return true
}

/** The guest takes a page again. */
export function take(page: u64): void {
  if (!isRam(page << PageShift, 1 << PageShift)) return
  const block = blockAt(blockOf(page << PageShift))
  if (block.count == 0) return
  if (block.count == PagesOfBlock && !takeMap(block, 0xff)) {
    block.count = 0
    block.map = <u16>NoMap
    return
  }
  const at = mapAt(block.map) + (<usize>page % PagesOfBlock >> 3)
  const bit: u32 = 1 << (<u32>page & 7)
  if (!(load<u8>(at) & bit)) return
  store<u8>(at, load<u8>(at) & ~bit)
  if (--block.count == 0) freeMapOf(block)
}

/** Whether all of a block is given. */
export function isWhole(index: u32): bool { return blockAt(index).count == PagesOfBlock }
/** Whether all of a block is given and the nucleus was not asked to take it. */
export function isReleasable(index: u32): bool { return isWhole(index) && blockAt(index).map == NoMap }
/** The nucleus has been asked to take it, or, `false`, is to be again. */
export function setReleased(index: u32, released: bool): void { if (isWhole(index)) blockAt(index).map = <u16>(released ? Released : NoMap) }

function takeMap(block: Block, content: u8): bool {
  if (freeMap == NoMap) return false
  block.map = <u16>freeMap
  freeMap = load<u32>(mapAt(freeMap))
  memory.fill(mapAt(block.map), content, MapBytes)
  return true
}

function freeMapOf(block: Block): void {
  store<u32>(mapAt(block.map), freeMap)
  freeMap = block.map
  block.map = <u16>NoMap
}
