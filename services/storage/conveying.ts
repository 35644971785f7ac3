/**
 * Imports and exports: a volume is made of an image or of what a device holds, or written to a device; one at a time, beside everything else. A volume that is being
 * made is one that is deleted, in a pool that is opened meanwhile: it is there when all of it is.
 */
import * as storage from '../../capability/storage'
import { DiskOperation } from '../../capability/disk'
import { isUsed, OrderStatus, StorageAnswer, StorageOrder, StorageStatus } from '../../capability/storage'
import { isSize, nameRecord, newRecord, orderStatus } from './administration'
import { areBuffersFree, beginOwnRequest, Buffer, buffer, BufferBytes, BufferCount, BufferState, bytesOf, clearBuffers, isZero, makeBuffers, ownRequest } from './buffers'
import { configured, imageByName } from './configured'
import { committed, generationOfNow, wantCommit } from './commit'
import { recordChanged } from './dirty'
import { BlockBytes, BlockShift, Limit, VolumeFlag, VolumeState } from './layout'
import { blocksOf, medium, MediumNumber, setMedium } from './medium'
import { complainOfDevice, PoolState, state } from './pool'
import { lookForDeleted } from './reclaim'
import { RequestState } from './request'
import { Tag, tagOf } from './tag'
import { begin as beginTransfer } from './transfer'
import { heightOf, isKept, setUnfinished, volume, volumeByName } from './volumes'

enum Step { None, Move, Flush, Commit }
let step: Step = Step.None
let isImport = false
let number: u32 = 0 // of the volume
let image: u32 = u32.MAX_VALUE // or u32.MAX_VALUE: the device
let imageBytes: u64 = 0
let blocks: u64 = 0 // to convey
let begun: u64 = 0 // of them
let done: u64 = 0
let until: u64 = 0 // the commit that has the volume
/** How the last one ended, or will: an OrderStatus. */
export let conveyed: u32 = OrderStatus.Ok

export function isConveying(): bool { return step != Step.None }
/** True for the volume that is being written to a device. */
export function isExported(which: u32): bool { return isConveying() && !isImport && number == which }

/** It cannot go on, for whatever reason. */
export function endConveying(status: u32): void {
  if (isConveying()) conveyed = status
  step = Step.None
}

/** The pool is forgotten. */
export function clearConveying(): void {
  step = Step.None
  clearBuffers()
}

/** Begins an import of `order.other`, an image, or of the place that was found; an OrderStatus. */
export function beginImporting(order: StorageOrder): u32 {
  if (isConveying()) return OrderStatus.Busy
  image = order.devices != 0 ? u32.MAX_VALUE : imageByName(order.other)
  if (image == configured().imageCount) return OrderStatus.NoSuchImage
  imageBytes = image == u32.MAX_VALUE ? blocksOf(MediumNumber.Place) << BlockShift : configured().image(image).file.length
  // An order of the configuration's says how large it is to be.
  const bytes = max(imageBytes + BlockBytes - 1 & ~(<u64>BlockBytes - 1), image == u32.MAX_VALUE ? 0 : order.value)
  if (!isSize(bytes)) return OrderStatus.OutOfRange
  const made = newRecord(order.name)
  if (made == Limit.Volumes) return orderStatus
  if (!makeBuffers()) return OrderStatus.NoMemory
  setUnfinished(made)
  const it = nameRecord(made, order.name)
  it.state = VolumeState.Deleted
  it.bytes = bytes
  it.height = heightOf(bytes)
  begin(made, true, imageBytes + BlockBytes - 1 >> BlockShift)
  return OrderStatus.Ok
}

/** Begins to write a volume to the place that was found; an OrderStatus. What a VM changes meanwhile would be half of it there: a snapshot does not change. */
export function beginExporting(which: u32): u32 {
  if (isConveying()) return OrderStatus.Busy
  if (isUsed(which) && (volume(which).flags & VolumeFlag.ReadOnly) == 0) return OrderStatus.InUse
  if (volume(which).bytes >> BlockShift > blocksOf(MediumNumber.Place)) return OrderStatus.WrongDevices
  if (!makeBuffers()) return OrderStatus.NoMemory
  begin(which, false, volume(which).bytes >> BlockShift)
  return OrderStatus.Ok
}

function begin(which: u32, into: bool, count: u64): void {
  number = which
  isImport = into
  const place = medium(MediumNumber.Place)
  setMedium(MediumNumber.Conveyed, place.disk, place.partition, place.first, place.blocks)
  blocks = count
  begun = done = 0
  conveyed = OrderStatus.Ok
  step = Step.Move
}

/** Says how far it is. */
export function describeProgress(to: StorageAnswer): u32 {
  to.flags = <u32>isConveying()
  to.bytes = done << BlockShift
  to.free = blocks - done << BlockShift
  to.what = conveyed
  to.number = number
  return OrderStatus.Ok
}

/** Goes on. True when something happened. */
export function convey(): bool {
  switch (step) {
    case Step.Move: return moveAll()
    case Step.Flush: return flushed()
    case Step.Commit: return kept()
  }
  return false
}

/** It is to end, for the first such reason. */
function fail(status: u32): void { if (conveyed == OrderStatus.Ok) conveyed = status }

function moveAll(): bool {
  if (state != PoolState.Ready && isImport) fail(OrderStatus.Damaged)
  let progress = false
  for (let index: u32 = 0; index < BufferCount; index++) progress = move(index, buffer(index)) || progress
  if (!areBuffersFree() || conveyed == OrderStatus.Ok && done < blocks) return progress
  if (isImport) finishImport()
  else if (conveyed != OrderStatus.Ok) step = Step.None
  else if (transfer(0, DiskOperation.Flush, 0, 0)) step = Step.Flush
  return true
}

function move(index: u32, it: Buffer): bool {
  switch (it.state) {
    case BufferState.Free: return conveyed == OrderStatus.Ok && begun < blocks && fetch(index, it)
    case BufferState.Fetching: return isOver(index, it) && proceed(it, BufferState.Fetched)
    case BufferState.Fetched: return isImport ? storeBlocks(index, it) : transfer(index, DiskOperation.Write, it.first, it.blocks) && proceed(it, BufferState.Storing)
    case BufferState.Storing: return isOver(index, it) && (isImport ? proceed(it, BufferState.Fetched) : giveBack(it))
  }
  return false
}

function proceed(it: Buffer, to: BufferState): bool {
  it.state = conveyed == OrderStatus.Ok ? to : BufferState.Free
  return true
}

function giveBack(it: Buffer): bool {
  done += it.blocks
  it.state = BufferState.Free
  return true
}

/** True when what a device or a request does with a buffer is over, well or not. */
function isOver(index: u32, it: Buffer): bool {
  if (it.isOfDevice) {
    if (!it.isEnded) return false
    if (it.status == StorageStatus.Ok) return true
    complainOfDevice(MediumNumber.Conveyed, isImport ? 'read what is imported' : 'write what is exported')
    fail(OrderStatus.Failed)
  } else {
    if (ownRequest(index).state != RequestState.None) return false
    const status = ownRequest(index).status
    if (status != StorageStatus.Ok) fail(status == StorageStatus.NoSpace ? OrderStatus.NoSpace : OrderStatus.Failed)
  }
  return true
}

/** Begins to fill a free buffer. */
function fetch(index: u32, it: Buffer): bool {
  it.first = begun
  it.blocks = <u32>min(blocks - begun, BufferBytes >> BlockShift)
  it.next = 0
  if (!isImport) {
    beginOwnRequest(index, number, DiskOperation.Read, 0, it.blocks)
    it.isOfDevice = false
  } else if (image == u32.MAX_VALUE) {
    if (!transfer(index, DiskOperation.Read, begun, it.blocks)) return false
  } else if (!readImage(index, it)) fail(OrderStatus.Failed)
  begun += it.blocks
  return proceed(it, isImport && image != u32.MAX_VALUE ? BufferState.Fetched : BufferState.Fetching)
}

/** An image is in memory already; behind its end are zeros. */
function readImage(index: u32, it: Buffer): bool {
  const offset = it.first << BlockShift
  const length = <u32>min(imageBytes - offset, it.blocks << BlockShift)
  memory.fill(bytesOf(index) + length, 0, (it.blocks << BlockShift) - length)
  return storage.image(image, offset, bytesOf(index), length)
}

/** Begins to write the next blocks of a buffer that are not all zeros: what was never written reads as zeros. */
function storeBlocks(index: u32, it: Buffer): bool {
  while (it.next < it.blocks && isZero(index, it.next)) it.next++
  if (it.next == it.blocks) return giveBack(it)
  const begin = it.next
  while (it.next < it.blocks && !isZero(index, it.next)) it.next++
  beginOwnRequest(index, number, DiskOperation.Write, begin, it.next - begin)
  it.isOfDevice = false
  return proceed(it, BufferState.Storing)
}

/** Has a device do something with a buffer. */
function transfer(index: u32, operation: u32, block: u64, count: u32): bool {
  if (!beginTransfer(operation, storage.Memory.Own, <u32>bytesOf(index), count, MediumNumber.Conveyed, block, tagOf(Tag.Buffer, index))) {
    if (blocksOf(MediumNumber.Conveyed) == 0) fail(OrderStatus.Failed) // it was pulled out
    return false
  }
  buffer(index).isOfDevice = true
  buffer(index).isEnded = false
  return true
}

function flushed(): bool {
  if (!isOver(0, buffer(0))) return false
  step = Step.None
  return true
}

/** All is written: the volume is there from now on, or never was. */
function finishImport(): void {
  if (conveyed == OrderStatus.Ok && volumeByName(volume(number).name) < Limit.Volumes) conveyed = OrderStatus.NameTaken
  if (conveyed == OrderStatus.Ok) volume(number).state = VolumeState.Kept
  setUnfinished(Limit.Volumes)
  recordChanged(number)
  lookForDeleted()
  until = generationOfNow()
  wantCommit()
  step = Step.Commit
}

function kept(): bool {
  if (committed < until && state == PoolState.Ready) return false
  if (committed < until) fail(OrderStatus.Damaged)
  step = Step.None
  return true
}
