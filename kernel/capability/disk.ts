/** The `disk` capability of machines: requests by reference, checked and translated once. */
import { DiskOperation, DiskSegment, DiskSegmentLimit, DiskStatus, DiskTransferLimit } from '../../capability/disk'
import { diskVms } from '../cpu/cpu'
import { callFor } from '../cpu/kick'
import { boardOf, diskCount, numberOf, requestOf, serialOf } from '../device/disks'
import { addPart, PartLimit, Request } from '../device/request'
import * as hw from '../hw'
import { giveBytes, sandbox, takeBytes } from '../sandbox/sandbox'
import { Vm, vmAt } from '../vm/vm'
import { forEachPiece } from './ram'

const SectorShift: u64 = 9
const segments: usize = memory.data(254 * 16, 8)
/** What is being filled, and the bytes that it has by now. */
let filling: Request = changetype<Request>(0)
let filled: u64 = 0

@inline function vmOf(subject: u32): Vm { return vmAt(sandbox(subject).vm) }

export function diskCountOf(subject: u32): u32 { return diskCount(vmOf(subject)) }

export function diskNumber(subject: u32, disk: u32, key: u32): u64 { return disk < diskCount(vmOf(subject)) ? numberOf(boardOf(vmOf(subject)).disk(disk), key) : 0 }

export function diskSerial(subject: u32, disk: u32, target: usize, capacity: u32): u32 {
  if (disk >= diskCount(vmOf(subject))) return 0
  const unit = boardOf(vmOf(subject)).disk(disk).medium
  const length = min(unit.serialLength, capacity)
  return giveBytes(sandbox(subject), target, serialOf(unit), length) ? length : 0
}

export function diskSubmit(subject: u32, disk: u32, operation: u32, tag: u32, sector: u64, sectors: u32, source: usize, count: u32): bool {
  const vm = vmOf(subject)
  const board = boardOf(vm)
  if (diskCount(vm) == 0 || board.busy == u64.MAX_VALUE) return false
  const slot = <u32>ctz(~board.busy)
  board.busy |= <u64>1 << slot
  const request = requestOf(vm.index, slot)
  request.disk = disk
  request.operation = operation
  request.tag = tag
  request.status = isPossible(subject, request, sector, sectors, source, count) ? DiskStatus.Ok : DiskStatus.Failed
  hw.or64(changetype<usize>(board), <u64>1 << slot)
  callFor(diskVms(), vm.index)
  return true
}

/** Fills a request; false when it asks for what there is not. */
function isPossible(subject: u32, request: Request, sector: u64, sectors: u32, source: usize, count: u32): bool {
  const vm = vmOf(subject)
  const operation = request.operation
  if (request.disk >= diskCount(vm) || operation > DiskOperation.WriteZeroes || count > DiskSegmentLimit) return false
  const place = boardOf(vm).disk(request.disk)
  const unit = place.medium
  const shift = <u64>ctz(unit.blockBytes) - SectorShift
  const isMoving = operation == DiskOperation.Read || operation == DiskOperation.Write
  if (place.readOnly != 0 && operation != DiskOperation.Read && operation != DiskOperation.Flush) return false
  request.block = sector >> shift
  request.blocks = <u32>(sectors >> <u32>shift)
  request.done = request.count = request.skip = 0
  request.parts = request.own
  if (operation == DiskOperation.Flush) {
    request.block = request.blocks = 0
    return count == 0
  }
  if (request.block << shift != sector || <u64>request.blocks << shift != sectors || sectors == 0) return false
  if (request.block > place.blocks || request.blocks > place.blocks - request.block) return false
  if (!isMoving) return count == 0
  if (sectors > DiskTransferLimit || !takeBytes(sandbox(subject), segments, source, count << 4)) return false
  filling = request
  filled = 0
  for (let i: u32 = 0; i < count; i++) {
    const segment = changetype<DiskSegment>(segments + (<usize>i << 4))
    if (!forEachPiece(subject, segment.gpa, segment.length, 0, (hpa, other, span) => {
      filled += span
      addPart(filling, hpa, span)
    })) return false
  }
  return request.count <= PartLimit && filled == <u64>sectors << SectorShift
}

export function diskCompleted(subject: u32): i64 {
  const vm = vmOf(subject)
  const board = boardOf(vm)
  if (diskCount(vm) == 0) return -1
  if (board.ended == 0) board.ended = hw.exchange64(changetype<usize>(board) + 8, 0)
  if (board.ended == 0) return -1
  const slot = <u32>ctz(board.ended)
  board.ended &= board.ended - 1
  board.busy &= ~(<u64>1 << slot)
  return <u64>requestOf(vm.index, slot).status << 32 | requestOf(vm.index, slot).tag
}
