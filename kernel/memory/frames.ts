/**
 * The frame allocator: all RAM in frames of 4 KiB and 2 MiB, each with an owner. Allocating and freeing take constant time.
 * A frame is zeroed when it is freed, so that no owner ever sees what another one left.
 */
import * as hw from '../hw'
import { Absent, Block, BlockState, BytesPerBlock, Frame, FrameTable, HeaderBytes, NoBlock } from './block'
import { Owner } from '../../capability/owner'

export namespace FrameStatus {
  export const Ok: i32 = 0
  export const NotAllocated: i32 = 1 // it is free already, or not RAM
  export const Foreign: i32 = 2 // it belongs to somebody else
  export const Unaligned: i32 = 3 // not the start of a frame of this size
  export const WrongSize: i32 = 4 // part of a frame that was given out as 2 MiB, or the other way round
}

let table: FrameTable = changetype<FrameTable>(0)

/** Bytes of table for RAM that ends at `top`: 0.06 % of it. */
export function tableBytes(top: u64): u64 {
  return <u64>HeaderBytes + ((top + Frame.LargeBytes - 1) >> Frame.LargeShift) * <u64>BytesPerBlock
}

/** Starts with no RAM. `address` is 8-byte aligned linear memory of `tableBytes(top)` bytes; `top` is where the highest RAM ends. */
export function initialize(address: usize, top: u64): void {
  memory.fill(address, 0, HeaderBytes)
  table = changetype<FrameTable>(address)
  table.blocks = <u32>((top + Frame.LargeBytes - 1) >> Frame.LargeShift)
  table.whole = NoBlock
  table.partial = NoBlock
  memory.fill(address + HeaderBytes, 0, <usize>table.blocks * offsetof<Block>())
  memory.fill(table.frame(0), 0xFF, (<usize>table.blocks * Frame.PerBlock) << 1)
}

/** Adds usable RAM. Only whole frames below the table's top are taken, and a frame that is known already is left as it is. Returns frames added. */
export function addRange(hpa: u64, bytes: u64): u64 {
  const ceiling = (<u64>table.blocks) << Frame.LargeShift
  const end = min(hpa + bytes < hpa ? u64.MAX_VALUE : hpa + bytes, ceiling) >> Frame.Shift
  if (hpa >= ceiling) return 0
  const before = table.total
  let frame = (hpa + Frame.Bytes - 1) >> Frame.Shift
  while (frame < end) {
    const block = table.block(<u32>(frame >> 9))
    if ((frame & (Frame.PerBlock - 1)) == 0 && frame + Frame.PerBlock <= end && block.ram == 0) {
      addBlock(<u32>(frame >> 9))
      frame += Frame.PerBlock
    } else {
      if (load<u16>(table.frame(<u32>frame)) == Absent) addFrame(<u32>frame)
      frame++
    }
  }
  // Address 0 means "none" to whoever allocates, and the firmware's interrupt vectors and data area lie there.
  if (hpa == 0) reserve(0, Frame.Bytes, Owner.Firmware)
  return table.total - before
}

/** Gives every free frame that the range touches to `owner`; returns how many. Frames with an owner and what is not RAM stay as they are. */
export function reserve(hpa: u64, bytes: u64, owner: u32): u64 {
  const ceiling = (<u64>table.blocks) << Frame.LargeShift
  if (bytes == 0 || hpa >= ceiling || !isOwner(owner)) return 0
  const end = (min(hpa + bytes < hpa ? u64.MAX_VALUE : hpa + bytes, ceiling) + Frame.Bytes - 1) >> Frame.Shift
  let taken: u64 = 0
  for (let frame = hpa >> Frame.Shift; frame < end; frame++) {
    const block = table.block(<u32>(frame >> 9))
    if ((load<u64>(block.word(<u32>(frame >> 6) & 7)) >> (frame & 63) & 1) == 0) continue
    take(<u32>frame, owner)
    taken++
  }
  return taken
}

/** One 4 KiB frame; 0 when there is none. */
export function allocate(owner: u32): u64 {
  let index = table.partial
  if (index == NoBlock) index = table.whole
  if (index == NoBlock || !isOwner(owner)) return 0
  const block = table.block(index)
  let word: u32 = 0
  while (load<u64>(block.word(word)) == 0) word++
  const frame = (index << 9) + (word << 6) + <u32>ctz(load<u64>(block.word(word)))
  take(frame, owner)
  return <u64>frame << Frame.Shift
}

/** One 2 MiB frame; 0 when there is none. */
export function allocateLarge(owner: u32): u64 {
  const index = table.whole
  if (index == NoBlock || !isOwner(owner)) return 0
  takeBlock(index, owner)
  return <u64>index << Frame.LargeShift
}

/**
 * 1 GiB at a multiple of it, which is 512 frames of 2 MiB that are freed each by itself; 0 when there is none. Looks through the table from its start, while
 * the others take what was added or freed last: what they leave whole lies low.
 */
export function allocateHuge(owner: u32): u64 {
  if (!isOwner(owner)) return 0
  for (let first: u32 = 0; first + Frame.LargePerHuge <= table.blocks; first += Frame.LargePerHuge) {
    const end = first + Frame.LargePerHuge
    let index = first
    while (index < end && table.block(index).state == BlockState.Whole) index++
    if (index < end) continue
    for (index = first; index < end; index++) takeBlock(index, owner)
    return <u64>first << Frame.LargeShift
  }
  return 0
}

/**
 * `frames` 4 KiB frames in a row, at most 512, never across a 2 MiB boundary; 0 when there are none. Each is freed by itself.
 * Looks through the partly used blocks first, and so takes longer than the others: it is for control structures made once.
 */
export function allocateContiguous(frames: u32, owner: u32): u64 {
  if (frames == 0 || frames > Frame.PerBlock || !isOwner(owner)) return 0
  let first = -1
  let index = table.partial
  for (; index != NoBlock; index = table.block(index).next) {
    first = findRun(table.block(index), frames)
    if (first >= 0) break
  }
  if (first < 0) {
    index = table.whole
    first = 0
    if (index == NoBlock) return 0
  }
  const frame = (index << 9) + <u32>first
  for (let n: u32 = 0; n < frames; n++) take(frame + n, owner)
  return <u64>frame << Frame.Shift
}

/** Gives back a 4 KiB frame, zeroed. */
export function free(hpa: u64, owner: u32): i32 {
  if ((hpa & (Frame.Bytes - 1)) != 0) return FrameStatus.Unaligned
  const actual = ownerOf(hpa)
  if (actual == Owner.Free || actual == Absent) return FrameStatus.NotAllocated
  if (actual != owner) return FrameStatus.Foreign
  if (table.block(<u32>(hpa >> Frame.LargeShift)).state == BlockState.Large) return FrameStatus.WrongSize
  hw.zero(hpa, Frame.Bytes)
  const frame = <u32>(hpa >> Frame.Shift)
  store<u16>(table.frame(frame), <u16>Owner.Free)
  discount(owner, 1)
  release(frame)
  return FrameStatus.Ok
}

/** Gives back a 2 MiB frame, zeroed. */
export function freeLarge(hpa: u64, owner: u32): i32 {
  if ((hpa & (Frame.LargeBytes - 1)) != 0) return FrameStatus.Unaligned
  const actual = ownerOf(hpa)
  if (actual == Owner.Free || actual == Absent) return FrameStatus.NotAllocated
  if (actual != owner) return FrameStatus.Foreign
  const index = <u32>(hpa >> Frame.LargeShift)
  const block = table.block(index)
  if (block.state != BlockState.Large) return FrameStatus.WrongSize
  hw.zero(hpa, Frame.LargeBytes)
  block.owner = <u16>Owner.Free
  discount(owner, Frame.PerBlock)
  fill(index)
  return FrameStatus.Ok
}

/**
 * Gives back what an owner still has, at the end of a VM or a sandbox: at least `limit` frames, if there are so many, and hardly more, so that a
 * large VM can be taken apart in steps between which others run. Returns frames freed; all are free when `owned(owner)` is 0. Goes through the table.
 */
export function reclaim(owner: u32, limit: u64 = u64.MAX_VALUE): u64 {
  if (!isOwner(owner)) return 0
  const before = table.free
  for (let index: u32 = 0; index < table.blocks && load<u32>(table.count(owner)) != 0 && table.free - before < limit; index++) {
    const block = table.block(index)
    if (block.state == BlockState.Large) {
      if (block.owner == owner) freeLarge(<u64>index << Frame.LargeShift, owner)
    } else if (block.free != block.ram) {
      for (let frame = index << 9; frame < (index + 1) << 9; frame++) {
        if (load<u16>(table.frame(frame)) == owner) free(<u64>frame << Frame.Shift, owner)
      }
    }
  }
  return table.free - before
}

/** Whose the frame is that holds `hpa`: an Owner, or `Absent` when it is not RAM. */
export function ownerOf(hpa: u64): u32 {
  if (hpa >> Frame.LargeShift >= <u64>table.blocks) return Absent
  const block = table.block(<u32>(hpa >> Frame.LargeShift))
  return block.state == BlockState.Large ? block.owner : load<u16>(table.frame(<u32>(hpa >> Frame.Shift)))
}

/** Frames that an owner has. Over all owners and `Owner.Free` they add up to `total()`. */
export function owned(owner: u32): u64 {
  if (owner == Owner.Free) return table.free
  return owner < Owner.Limit ? load<u32>(table.count(owner)) : 0
}

/** Frames of RAM. */
export function total(): u64 { return table.total }

@inline function isOwner(owner: u32): bool { return owner != Owner.Free && owner < Owner.Limit }

@inline function count(owner: u32, frames: u32): void {
  store<u32>(table.count(owner), load<u32>(table.count(owner)) + frames)
  table.free -= frames
}

@inline function discount(owner: u32, frames: u32): void {
  store<u32>(table.count(owner), load<u32>(table.count(owner)) - frames)
}

function addFrame(frame: u32): void {
  table.block(frame >> 9).ram++
  table.total++
  store<u16>(table.frame(frame), <u16>Owner.Free)
  release(frame)
}

/** A whole block at once: with many gigabytes, frame by frame would be felt at boot. */
function addBlock(index: u32): void {
  const block = table.block(index)
  block.ram = <u16>Frame.PerBlock
  table.total += Frame.PerBlock
  memory.fill(table.frame(index << 9), <u8>Owner.Free, Frame.PerBlock << 1)
  fill(index)
}

/** Makes all of a block's frames free. */
function fill(index: u32): void {
  const block = table.block(index)
  for (let word: u32 = 0; word < 8; word++) store<u64>(block.word(word), u64.MAX_VALUE)
  block.free = <u16>Frame.PerBlock
  table.free += Frame.PerBlock
  move(index, BlockState.Whole)
}

/** Gives a whole block to `owner`. */
function takeBlock(index: u32, owner: u32): void {
  const block = table.block(index)
  move(index, BlockState.Large)
  block.free = 0
  block.owner = <u16>owner
  for (let word: u32 = 0; word < 8; word++) store<u64>(block.word(word), 0)
  count(owner, Frame.PerBlock)
}

/** Gives a free frame to `owner`. */
function take(frame: u32, owner: u32): void {
  const index = frame >> 9
  const block = table.block(index)
  const word = block.word(frame >> 6 & 7)
  store<u64>(word, load<u64>(word) & ~(<u64>1 << (frame & 63)))
  store<u16>(table.frame(frame), <u16>owner)
  count(owner, 1)
  block.free--
  move(index, block.free == 0 ? BlockState.Full : BlockState.Partial)
}

/** Puts a frame that nobody owns any more back among the free ones. */
function release(frame: u32): void {
  const index = frame >> 9
  const block = table.block(index)
  const word = block.word(frame >> 6 & 7)
  store<u64>(word, load<u64>(word) | <u64>1 << (frame & 63))
  table.free++
  block.free++
  move(index, block.free == Frame.PerBlock ? BlockState.Whole : BlockState.Partial)
}

/** First of `frames` free frames in a row, by its number in the block, or -1. */
function findRun(block: Block, frames: u32): i32 {
  if (block.free < frames) return -1
  let run: u32 = 0
  for (let n: u32 = 0; n < Frame.PerBlock; n++) {
    run = (load<u64>(block.word(n >> 6)) >> (n & 63) & 1) != 0 ? run + 1 : 0
    if (run == frames) return <i32>(n + 1 - frames)
  }
  return -1
}

/** Takes a block off the list of its old state and puts it at the head of the new one's. */
function move(index: u32, state: u32): void {
  const block = table.block(index)
  const old: u32 = block.state
  if (old == state) return
  block.state = <u16>state
  if (isListed(old)) {
    if (block.next != NoBlock) table.block(block.next).previous = block.previous
    if (block.previous != NoBlock) table.block(block.previous).next = block.next
    else setHead(old, block.next)
  }
  if (isListed(state)) {
    const head = state == BlockState.Whole ? table.whole : table.partial
    block.previous = NoBlock
    block.next = head
    if (head != NoBlock) table.block(head).previous = index
    setHead(state, index)
  }
}

@inline function isListed(state: u32): bool { return state == BlockState.Partial || state == BlockState.Whole }

function setHead(state: u32, index: u32): void {
  if (state == BlockState.Whole) table.whole = index
  else table.partial = index
}
