/** The `storage` capability of the pool's service: requests and orders for it, and moving bytes that it does not see between guests and devices. */
import { BlockUnitBytes } from '../../capability/block'
import { DiskOperation, DiskStatus } from '../../capability/disk'
import { VmOrder, VmState } from '../../capability/admin'
import { ConfigurationLimit, StorageConfigurationBytes } from '../../capability/configuration'
import { Memory, OwnBlocksLimit, ScratchLimit, StorageAnswerBytes, StorageChangeBytes, StorageChangeLimit, StorageOrderBytes, StorageRequest, StorageRequestLimit, StorageStatus } from '../../capability/storage'
import { configuration, hpaOf } from '../config/configuration'
import { diskOf, isVolumeUsed, keptChange, numberOf, poolDisk, requestOf } from '../device/disks'
import {
  desk, endedTransfers, forgetRequest, freeTransfers, isOpen, isPool, numberRequest, poolDisks, requesterOf, scratchBase, setOpen, takeTransfer, toldOfTransfer,
} from '../device/pool'
import { addPart, forEachPart, Request } from '../device/request'
import { finish, give, nextAsker, takeAnswer, wait } from '../device/requests'
import { PoolAsker, poolDevice } from '../device/table'
import * as hw from '../hw'
import { Frame } from '../memory/block'
import { DirectBase } from '../memory/layout'
import { lookup } from '../memory/paging'
import { giveBytes, isOwnMemory, sandbox, takeBytes } from '../sandbox/sandbox'
import { answer, collect, place, take } from '../service/desk'
import { requestOrders, requestService } from '../vm/attention'
import { announce } from '../vm/power'
import { setReason, vmAt, vmCount } from '../vm/vm'

const asked: usize = memory.data(24, 8)
/** What a Memory is, when it is not transferred. */
const probe = changetype<Request>(memory.data(0x200, 8))

export function storageCount(subject: u32): u32 { return poolDisks }
export function storageNumber(subject: u32, device: u32, key: u32): u64 { return device < poolDisks ? numberOf(poolDisk(device), key) : 0 }

export function storageUnit(subject: u32, device: u32, target: usize): bool { return adminStorageDevice(subject, device, target) }
export function storageConfigured(subject: u32, target: usize): void { giveBytes(sandbox(subject), target, changetype<usize>(configuration().storage), StorageConfigurationBytes) }

export function storageImage(subject: u32, number: u32, offset: u64, target: usize, bytes: u32): bool {
  const file = configuration().storage.image(min(number, ConfigurationLimit.Images - 1)).file
  if (offset > file.length || bytes > file.length - offset || !isOwnMemory(sandbox(subject), target, bytes)) return false
  hw.copyVirtual(sandbox(subject).linear + target, DirectBase + hpaOf(file) + offset, bytes)
  return true
}

/** Has `to` name bytes of a Memory; false when they are not all there. */
function locate(subject: u32, to: Request, name: u32, offset: u32, bytes: u64): bool {
  to.skip = 0
  if (name < StorageRequestLimit) {
    const requester = requesterOf(name)
    if (requester == u32.MAX_VALUE) return false
    const request = requestOf(requester >> 6, requester & 63)
    if (offset + bytes > <u64>request.blocks * diskOf(requester >> 6, request.disk).medium.blockBytes) return false
    to.parts = request.parts
    to.count = request.count
    to.skip = offset
    return true
  }
  to.parts = to.own
  to.count = 0
  if (name - Memory.Scratch < ScratchLimit) {
    if (offset + bytes > Frame.Bytes) return false
    addPart(to, scratchBase + (<u64>(name - Memory.Scratch) << Frame.Shift) + offset, bytes)
    return true
  }
  if (name >= Memory.Scratch || bytes > OwnBlocksLimit << Frame.Shift || !isOwnMemory(sandbox(subject), offset, <u32>bytes)) return false
  for (let at: u64 = offset, end = at + bytes; at < end;) {
    const span = min(Frame.Bytes - (at & Frame.Bytes - 1), end - at)
    addPart(to, lookup(sandbox(subject).linear + at) + (at & Frame.Bytes - 1), span)
    at += span
  }
  return true
}

export function storageTransfer(subject: u32, operation: u32, name: u32, offset: u32, blocks: u32, device: u32, block: u64, tag: u32): bool {
  if (freeTransfers == 0 || device >= poolDisks || operation > DiskOperation.Flush) return false
  const disk = poolDisk(device)
  const shift = Frame.Shift - ctz(disk.medium.blockBytes)
  if (operation == DiskOperation.Write && disk.readOnly != 0 || block > disk.blocks >> shift || blocks > (disk.blocks >> shift) - block) return false
  const slot = <u32>ctz(freeTransfers)
  const request = requestOf(PoolAsker, slot)
  if (operation == DiskOperation.Flush) request.count = 0
  else if (!locate(subject, request, name, offset, <u64>blocks << Frame.Shift)) return false
  takeTransfer(slot)
  request.disk = device
  request.operation = operation
  request.tag = tag
  request.block = block << shift
  request.blocks = blocks << shift
  request.done = 0
  request.about = operation == DiskOperation.Flush || name >= StorageRequestLimit ? 0 : name + 1
  // For a VM that is ending nothing is begun: what it had asked for would keep the pool from the others for as long as it takes.
  if (request.about == 0 || vmAt(requesterOf(name) >> 6).state != VmState.Stopped) wait(disk.device, PoolAsker, slot)
  else finish(PoolAsker, slot, DiskStatus.Failed)
  requestService()
  return true
}

export function storageCompleted(subject: u32): i64 {
  if (endedTransfers == 0) return -1
  const slot = <u32>ctz(endedTransfers)
  toldOfTransfer(slot)
  return <u64>requestOf(PoolAsker, slot).status << 32 | requestOf(PoolAsker, slot).tag
}

let sum: u32 = 0
let other: u64 = 0
let isInto = false

export function storageChecksum(subject: u32, name: u32, offset: u32, bytes: u32): u32 {
  sum = u32.MAX_VALUE
  if (locate(subject, probe, name, offset, bytes)) forEachPart(probe, 0, bytes, (hpa, span) => { sum = hw.crc32c(sum, hpa, span) })
  return ~sum
}

export function storageZero(subject: u32, name: u32, offset: u32, bytes: u32): void {
  if (locate(subject, probe, name, offset, bytes)) forEachPart(probe, 0, bytes, (hpa, span) => { hw.zero(hpa, span) })
}

export function storageCopy(subject: u32, scratch: u32, at: u32, name: u32, offset: u32, bytes: u32, into: bool): void {
  if (scratch >= ScratchLimit || <u64>at + bytes > Frame.Bytes || !locate(subject, probe, name, offset, bytes)) return
  other = scratchBase + (<u64>scratch << Frame.Shift) + at
  isInto = into
  forEachPart(probe, 0, bytes, (hpa, span) => {
    hw.copy(isInto ? other : hpa, isInto ? hpa : other, span)
    other += span
  })
}

export function storageNext(subject: u32, target: usize): bool {
  const device = poolDevice()
  if (!isOpen || device.waitingVms == 0) return false
  const asker = nextAsker(device)
  const slot = <u32>ctz(load<u64>(device.waiting(asker)))
  const id = numberRequest(asker << 6 | slot)
  if (id == StorageRequestLimit) return false
  const request = requestOf(asker, slot)
  const told = changetype<StorageRequest>(asked)
  told.id = id
  told.volume = diskOf(asker, request.disk).unit
  told.operation = request.operation
  told.sector = request.block
  told.sectors = request.given = request.blocks
  give(device, asker, slot)
  return giveBytes(sandbox(subject), target, asked, 24)
}

export function storageComplete(subject: u32, id: u32, status: u32): void {
  const requester = requesterOf(id)
  if (requester == u32.MAX_VALUE) return
  // While a device may still write to its memory it has not ended, whatever the service says: that could be another's soon.
  for (let busy = ~(freeTransfers | endedTransfers); busy != 0; busy &= busy - 1) if (requestOf(PoolAsker, <u32>ctz(busy)).about == id + 1) return
  forgetRequest(id)
  if (status != StorageStatus.NoSpace && status != StorageStatus.Missing) return takeAnswer(poolDevice(), requester, status)
  // It waits again, but is given to nobody until the VM goes on.
  const vm = vmAt(requester >> 6)
  const device = poolDevice()
  const bit = <u64>1 << (requester & 63)
  store<u64>(device.given(vm.index), load<u64>(device.given(vm.index)) & ~bit)
  if (vm.state == VmState.Stopped) return
  store<u64>(device.waiting(vm.index), load<u64>(device.waiting(vm.index)) | bit)
  if (vm.state != VmState.Running || vm.order != 0) return
  setReason(vm, status == StorageStatus.NoSpace ? 'paused: the pool has no space left for what it writes' : 'paused: a drive of the storage pool is missing')
  vm.order = VmOrder.Pause + 1
  announce(vm)
  requestOrders()
}

/** The oldest of the changes that are kept, and where the next goes; both count on. */
let oldest: u32 = 0
let next: u32 = 0
export function storageRoom(subject: u32): u32 { return StorageChangeLimit - (next - oldest) }
export function storageRemember(subject: u32, source: usize): void {
  if (storageRoom(subject) != 0 && takeBytes(sandbox(subject), changetype<usize>(keptChange(next)), source, StorageChangeBytes)) next++
}
export function storageRecall(subject: u32, place: u32, target: usize): bool {
  return place < next - oldest && giveBytes(sandbox(subject), target, changetype<usize>(keptChange(oldest + place)), StorageChangeBytes)
}
export function storageForget(subject: u32, number: u64): void { while (oldest != next && keptChange(oldest).number <= number) oldest++ }

export function storageIsUsed(subject: u32, volume: u32): bool { return isVolumeUsed(volume, vmCount) }

export function storageOpen(subject: u32, is: bool): void { setOpen(is) }

export function storageOrder(subject: u32, target: usize): bool { return take(desk, subject, target, StorageOrderBytes) }
export function storageAnswer(subject: u32, source: usize): void { answer(desk, subject, source, StorageAnswerBytes) }
export function adminStorageOrder(subject: u32, source: usize): bool { return isPool && place(desk, subject, source, StorageOrderBytes) }
export function adminStorageAnswer(subject: u32, target: usize): bool { return collect(desk, subject, target, StorageAnswerBytes) }

export function adminStorageDevice(subject: u32, device: u32, target: usize): bool {
  return device < poolDisks && giveBytes(sandbox(subject), target, poolDisk(device).about, BlockUnitBytes)
}
