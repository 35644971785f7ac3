/** Finds free blocks, and keeps some back for what gives blocks back. */
import { device, firstOfLeaf, leafOf } from './device'
import { changed } from './dirty'
import { fetched, fetchLeaf } from './fetch'
import { Count, CountBits, EntryBits } from './layout'
import { Outcome } from './outcome'
import { contentOf, hold } from './page'
import { damage } from './pool'
import { clearFreed } from './space'
import { changeFree, freeBlocks, freeOfIndex, freeOfLeaf, indexLimit, leafLimit } from './tables'

/** What is left for what: a write of data leaves more free than one of nodes, and deleting may use everything. */
export namespace Purpose {
  export const Data: u32 = 0
  export const Node: u32 = 1
  export const Discard: u32 = 2
  export const Delete: u32 = 3
}
let reserve: u64 = 0
/** Blocks that can be given out, taken ones too. */
export let totalBlocks: u64 = 0
/** What `allocate` found. */
export let allocated: u64 = 0
export let allocatedCount: u32 = 0
// Where data and nodes were last put, so that each lie together.
let dataCursor: u64 = 0
let nodeCursor: u64 = 0

/** Begins with a pool of `total` blocks that can be given out, of which some have been. */
export function beginSpace(total: u64): void {
  totalBlocks = total
  reserve = min(max(total >> 7, 64), 16384)
  clearFreed()
  dataCursor = 0
  nodeCursor = device(0).blocks >> 1
}

/** Finds up to `wanted` free blocks in a row. A node's is referred to from now on; those for data are held until they are `settled` or `abandoned`. */
export function allocate(wanted: u32, purpose: u32): Outcome {
  const kept = purpose == Purpose.Data ? reserve : purpose == Purpose.Node ? reserve >> 1 : purpose == Purpose.Discard ? reserve >> 2 : 0
  if (freeBlocks <= kept) return Outcome.NoSpace
  const cursor = purpose == Purpose.Data ? dataCursor : nodeCursor
  const number = leafWithFree(leafOf(cursor))
  const status = fetchLeaf(number)
  if (status == Outcome.Corrupt) damage('a block of the space map cannot be read')
  if (status != Outcome.Done) return status
  const leaf = fetched
  const first = firstOfLeaf(number)
  const from = cursor >= first && cursor < first + (1 << CountBits) ? <u32>(cursor - first) : 0
  const content = contentOf(leaf)
  let index = firstFree(content, from)
  if (index == 1 << CountBits) index = firstFree(content, 0)
  if (index == 1 << CountBits) {
    damage('the space map counts blocks as free that are not')
    return Outcome.Corrupt
  }
  allocated = first + index
  const limit = <u32>min(min(<u64>wanted, freeBlocks - kept), (1 << CountBits) - index)
  const value: u32 = purpose == Purpose.Data ? Count.Held : 1
  allocatedCount = 0
  for (; allocatedCount < limit && load<u16>(content + (<usize>index << 1)) == 0; allocatedCount++, index++) store<u16>(content + (<usize>index << 1), <u16>value)
  changeFree(number, -<i32>allocatedCount)
  if (purpose == Purpose.Data) {
    hold(leaf, allocatedCount)
    dataCursor = allocated + allocatedCount
  } else {
    changed(leaf)
    nodeCursor = allocated + 1
  }
  return Outcome.Done
}

/** The first index from `from` on whose count is 0; 2048 if there is none. */
function firstFree(content: usize, from: u32): u32 {
  let index = from
  while (index < 1 << CountBits) {
    if (load<u16>(content + (<usize>index << 1)) == 0) return index
    index++
  }
  return index
}

/** The first leaf with a free block, from `begin` on and around; there is one. */
function leafWithFree(begin: u32): u32 {
  if (begin < leafLimit && freeOfLeaf(begin) != 0) return begin
  for (let steps: u32 = 0, index = begin >> EntryBits; steps <= indexLimit; steps++, index++) {
    if (index >= indexLimit) index = 0
    if (freeOfIndex(index) == 0) continue
    const end = (index + 1) << EntryBits
    for (let leaf = steps == 0 && begin < leafLimit ? begin : index << EntryBits; leaf < end; leaf++) if (freeOfLeaf(leaf) != 0) return leaf
  }
  return begin
}

/** What was allocated last for data was abandoned: the next begins there again. */
export function retreat(): void { dataCursor = allocated }
