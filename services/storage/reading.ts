/** Reads: looked up, forwarded in parts, and compared with the checksums in the mapping. */
import * as storage from '../../capability/storage'
import { DiskOperation } from '../../capability/disk'
import { reportCorrupt } from './corruption'
import { deviceOfLeaf, isDataBlock, leafOf } from './device'
import { NodeBits, Pointer, PointerShift } from './layout'
import { awaited, Outcome } from './outcome'
import { checksumOf, givePart, numberOfPart, Part, PartBlocks, PartKind, takePart } from './part'
import { beginRead, complainOfDevice, endRead } from './pool'
import { endIfOver, fail, isThere, Request, request, RequestState, setRequestState } from './request'
import { Tag, tagOf } from './tag'
import { begin, fetchScratch } from './transfer'
import { foundPointer, holeBlocks, lookUp } from './tree'
import { volume } from './volumes'

/** Begins as much of a read as can be. True when it got on. */
export function goOnReading(id: u32, it: Request): bool {
  const before = it.next
  while (it.next < it.end) {
    const block = it.next >> 3
    const status = lookUp(volume(it.volume), block)
    if (status == Outcome.Hole) skipHole(id, it)
    else if (status == Outcome.Done && isDataBlock(foundPointer.block)) {
      if (!beginPart(id, it, foundPointer)) return it.next != before
    } else if (status == Outcome.Wait) {
      it.awaited = awaited
      return it.next != before || isThere(awaited)
    } else {
      reportCorrupt(volume(it.volume), block, 1, 'the mapping')
      fail(it, storage.StorageStatus.Failed)
      endIfOver(it)
      return true
    }
  }
  setRequestState(it, RequestState.Begun)
  endIfOver(it)
  return true
}

function skipHole(id: u32, it: Request): void {
  const sectors = min((holeBlocks << 3) - (it.next & 7), it.end - it.next)
  storage.zero(id, <u32>(it.next - it.begin) << 9, <u32>sectors << 9)
  it.next += sectors
}

function beginPart(id: u32, it: Request, pointer: Pointer): bool {
  const sub = <u32>it.next & 7
  const rest = it.end - it.next
  const isPiece = sub != 0 || rest < 8
  const made = takePart(isPiece ? PartKind.ReadPiece : PartKind.Read)
  if (!made) return false
  const block = it.next >> 3
  const data = pointer.block
  const limit: u32 = isPiece ? 1 : <u32>min(min<u64>(rest >> 3, PartBlocks), (1 << NodeBits) - (block & (1 << NodeBits) - 1))
  let count: u32 = 0
  while (count < limit && pointer.block == data + count && isDataBlock(pointer.block)) {
    store<u32>(made.checksum(count++), pointer.checksum)
    pointer = changetype<Pointer>(changetype<usize>(pointer) + (1 << PointerShift))
  }
  made.request = id
  made.volume = it.volume
  made.offset = <u32>(it.next - it.begin) << 9
  made.block = block
  made.data = data
  made.count = count
  made.sub = sub
  made.sectors = isPiece ? <u32>min<u64>(8 - sub, rest) : count << 3
  const on = deviceOfLeaf(leafOf(data))
  const tag = tagOf(Tag.Part, numberOfPart(made))
  if (isPiece ? !fetchScratch(made.scratch, on.handle, data - on.first, tag) : !begin(DiskOperation.Read, id, made.offset, count, on.handle, data - on.first, tag)) {
    givePart(made)
    return false
  }
  made.generation = beginRead()
  it.next += made.sectors
  it.parts++
  return true
}

/** A part was read. */
export function partWasRead(it: Part, status: u32): void {
  endRead(it.generation)
  const whole = request(it.request)
  if (status != storage.StorageStatus.Ok) {
    complainOfDevice(deviceOfLeaf(leafOf(it.data)).handle, 'read data')
    fail(whole, storage.StorageStatus.Failed)
  } else if (isRight(it)) {
    if (it.kind == PartKind.ReadPiece) storage.copy(it.scratch, it.sub << 9, it.request, it.offset, it.sectors << 9, false)
  } else {
    fail(whole, storage.StorageStatus.Failed)
  }
  givePart(it)
  whole.parts--
  endIfOver(whole)
}

/** Compares all blocks; the wrong ones are reported. */
function isRight(it: Part): bool {
  let right = true
  for (let index: u32 = 0; index < it.count; index++) {
    const sum = checksumOf(it, index)
    if (sum == load<u32>(it.checksum(index))) continue
    reportCorrupt(volume(it.volume), it.block + index, 1, 'data')
    right = false
  }
  return right
}
