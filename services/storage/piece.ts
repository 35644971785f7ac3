/** Writes of less than a block: the block that it belongs in is read to a scratch block, changed there and written to another place. */
import * as storage from '../../capability/storage'
import { DiskOperation } from '../../capability/disk'
import { allocate, Purpose } from './allocate'
import { reportCorrupt } from './corruption'
import { deviceOfLeaf, isDataBlock, leafOf } from './device'
import { Outcome, wait } from './outcome'
import { checksumOf, givePart, isBeingWritten, numberOfPart, Part, PartKind, takePart } from './part'
import { beginRead, complainOfDevice, endRead } from './pool'
import { isToBeUnmapped, Request, request } from './request'
import { Tag, tagOf } from './tag'
import { fetchScratch, storeScratch } from './transfer'
import { foundPointer, lookUp } from './tree'
import { volume } from './volumes'
import { abandonAll, describe, endPart } from './writing'

/** Begins to write the piece of a block that comes next. */
export function beginPiece(id: u32, it: Request): Outcome {
  const block = it.next >> 3
  const sectors = <u32>min(8 - (it.next & 7), it.end - it.next)
  if (isBeingWritten(it.volume, block, 1, true) || isToBeUnmapped(it.volume, block)) return wait(0)
  const status = lookUp(volume(it.volume), block)
  if (status == Outcome.Hole && it.operation == DiskOperation.WriteZeroes) {
    it.next += sectors
    return Outcome.Done
  }
  if (status != Outcome.Done && status != Outcome.Hole) return status
  const old = status == Outcome.Done ? foundPointer.block : 0
  const sum: u32 = status == Outcome.Done ? foundPointer.checksum : 0
  const made = takePart(PartKind.FetchPiece)
  if (!made) return wait(0)
  const found = allocate(1, Purpose.Data)
  if (found != Outcome.Done) {
    givePart(made)
    return found
  }
  describe(made, id, it, 1, sectors)
  made.old = old
  store<u32>(made.checksum(0), sum)
  if (old == 0) {
    storage.zero(storage.Memory.Scratch + made.scratch, 0, 4096)
    fill(made)
  } else if (!isDataBlock(old) || !fetchOld(made)) {
    abandonAll(made)
    givePart(made)
    return isDataBlock(old) ? wait(0) : Outcome.Corrupt
  }
  it.next += sectors
  it.parts++
  return Outcome.Done
}

function fetchOld(it: Part): bool {
  const on = deviceOfLeaf(leafOf(it.old))
  if (!fetchScratch(it.scratch, on.handle, it.old - on.first, tagOf(Tag.Part, numberOfPart(it)))) return false
  it.generation = beginRead()
  return true
}

function fill(it: Part): void {
  if (request(it.request).operation == DiskOperation.Write) storage.copy(it.scratch, it.sub << 9, it.request, it.offset, it.sectors << 9, true)
  else storage.zero(storage.Memory.Scratch + it.scratch, it.sub << 9, it.sectors << 9)
  it.kind = PartKind.FillPiece
  storeFilled(it)
}

/** Begins to write a filled scratch block; false when that cannot be now. */
export function storeFilled(it: Part): bool {
  const on = deviceOfLeaf(leafOf(it.data))
  if (!storeScratch(it.scratch, on.handle, it.data - on.first, tagOf(Tag.Part, numberOfPart(it)))) return false
  it.kind = PartKind.WritePiece
  return true
}

/** The block that a piece belongs in was read. */
export function pieceWasFetched(it: Part, status: u32): void {
  endRead(it.generation)
  if (status == storage.StorageStatus.Ok && checksumOf(it, 0) == load<u32>(it.checksum(0))) return fill(it)
  if (status == storage.StorageStatus.Ok) reportCorrupt(volume(it.volume), it.block, 1, 'data')
  else complainOfDevice(deviceOfLeaf(leafOf(it.old)).handle, 'read data')
  endPart(it, storage.StorageStatus.Failed)
}
