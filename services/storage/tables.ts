/**
 * The pool's tables: entries of all leaves and index blocks, which are in memory as a whole, 8 bytes for 8 MiB of the pool. They change only when a commit
 * begins, and are written from where they are.
 */
import { take } from './arena'
import { Device, deviceCount, device, deviceOfLeaf, firstOfLeaf, topCount } from './device'
import { BlockBytes, Count, CountBits, Entry, EntryBits, EntryInitial, VolumeLeaves } from './layout'

let leafEntries: usize = 0
let indexEntries: usize = 0
let topEntries: usize = 0
let freeCounts: usize = 0 // of each leaf, now: u16
let freeSums: usize = 0 // of each index block's leaves: u32
/** Leaves and index blocks that the numbering reaches; not all of them are there. */
export let leafLimit: u32 = 0
export let indexLimit: u32 = 0
/** Blocks that nothing refers to and nobody holds. */
export let freeBlocks: u64 = 0

/** Makes room for the tables of the devices. False without memory. */
export function makeTables(): bool {
  const last = device(deviceCount - 1)
  leafLimit = last.leafBase + (last.indexes << EntryBits)
  indexLimit = last.indexBase + (last.tops << EntryBits)
  freeBlocks = 0
  leafEntries = take(<usize>leafLimit << 3)
  indexEntries = take(<usize>indexLimit << 3)
  topEntries = take(<usize>topCount << 3)
  freeCounts = take(<usize>leafLimit << 1)
  freeSums = take(<usize>indexLimit << 2)
  return leafEntries != 0 && indexEntries != 0 && topEntries != 0 && freeCounts != 0 && freeSums != 0
}

@inline export function leafEntry(leaf: u32): u64 { return load<u64>(leafEntries + (<usize>leaf << 3)) }
@inline export function setLeafEntry(leaf: u32, entry: u64): void { store<u64>(leafEntries + (<usize>leaf << 3), entry) }
@inline export function indexEntry(index: u32): u64 { return load<u64>(indexEntries + (<usize>index << 3)) }
@inline export function setIndexEntry(index: u32, entry: u64): void { store<u64>(indexEntries + (<usize>index << 3), entry) }
@inline export function topEntry(top: u32): u64 { return load<u64>(topEntries + (<usize>top << 3)) }
@inline export function setTopEntry(top: u32, entry: u64): void { store<u64>(topEntries + (<usize>top << 3), entry) }
/** An index block's contents: its leaves' entries. */
export function indexContent(index: u32): usize { return leafEntries + (<usize>index << (EntryBits + 3)) }
/** A top block's contents: its index blocks' entries. */
export function topContent(top: u32): usize { return indexEntries + (<usize>top << (EntryBits + 3)) }

@inline export function freeOfLeaf(leaf: u32): u32 { return load<u16>(freeCounts + (<usize>leaf << 1)) }
@inline export function freeOfIndex(index: u32): u32 { return load<u32>(freeSums + (<usize>index << 2)) }
/** Counts what became free in a leaf, or is so no more. */
export function changeFree(leaf: u32, change: i32): void {
  store<u16>(freeCounts + (<usize>leaf << 1), <u16>(freeOfLeaf(leaf) + change))
  const sum = freeSums + (<usize>(leaf >> EntryBits) << 2)
  store<u32>(sum, load<u32>(sum) + change)
  freeBlocks += <u64><i64>change
}

/** True for a leaf of counts that is there. */
export function isCountLeaf(leaf: u32): bool {
  if (leaf < VolumeLeaves || leaf >> (2 * EntryBits) >= topCount) return false
  return leaf - deviceOfLeaf(leaf).leafBase < deviceOfLeaf(leaf).leaves
}

/** Free blocks of a leaf of counts that was never written. */
export function initialFree(leaf: u32): u32 {
  const on = deviceOfLeaf(leaf)
  const first = firstOfLeaf(leaf) - on.first
  const begin = max(first, on.data)
  const end = min(first + (1 << CountBits), on.dataEnd)
  return begin < end ? <u32>(end - begin) : 0
}

/** Contents of a leaf of counts that was never written: all free but labels, tables and what is beyond the end. */
export function fillInitial(leaf: u32, content: usize): void {
  const on = deviceOfLeaf(leaf)
  const first = firstOfLeaf(leaf) - on.first
  memory.fill(content, 0xFF, BlockBytes)
  const begin = max(first, on.data)
  const end = min(first + (1 << CountBits), on.dataEnd)
  if (begin < end) memory.fill(content + (<usize>(begin - first) << 1), 0, <usize>(end - begin) << 1)
}

/** True for contents of a leaf of counts that can be: counts where there are blocks to count, and as many free as its entry says. */
export function judgeLeaf(leaf: u32, content: usize): bool {
  const on = deviceOfLeaf(leaf)
  const first = firstOfLeaf(leaf) - on.first
  let free: u32 = 0
  for (let index: u32 = 0; index < 1 << CountBits; index++) {
    const count: u32 = load<u16>(content + (<usize>index << 1))
    const block = first + index
    if (block < on.data || block >= on.dataEnd) {
      if (count != Count.Reserved) return false
    } else if (count >= Count.Held) return false
    free += <u32>(count == 0)
  }
  return free == (<u32>(leafEntry(leaf) >> Entry.FreeShift) & 0xFFFF)
}

/** Entries as of a pool that nothing was ever written to. */
export function fillTables(): void {
  for (let index: u32 = 0; index < deviceCount; index++) {
    const on = device(index)
    for (let leaf = on.leafBase; leaf < on.leafBase + on.leaves; leaf++) {
      const free: u32 = leaf < VolumeLeaves ? 0 : initialFree(leaf)
      setLeafEntry(leaf, EntryInitial | (<u64>free << Entry.FreeShift))
      if (free != 0) changeFree(leaf, free)
    }
  }
}

/** Takes over the free blocks that a device's leaf entries tell of, once they have been read. False when one cannot be. */
export function takeFree(on: Device): bool {
  for (let leaf = on.leafBase; leaf < on.leafBase + on.leaves; leaf++) {
    const entry = leafEntry(leaf)
    const free = <u32>(entry >> Entry.FreeShift) & 0xFFFF
    if ((entry & EntryInitial) != 0 && <u32>entry != 0) return false
    if (leaf < VolumeLeaves ? free != 0 : free > initialFree(leaf)) return false
    if ((entry & EntryInitial) != 0 && leaf >= VolumeLeaves && free != initialFree(leaf)) return false
    if (free != 0) changeFree(leaf, free)
  }
  return true
}
