/** Counts of references to the pool's blocks: who finds a free one, who refers to one more often, and when it is free again. */
import { isDataBlock, leafOf } from './device'
import { changed } from './dirty'
import { fetchLeaf } from './fetch'
import { BlockBytes, Count, CountBits, CountHighBits, Limit } from './layout'
import { Outcome } from './outcome'
import { contentOf, dropPage, findPage, hold, LeafKey, Page } from './page'
import { damage, generation } from './pool'
import { changeFree } from './tables'

/** Blocks that will be free when the commit to come, or the one under way, is done. */
export let freedBlocks: u64 = 0
/** Begins with a pool of which nothing was freed yet. */
export function clearFreed(): void { freedBlocks = 0 }

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

/** A held block is referred to. */
export function settle(block: u64): void {
  const leaf = leafPage(block)
  store<u16>(countAt(leaf, block), 1)
  hold(leaf, -1)
  changed(leaf)
}

/** Holds a free block whose count is in memory, also one that is held already; false when it is not free. */
export function holdFree(block: u64): bool {
  const leaf = leafPage(block)
  const at = countAt(leaf, block)
  if (load<u16>(at) == Count.Held) return true
  if (load<u16>(at) != 0) return false
  store<u16>(at, <u16>Count.Held)
  hold(leaf, 1)
  changeFree(leafOf(block), -1)
  return true
}

/** A held block is not needed after all. */
export function abandon(block: u64): void {
  const leaf = leafPage(block)
  store<u16>(countAt(leaf, block), 0)
  hold(leaf, -1)
  changeFree(leafOf(block), 1)
}
