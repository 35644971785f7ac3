import { Block, BlockState, FrameTable, HeaderBytes } from '../../kernel/memory/block'
import { initialize, reclaim as reclaimFrames, tableBytes } from '../../kernel/memory/frames'
export { addRange, allocate, allocateContiguous, allocateHuge, allocateLarge, free, freeLarge, owned, ownerOf, reserve, tableBytes, total } from '../../kernel/memory/frames'

/** Initializes a table after this module's static data, on memory that is not zero, as physical memory is not. */
export function start(top: u64): usize {
  const bytes = <usize>tableBytes(top)
  const address = <usize>(__heap_base + 15) & ~15
  memory.grow(<i32>(bytes >> 16) + 1)
  memory.fill(address, 0xA5, bytes)
  initialize(address, top)
  return address
}

/** Counts free frames from the bitmaps and the lists, to hold against the counters: -1 when a list is broken. */
export function freeByBitmap(address: usize): i64 {
  const table = changetype<FrameTable>(address)
  let frames: i64 = 0
  let whole = 0
  let partial = 0
  for (let index: u32 = 0; index < table.blocks; index++) {
    const block = table.block(index)
    let bits: i64 = 0
    for (let word: u32 = 0; word < 8; word++) bits += popcnt(load<u64>(block.word(word)))
    if (bits != <i64>block.free) return -1
    if (bits == 512 && block.state != BlockState.Whole) return -1
    if (bits > 0 && bits < 512 && block.state != BlockState.Partial) return -1
    if (block.state == BlockState.Whole) whole++
    if (block.state == BlockState.Partial) partial++
    frames += bits
  }
  return length(table, table.whole) == whole && length(table, table.partial) == partial ? frames : -1
}

function length(table: FrameTable, head: u32): i32 {
  let count = 0
  let previous: u32 = 0xFFFF_FFFF
  for (let index = head; index != 0xFFFF_FFFF; index = table.block(index).next) {
    if (table.block(index).previous != previous || ++count > <i32>table.blocks) return -1
    previous = index
  }
  return count
}

export function blockBytes(): usize { return offsetof<Block>() }
export function headerBytes(): usize { return HeaderBytes }
export function reclaim(owner: u32, limit: u64): u64 { return reclaimFrames(owner, limit) }
