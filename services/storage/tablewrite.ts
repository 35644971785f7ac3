/** Index and top blocks that a commit writes: which of them changed, and in what order they are written. */
import * as storage from '../../capability/storage'
import { take } from './arena'
import { deviceOfLeaf, indexBlock, topBlock } from './device'
import { BlockBytes, EntryBits, EntryPlace, Limit } from './layout'
import { indexContent, indexEntry, indexLimit, setIndexEntry, setTopEntry, topContent, topEntry } from './tables'
import { Tag, tagOf } from './tag'
import { crc32c, writeBlock } from './transfer'

// Numbers of changed blocks, and which they are, a byte each.
let indexes: usize = 0
let indexMarks: usize = 0
let indexCount: u32 = 0
const tops: usize = memory.data(416 << 2, 4)
const topMarks: usize = memory.data(416)
let topCount: u32 = 0
let written: u32 = 0

/** Makes room for as many as there are. False without memory. */
export function makeTableWrites(): bool {
  indexCount = topCount = written = 0
  memory.fill(topMarks, 0, Limit.Tops)
  indexes = take(<usize>indexLimit << 2)
  indexMarks = take(indexLimit)
  return indexes != 0 && indexMarks != 0
}

/** The entry of a leaf changed. */
export function indexChanged(leaf: u32): void {
  const index = leaf >> EntryBits
  if (load<u8>(indexMarks + index) != 0) return
  store<u8>(indexMarks + index, 1)
  store<u32>(indexes + (<usize>(indexCount++) << 2), index)
  const top = index >> EntryBits
  if (load<u8>(topMarks + top) != 0) return
  store<u8>(topMarks + top, 1)
  store<u32>(tops + (<usize>(topCount++) << 2), top)
}
@inline function index(at: u32): u32 { return load<u32>(indexes + (<usize>at << 2)) }
@inline function top(at: u32): u32 { return load<u32>(tops + (<usize>at << 2)) }

/** Gives the changed blocks their other places and their checksums, once all entries of leaves are right. */
export function sealTables(): void {
  written = 0
  for (let at: u32 = 0; at < indexCount; at++) {
    const number = index(at)
    setIndexEntry(number, (indexEntry(number) ^ EntryPlace) & EntryPlace | crc32c(indexContent(number), BlockBytes))
  }
  for (let at: u32 = 0; at < topCount; at++) {
    const number = top(at)
    setTopEntry(number, (topEntry(number) ^ EntryPlace) & EntryPlace | crc32c(topContent(number), BlockBytes))
  }
}

/** Begins as many writes as can be; how many. */
export function writeTables(): u32 {
  const before = written
  while (written < indexCount + topCount && writeTable(written)) written++
  return written - before
}

function writeTable(at: u32): bool {
  if (at < indexCount) {
    const number = index(at)
    const on = deviceOfLeaf(number << EntryBits)
    return writeBlock(on.handle, indexBlock(on, number, <u32>((indexEntry(number) & EntryPlace) != 0)), indexContent(number), tagOf(Tag.Table, 0))
  }
  const number = top(at - indexCount)
  const on = deviceOfLeaf(number << (2 * EntryBits))
  return writeBlock(on.handle, topBlock(on, number, <u32>((topEntry(number) & EntryPlace) != 0)), topContent(number), tagOf(Tag.Table, 0))
}

/** True when all writes have begun; the next commit begins with none. */
export function areTablesWritten(): bool { return written == indexCount + topCount }
export function forgetTableWrites(): void {
  for (let at: u32 = 0; at < indexCount; at++) store<u8>(indexMarks + index(at), 0)
  for (let at: u32 = 0; at < topCount; at++) store<u8>(topMarks + top(at), 0)
  indexCount = topCount = written = 0
}
