/**
 * The disks of a VM: which unit of which device each one is, or which volume of the pool, and the requests that are under way. They lie in the VM's part of the
 * window; the pool's own, which are whole units, behind the devices.
 */
import { VmState } from '../../capability/admin'
import { BlockUnit, UnitLimit } from '../../capability/block'
import { DiskNumber } from '../../capability/disk'
import { DiskNameLimit } from '../../capability/configuration'
import { StorageChange, StorageChangeBytes, StorageChangeLimit } from '../../capability/storage'
import { configuration } from '../config/configuration'
import { Frame } from '../memory/block'
import { Vm, vmAt } from '../vm/vm'
import { findVolume } from './pool'
import { PartLimit, Request } from './request'
import { Device, deviceAt, DeviceBase, deviceCount, PoolAsker, poolDevice } from './table'

/** Behind the table of blocks, as long as that can be. */
const Offset: usize = 0x50_0000
/** The board, and a page for each request. */
export const DiskPages: u32 = 65

/** Where a VM's machine and the first CPU tell each other of requests: a bit for each. */
@unmanaged export class Board {
  asked: u64 // exchanged: the machine asks
  done: u64 //  exchanged: the first CPU says that they have ended
  ended: u64 // the machine has yet to be told, by number; its own, under its sandbox's lock, like what follows
  busy: u64 //  not free
  // 20h: eight disks
  @inline disk(index: u32): Disk { return changetype<Disk>(changetype<usize>(this) + 0x20 + (<usize>index << 5)) }
  // 200h: what is known of those that are volumes
  @inline volume(index: u32): BlockUnit { return changetype<BlockUnit>(changetype<usize>(this) + 0x200 + (<usize>index << 7)) }
}
@unmanaged export class Disk {
  number: u32 // of its device
  unit: u32
  readOnly: u32
  about: usize // where its BlockUnit is
  blocks: u64
  @inline get device(): Device { return deviceAt(this.number) }
  @inline get medium(): BlockUnit { return changetype<BlockUnit>(this.about) }
}
@inline export function boardOf(vm: Vm): Board { return changetype<Board>(changetype<usize>(vm) + Offset) }
/** The pool's, behind the devices, and its requests, half a KiB each. */
const PoolBase: usize = DeviceBase + 0x1_0000
export const PoolPages: u32 = 19
/** The changes that its service has us keep, a ring. */
@inline export function keptChange(place: u32): StorageChange { return changetype<StorageChange>(PoolBase + 0x9000 + <usize>(place & StorageChangeLimit - 1) * StorageChangeBytes) }
/** Disks of the pool. */
export const PoolDiskLimit: u32 = 32
@inline export function poolDisk(index: u32): Disk { return changetype<Disk>(PoolBase + (<usize>index << 5)) }

@inline export function diskOf(asker: u32, index: u32): Disk { return asker == PoolAsker ? poolDisk(index) : boardOf(vmAt(asker)).disk(index) }
@inline export function requestOf(asker: u32, slot: u32): Request {
  return changetype<Request>(asker == PoolAsker ? PoolBase + 0x1000 + (<usize>slot << 9) : changetype<usize>(vmAt(asker)) + Offset + (<usize>(slot + 1) << 12))
}
/** Disks that a VM has. */
@inline export function diskCount(vm: Vm): u32 { return configuration().vm(vm.index).diskCount }

/** Whether a disk of the VM may be reading or writing the 2 MiB at `hpa`. */
export function isUnderRequest(vm: Vm, hpa: u64): bool {
  for (let busy = diskCount(vm) == 0 ? 0 : boardOf(vm).busy; busy != 0; busy &= busy - 1) {
    const request = requestOf(vm.index, <u32>ctz(busy))
    for (let i: u32 = 0; i < min(request.count, PartLimit); i++) {
      const part = request.part(i)
      if (part.physical < hpa + Frame.LargeBytes && part.physical + part.bytes > hpa) return true
    }
  }
  return false
}

/** True for a VM that has a volume of the pool as its disk. */
export function hasVolume(vm: Vm): bool {
  for (let index: u32 = 0; index < diskCount(vm); index++) if (configuration().vm(vm.index).disk(index).isVolume != 0) return true
  return false
}

/** A machine begins, of whose disks nothing was asked. Finds what they are; the number of the first that is not there, or -1. */
export function attachDisks(vm: Vm): i32 {
  if (diskCount(vm) != 0) memory.fill(changetype<usize>(boardOf(vm)), 0, 4096)
  for (let index: u32 = 0; index < diskCount(vm); index++) {
    const told = configuration().vm(vm.index).disk(index)
    const disk = boardOf(vm).disk(index)
    if (told.isVolume != 0 ? !findVolume(disk, boardOf(vm).volume(index), told) : !find(disk, told.name, told.nameLength)) return index
    disk.readOnly |= told.readOnly
  }
  return -1
}

function find(disk: Disk, name: usize, length: u32): bool {
  for (let device: u32 = 0; device < deviceCount; device++) {
    for (let unit: u32 = 0; unit < UnitLimit; unit++) {
      const found = deviceAt(device).unit(unit)
      if (found.blocks == 0 || found.serialLength != length || memory.compare(serialOf(found), name, length) != 0) continue
      setDisk(disk, device, unit)
      return true
    }
  }
  return false
}

/** All of a device's unit. */
export function setDisk(disk: Disk, device: u32, unit: u32): void {
  const medium = deviceAt(device).unit(unit)
  disk.number = device
  disk.unit = unit
  disk.readOnly = medium.readOnly
  disk.about = changetype<usize>(medium)
  disk.blocks = medium.blocks
}

@inline export function serialOf(unit: BlockUnit): usize { return changetype<usize>(unit) + offsetof<BlockUnit>() }

export function isSound(unit: BlockUnit): bool {
  return unit.blockBytes >= 512 && unit.blockBytes <= Frame.Bytes && popcnt(unit.blockBytes) == 1 && unit.maxBlocks != 0 && unit.blocks < 1 << 48 && unit.serialLength <= DiskNameLimit
}

/** One of DiskNumber. */
export function numberOf(disk: Disk, key: u32): u64 {
  const unit = disk.medium
  switch (key) {
    case DiskNumber.Sectors: return disk.blocks * (unit.blockBytes >> 9)
    case DiskNumber.ReadOnly: return disk.readOnly
    case DiskNumber.LogicalBlockBytes: return unit.blockBytes
    case DiskNumber.PhysicalBlockBytes: return unit.physicalBlockBytes
    case DiskNumber.CanDiscard: return unit.canDiscard
  }
  return 0
}

/** True while a VM that is on has this volume. */
export function isVolumeUsed(volume: u32, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) {
    const vm = vmAt(i)
    if (vm.machine == 0 || vm.state == VmState.Stopped) continue // it ends, where it has a machine
    for (let index: u32 = 0; index < diskCount(vm); index++) if (boardOf(vm).disk(index).device === poolDevice() && boardOf(vm).disk(index).unit == volume) return true
  }
  return false
}
