/** Page tables of each kind, with one page and one directory entry for tests to change. Intel SDM vol. 3, 4.3 to 4.5. */
import { linear, load32, load64, store32, store64 } from '../platform/hw'
import { Low } from '../platform/legacy'

export namespace Kind {
  export const TwoLevel: u32 = 0
  export const Pae: u32 = 1
  export const FourLevel: u32 = 2
}

/** Entry bits. */
export namespace Entry {
  export const Present: u64 = 1
  export const Write: u64 = 2
  export const User: u64 = 4
  export const Uncached: u64 = 0x18
  export const Accessed: u64 = 0x20
  export const Dirty: u64 = 0x40
  export const Large: u64 = 0x80
}
@inline export const NoExecute: u64 = 1 << 63

/** The page that tests change, at the same linear address in every kind; the page after it; device memory: the HPET's registers. */
@inline export const TestPage: u64 = 0x40000000
@inline export const NextPage: u64 = 0x40001000
@inline export const Device: u64 = 0x40500000
@inline const DeviceFrame: u64 = 0xFEC00000

const frames: usize = memory.data(9 * 4096, 4096)
@inline function frame(index: u32): u64 { return linear(frames) + index * 4096 }

const Level4: u32 = 0
const Pointers: u32 = 1
const LowDirectory: u32 = 2 // the two-level kind's only one
const TestDirectory: u32 = 3
const LowTable: u32 = 4
const TestTable: u32 = 5
const FirstTarget: u32 = 6
const SecondTarget: u32 = 7

/** Two frames of RAM that the test page and the next may name. */
export function target(index: u32): u64 { return frame(FirstTarget + index) }

let kind: u32 = 0

@inline function width(): u32 { return kind == Kind.TwoLevel ? 4 : 8 }
function setEntry(at: u64, value: u64): void {
  if (kind == Kind.TwoLevel) store32(at, u32(value))
  else store64(at, value)
}
function entry(at: u64): u64 { return kind == Kind.TwoLevel ? u64(load32(at)) : load64(at) }

@inline function leafAt(index: u32): u64 { return frame(TestTable) + index * width() }
function directoryAt(): u64 { return kind == Kind.TwoLevel ? frame(LowDirectory) + 256 * 4 : frame(TestDirectory) }

export function leaf(index: u32 = 0): u64 { return entry(leafAt(index)) }
export function directory(): u64 { return entry(directoryAt()) }
export function setLeaf(value: u64, index: u32 = 0): void { setEntry(leafAt(index), value) }
export function setDirectory(value: u64): void { setEntry(directoryAt(), value) }
/** Where the directory entry leads when it leads to a table. */
export function testTable(): u64 { return frame(TestTable) }
/** The PDPTE or page-map entries above the directory. */
export function pointersAt(index: u32): u64 { return frame(Pointers) + index * 8 }

/** Code, data and stack of what is run, and the device: for ring 3, or, where CR4 forbids the supervisor user pages, for ring 0 alone. */
export function openUser(user: bool): void {
  const step: u64 = kind == Kind.TwoLevel ? 4 : 16 // 4 MiB above the test page
  setEntry(directoryAt() + step, DeviceFrame | Entry.Present | Entry.Write | (user ? Entry.User : 0) | Entry.Large | Entry.Uncached)
  for (let page: u32 = Low.Code >> 12; page < Low.Stack >> 12; page++) {
    setEntry(frame(LowTable) + page * width(), u64(page) << 12 | Entry.Present | Entry.Write | (user ? Entry.User : 0))
  }
}

/** Builds the tables of a kind and returns what CR3 is to be. The first 16 MiB are mapped one to one for the supervisor. */
export function buildTables(which: u32): u64 {
  kind = which
  for (let at: u64 = 0; at < FirstTarget * 4096; at += 8) store64(frame(0) + at, 0)
  const through = Entry.Present | Entry.Write | Entry.User
  const size: u64 = kind == Kind.TwoLevel ? 0x400000 : 0x200000
  const low = frame(LowDirectory)
  for (let page: u64 = 0; page < u64(4096 / width()); page++) setEntry(frame(LowTable) + page * width(), page << 12 | Entry.Present | Entry.Write)
  setEntry(low, frame(LowTable) | through)
  for (let index: u64 = 1; index < 16; index++) {
    if (index * size < 0x1000000) setEntry(low + index * width(), index * size | Entry.Present | Entry.Write | Entry.Large)
  }
  openUser(true)
  setDirectory(frame(TestTable) | through)
  if (kind == Kind.TwoLevel) return low
  const rights = kind == Kind.Pae ? Entry.Present : through
  store64(pointersAt(0), low | rights)
  store64(pointersAt(1), frame(TestDirectory) | rights)
  if (kind == Kind.Pae) return frame(Pointers)
  store64(frame(Level4), frame(Pointers) | through)
  return frame(Level4)
}
