/** Changes of what a volume's blocks are mapped to, each whole when it is Done: a commit may come between any two. */
import { Purpose } from './allocate'
import { recordChanged } from './dirty'
import { fetched, fetchNode } from './fetch'
import { NodeBits, Pointer, Volume } from './layout'
import { Outcome } from './outcome'
import { contentOf, Page } from './page'
import { countOf, prepareCount, release, releaseNode, settle } from './space'
import { indexAt, own, pathPage, pointerAt, prepareChildren } from './tree'
import { numberOfVolume } from './volumes'

/** How many blocks `map` mapped. */
export let mapped: u32 = 0

/** Maps up to `count` blocks of a volume to held blocks of data with the checksums at `checksums`: those of one node. What was mapped before a Wait is. */
export function map(it: Volume, block: u64, data: u64, checksums: usize, count: u32): Outcome {
  mapped = 0
  const status = own(it, block, 0, Purpose.Node)
  if (status != Outcome.Done) return status
  const node = pathPage(0)
  for (let index = indexAt(block, 0); mapped < count && index < 1 << NodeBits; index++, mapped++) {
    const pointer = pointerAt(node, index)
    if (pointer.block != 0) {
      const found = prepareCount(pointer.block)
      if (found != Outcome.Done) return found
      release(pointer.block)
    }
    settle(data + mapped)
    pointer.block = data + mapped
    pointer.checksum = load<u32>(checksums + (<usize>mapped << 2))
  }
  return Outcome.Done
}

/** Where `unmap` is to go on. */
export let unmappedTo: u64 = 0

/** Takes the mapping of a part of [from, to) away, from `from` on, up to `unmappedTo`. Blocks of `to` and beyond are left alone. */
export function unmap(it: Volume, from: u64, to: u64, purpose: u32): Outcome {
  let pointer = it.root
  let level = it.height // of what the pointer is to have below it: the node is one lower
  while (true) {
    const span = <u64>1 << (NodeBits * level)
    const begin = from & ~(span - 1)
    unmappedTo = min(begin + span, to)
    if (pointer.block == 0) return Outcome.Done
    const isWhole = from == begin && to - begin >= span
    if (isWhole) {
      const status = dropBelow(it, pointer, from, level, purpose)
      if (status != Outcome.Again) return status
    }
    if (level == 0) return Outcome.Done
    const status = fetchNode(pointer)
    if (status != Outcome.Done) return status
    level--
    pointer = pointerAt(fetched, indexAt(from, level))
  }
}

/** Drops all that a pointer leads to, if that is one step: data, a node that others have too, or one of the lowest level. Again if it is not. */
function dropBelow(it: Volume, pointer: Pointer, from: u64, level: u32, purpose: u32): Outcome {
  const block = pointer.block
  let status = prepareCount(block)
  if (status != Outcome.Done) return status
  const isShared = level != 0 && countOf(block) > 1
  if (level > 1 && !isShared) return Outcome.Again
  // The pointer is in the node above, which is made the volume's own; nothing above the root.
  if (level < it.height) {
    status = own(it, from, level, purpose)
    if (status != Outcome.Done) return status
    pointer = pointerAt(pathPage(level), indexAt(from, level))
  }
  // Making it the volume's own may have shared what was not, or taken the counts' page.
  status = prepareCount(block)
  if (status != Outcome.Done) return status
  if (level == 1 && countOf(block) == 1) {
    status = fetchNode(pointer)
    if (status != Outcome.Done) return status
    const node = fetched
    status = prepareChildren(node)
    if (status != Outcome.Done) return status
    if (node.key != block) return Outcome.Again
    releaseChildren(node)
  } else if (level > 1 && countOf(block) == 1) {
    return Outcome.Again
  }
  if (level == 0) release(block)
  else releaseNode(block)
  clear(pointer)
  recordChanged(numberOfVolume(it))
  if (level < it.height) prune(it, level)
  return Outcome.Done
}

function clear(pointer: Pointer): void {
  pointer.block = 0
  pointer.checksum = 0
}

function releaseChildren(node: Page): void {
  for (let index: u32 = 0; index < 1 << NodeBits; index++) if (pointerAt(node, index).block != 0) release(pointerAt(node, index).block)
}

/** Gives nodes of the path back that have become empty, from a level up. Their counts are not in memory for certain: those that are not remain, empty. */
function prune(it: Volume, from: u32): void {
  for (let level = from; level < it.height && isEmpty(pathPage(level)); level++) {
    const node = pathPage(level)
    const pointer = level + 1 == it.height ? it.root : pointerAt(pathPage(level + 1), node.slot)
    if (prepareCount(pointer.block) != Outcome.Done) return
    releaseNode(pointer.block)
    clear(pointer)
  }
}

function isEmpty(node: Page): bool {
  const content = contentOf(node)
  for (let at: usize = 0; at < 4096; at += 16) if (load<u64>(content + at) != 0) return false
  return true
}
