/**
 * The trees: of each volume, nodes of 256 pointers, as many levels as its size needs. Trees share nodes, whose counts say how often they are pointed at; before a
 * volume changes a node it makes it its own, from the root down.
 */
import { allocate, allocated } from './allocate'
import { havePages } from './change'
import { changed, recordChanged } from './dirty'
import { fetched, fetchNode } from './fetch'
import { BlockBytes, NodeBits, Pointer, PointerShift, Volume } from './layout'
import { Outcome, wait } from './outcome'
import { contentOf, findPage, NoKey, numberOfPage, Page, page, PageFlag, PageState, rekey, setPageState, takePage } from './page'
import { countOf, prepareCount, releaseNode, share } from './space'
import { numberOfVolume } from './volumes'

const PointerMask: u64 = (1 << NodeBits) - 1

/** Where `lookUp` found a pointer, in a page that is there until something is fetched. */
export let foundPointer: Pointer = changetype<Pointer>(0)
/** How many blocks from the one asked for on there is a Hole, at least. */
export let holeBlocks: u64 = 0

/** A pointer of a node. */
@inline export function pointerAt(it: Page, index: u32): Pointer { return changetype<Pointer>(contentOf(it) + (<usize>index << PointerShift)) }
/** Which pointer of a node on a level leads to a block of the volume. */
@inline export function indexAt(block: u64, level: u32): u32 { return <u32>(block >> (NodeBits * level) & PointerMask) }

/** Finds where a block of a volume is mapped to: Done, Hole, Wait or Corrupt. */
export function lookUp(it: Volume, block: u64): Outcome {
  let pointer = it.root
  let level = it.height
  while (pointer.block != 0 && level-- > 0) {
    const status = fetchNode(pointer)
    if (status != Outcome.Done) return status
    pointer = pointerAt(fetched, indexAt(block, level))
  }
  if (pointer.block == 0) {
    const span = <u64>1 << (NodeBits * level)
    holeBlocks = span - (block & span - 1)
    return Outcome.Hole
  }
  foundPointer = pointer
  return Outcome.Done
}

/** The nodes that `own` made the volume's own, by their levels. */
const path: usize = memory.data(5 * 4, 4)
@inline export function pathPage(level: u32): Page { return page(load<u32>(path + (<usize>level << 2))) }

/** Makes the nodes from the root down to `bottom` on the way to a block the volume's own, and those that are missing. */
export function own(it: Volume, block: u64, bottom: u32, purpose: u32): Outcome {
  recordChanged(numberOfVolume(it))
  let pointer = it.root
  let parent: u32 = 0
  let slot = numberOfVolume(it)
  let level = it.height - 1
  while (true) {
    const status = ownNode(pointer, level, purpose)
    if (status != Outcome.Done) return status
    const node = changetype<Page>(owned)
    node.parent = parent
    node.slot = slot
    store<u32>(path + (<usize>level << 2), numberOfPage(node))
    if (level == bottom) return Outcome.Done
    parent = numberOfPage(node) + 1
    slot = indexAt(block, level)
    pointer = pointerAt(node, slot)
    level--
  }
}

let owned: usize = 0

/** What `pointer`, in something that is the volume's own already, points at is made its own. */
function ownNode(pointer: Pointer, level: u32, purpose: u32): Outcome {
  if (pointer.block == 0) return create(pointer, level, purpose)
  let status = fetchNode(pointer)
  if (status != Outcome.Done) return status
  const node = fetched
  owned = changetype<usize>(node)
  if ((node.flags & PageFlag.Own) != 0) return Outcome.Done
  status = prepareCount(pointer.block)
  if (status != Outcome.Done) return status
  const alone = countOf(pointer.block) <= 1
  if (alone && node.state == PageState.Dirty) {
    node.flags |= PageFlag.Own
    node.level = level
    return Outcome.Done
  }
  return copy(node, pointer, level, purpose, alone)
}

function create(pointer: Pointer, level: u32, purpose: u32): Outcome {
  const made = takePage(NoKey)
  if (!made) return wait(0)
  const status = allocate(1, purpose)
  if (status != Outcome.Done) return status
  memory.fill(contentOf(made), 0, BlockBytes)
  adopt(made, pointer, level)
  return Outcome.Done
}

/**
 * A node that is on the devices, or is on its way there, goes on in another block; what it points at is shared if the old one remains. The page is taken first: a
 * fetch that is Done takes none, so that whatever was there when the last one was Done is still there. Sharing takes many: where they are short the rest of the path
 * waits for a commit.
 */
function copy(node: Page, pointer: Pointer, level: u32, purpose: u32, alone: bool): Outcome {
  if (!alone && !havePages()) return wait(0)
  const isMoved = alone && node.state == PageState.Clean
  const made = isMoved ? node : takePage(NoKey)
  if (!made) return wait(0)
  if (node.key != pointer.block) return wait(numberOfPage(made) + 1)
  let status = alone ? Outcome.Done : prepareChildren(node)
  if (status == Outcome.Done) status = prepareCount(pointer.block)
  if (status == Outcome.Done) status = allocate(1, purpose)
  if (status != Outcome.Done) return status
  if (isMoved) {
    rekey(node, NoKey)
  } else {
    memory.copy(contentOf(made), contentOf(node), BlockBytes)
    if (!alone) for (let index: u32 = 0; index < 1 << NodeBits; index++) if (pointerAt(made, index).block != 0) share(pointerAt(made, index).block)
  }
  releaseNode(pointer.block)
  adopt(made, pointer, level)
  return Outcome.Done
}

/** Puts a node above a volume's root, which it points at first. */
export function addRoot(it: Volume, purpose: u32): Outcome {
  const made = takePage(NoKey)
  if (!made) return wait(0)
  const status = allocate(1, purpose)
  if (status != Outcome.Done) return status
  memory.fill(contentOf(made), 0, BlockBytes)
  const below = it.root
  memory.copy(contentOf(made), changetype<usize>(below), 1 << PointerShift)
  const lower = findPage(below.block)
  if (lower && (lower.flags & PageFlag.Own) != 0) {
    lower.parent = numberOfPage(made) + 1
    lower.slot = 0
  }
  made.parent = 0
  made.slot = numberOfVolume(it)
  adopt(made, below, it.height)
  return Outcome.Done
}

/** `made` is the node that `pointer` points at, in the block that was allocated. */
function adopt(made: Page, pointer: Pointer, level: u32): void {
  rekey(made, allocated)
  made.flags |= PageFlag.Own
  made.level = level
  if (made.state == PageState.Free) setPageState(made, PageState.Clean)
  changed(made)
  pointer.block = allocated
  pointer.checksum = 0
  owned = changetype<usize>(made)
}

/** Has the counts of all that a node points at in memory. */
export function prepareChildren(node: Page): Outcome {
  for (let index: u32 = 0; index < 1 << NodeBits; index++) {
    const block = pointerAt(node, index).block
    if (block == 0) continue
    const status = prepareCount(block)
    if (status != Outcome.Done) return status
  }
  return Outcome.Done
}
