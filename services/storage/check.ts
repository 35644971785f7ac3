/**
 * Checks the whole pool: walks all trees, counts how often each block is pointed at and compares that with the space map. A node that several point at is walked
 * once. What is under way is not counted on either side.
 */
import { append, appendHexadecimal, say } from '../logline'
import { device, deviceCount, deviceOfLeaf, firstOfLeaf, isDataBlock, leafOf } from './device'
import { fetched, fetchLeaf, fetchNode } from './fetch'
import { Count, CountBits, Limit, NodeBits, Pointer } from './layout'
import { Outcome } from './outcome'
import { contentOf } from './page'
import { isCountLeaf, leafLimit } from './tables'
import { pointerAt } from './tree'
import { volume } from './volumes'

enum Step { None, Walk, Compare }
let step: Step = Step.None
let counts: usize = 0
let number: u32 = 0 // of the volume, or of the leaf
/** Blocks whose count is not how often they are pointed at, and pointers that lead nowhere. */
export let problems: u64 = 0
const Named: u64 = 20 // problems that are told one by one

/** The nodes from the root to where the walk is. */
@unmanaged class Frame {
  block: u64
  checksum: u32
  reserved: u32
  index: u32 // where to go on
  level: u32
}
const frames: usize = memory.data(6 * 24, 8)
let depth: u32 = 0
@inline function frame(index: u32): Frame { return changetype<Frame>(frames + <usize>index * 24) }

/** Begins, with memory for a count of each block at `memory`, all zero. */
export function beginCheck(memory: usize): void {
  step = Step.Walk
  counts = memory
  number = depth = 0
  problems = 0
}
/** Bytes of memory that a check needs. */
export function checkBytes(): u64 { return (device(deviceCount - 1).before + device(deviceCount - 1).blocks) << 1 }
/** True while nothing else is to change. */
export function isChecking(): bool { return step != Step.None }

/** Does a step: Again until it is Done. */
export function check(): Outcome {
  const status = step == Step.Walk ? walk() : compare()
  if (status == Outcome.Done) step = Step.None
  return status
}

/** Where the count of a block is. */
function countOf(block: u64): usize {
  const on = deviceOfLeaf(leafOf(block))
  return counts + (<usize>(on.before + block - on.first) << 1)
}

/** Counts a pointer; true when its target was not counted before. */
function countPointer(pointer: Pointer): bool {
  if (pointer.reserved != 0 || !isDataBlock(pointer.block)) {
    problems++
    return false
  }
  const at = countOf(pointer.block)
  store<u16>(at, load<u16>(at) + 1)
  return load<u16>(at) == 1
}

/** Goes down where a pointer leads for the first time. */
function enter(pointer: Pointer, level: u32): void {
  if (!countPointer(pointer)) return
  const entered = frame(depth++)
  entered.block = pointer.block
  entered.checksum = pointer.checksum
  entered.reserved = pointer.reserved
  entered.index = 0
  entered.level = level
}

function walk(): Outcome {
  if (depth == 0) {
    while (number < Limit.Volumes && volume(number).rootBlock == 0) number++
    if (number == Limit.Volumes) {
      step = Step.Compare
      number = leafOf(0)
    } else {
      enter(volume(number).root, volume(number).height - 1)
      number++
    }
    return Outcome.Again
  }
  const here = frame(depth - 1)
  const status = fetchNode(changetype<Pointer>(here))
  if (status == Outcome.Wait) return status
  if (status == Outcome.Done) {
    const level = here.level
    while (here.index < 1 << NodeBits) {
      const pointer = pointerAt(fetched, here.index++)
      if (pointer.block == 0) continue
      if (level == 0) {
        countPointer(pointer)
        continue
      }
      enter(pointer, level - 1)
      return Outcome.Again
    }
  } else {
    tell('a node of the mapping cannot be read: block ', here.block)
  }
  depth--
  return Outcome.Again
}

function compare(): Outcome {
  while (number < leafLimit && !isCountLeaf(number)) number++
  if (number == leafLimit) return Outcome.Done
  const status = fetchLeaf(number)
  if (status == Outcome.Wait) return status
  const first = firstOfLeaf(number++)
  if (status == Outcome.Corrupt) {
    tell('a block of the space map cannot be read: that of block ', first)
    return Outcome.Again
  }
  for (let index: u32 = 0; index < 1 << CountBits; index++) {
    const count: u32 = load<u16>(contentOf(fetched) + (<usize>index << 1))
    if (count == Count.Reserved) continue
    if ((count >= Count.Held ? 0 : count) != <u32>load<u16>(countOf(first + index))) tell('the count of references is wrong: block ', first + index)
  }
  return Outcome.Again
}

function tell(what: string, block: u64): void {
  if (++problems > Named) return
  append('pool check: ')
  append(what)
  appendHexadecimal(block)
  say()
}
