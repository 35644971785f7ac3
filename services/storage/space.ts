/** Counts of references to the pool's blocks: who finds a free one, who refers to one more often, and when it is free again. */
import { device, firstOfLeaf, isDataBlock, leafOf } from './device'
import { changed } from './dirty'
import { fetched, fetchLeaf } from './fetch'
import { BlockBytes, Count, CountBits, CountHighBits, EntryBits, Limit } from './layout'
import { Outcome } from './outcome'
import { contentOf, dropPage, findPage, hold, LeafKey, Page } from './page'
import { damage, generation } from './pool'
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
/** Blocks that will be free when the commit to come, or the one under way, is done. */
export let freedBlocks: u64 = 0
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
  freedBlocks = 0
  dataCursor = 0
  nodeCursor = device(0).blocks >> 1
}
export function reservedBlocks(): u64 { return reserve }

@inline function countAt(leaf: Page, block: u64): usize { return contentOf(leaf) + (<usize>(block & (1 << CountBits) - 1) << 1) }
@inline function leafPage(block: u64): Page { return changetype<Page>(findPage(LeafKey | leafOf(block))) }

/** Has the count of a block in memory. */
export function prepareCount(block: u64): Outcome {
  if (!isDataBlock(block)) return Outcome.Corrupt
  const status = fetchLeaf(leafOf(block))
  if (status == Outcome.Corrupt) damage('a block of the space map cannot be read')
  return status
}
/** References to a block whose count is in memory; those that are under way or were given up count as none. */
export function countOf(block: u64): u32 {
  const count: u32 = load<u16>(countAt(leafPage(block), block))
  return count >= Count.Held ? 0 : count
}

/** One reference more to a block whose count is in memory. */
export function share(block: u64): void {
  const leaf = leafPage(block)
  const at = countAt(leaf, block)
  const count: u32 = load<u16>(at)
  if (count == 0 || count >= Limit.References) return damage('a block that is referred to has no count')
  store<u16>(at, <u16>(count + 1))
  changed(leaf)
}

/** One reference less to a block whose count is in memory. Without any it is free after the next commit; true then. */
export function release(block: u64): bool {
  const leaf = leafPage(block)
  const at = countAt(leaf, block)
  const count: u32 = load<u16>(at)
  if (count == 0 || count > Limit.References) {
    damage('a block that was referred to has no count')
    return false
  }
  changed(leaf)
  if (count > 1) {
    store<u16>(at, <u16>(count - 1))
    return false
  }
  const odd = (generation & 1) != 0
  store<u16>(at, <u16>(odd ? Count.FreedOdd : Count.FreedEven))
  if (odd) leaf.freedOdd++
  else leaf.freedEven++
  hold(leaf, 1)
  freedBlocks++
  return true
}

/** The same for a node, whose page goes with its last reference. */
export function releaseNode(block: u64): void {
  if (!release(block)) return
  const it = findPage(block)
  if (it) dropPage(it)
}

/** What was freed in a generation is free, in one leaf. */
export function settleFreed(leaf: Page, it: u64): void {
  const odd = (it & 1) != 0
  const marker: u32 = odd ? Count.FreedOdd : Count.FreedEven
  const freed = odd ? leaf.freedOdd : leaf.freedEven
  if (freed == 0) return
  const content = contentOf(leaf)
  for (let word = content; word < content + BlockBytes; word += 8) {
    if ((load<u64>(word) & CountHighBits) == 0) continue
    for (let at = word; at < word + 8; at += 2) if (load<u16>(at) == marker) store<u16>(at, 0)
  }
  if (odd) leaf.freedOdd = 0
  else leaf.freedEven = 0
  hold(leaf, -<i32>freed)
  freedBlocks -= freed
  changeFree(<u32>leaf.key, freed)
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

/** A held block is referred to. */
export function settle(block: u64): void {
  const leaf = leafPage(block)
  store<u16>(countAt(leaf, block), 1)
  hold(leaf, -1)
  changed(leaf)
}

/** What was allocated last for data was abandoned: the next begins there again. */
export function retreat(): void { dataCursor = allocated }

/** A held block is not needed after all. */
export function abandon(block: u64): void {
  const leaf = leafPage(block)
  store<u16>(countAt(leaf, block), 0)
  hold(leaf, -1)
  changeFree(leafOf(block), 1)
}
