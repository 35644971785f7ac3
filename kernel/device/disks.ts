/** The disks of a VM: which unit of which device each one is, and the requests that are under way. They lie in the VM's part of the window. */
import { BlockPart, BlockUnit, UnitLimit } from '../../capability/block'
import { DiskNumber } from '../../capability/disk'
import { configuration } from '../config/configuration'
import { Vm } from '../vm/vm'
import { Device, deviceAt, deviceCount } from './table'

const Offset: usize = 0x30_0000
/** The board, and a page for each request. */
export const DiskPages: u32 = 65
/** Most parts of memory of one request: what fits in its page. */
export const PartLimit: u32 = 252

/** Where a VM's machine and the first CPU tell each other of requests: a bit for each. */
@unmanaged export class Board {
  asked: u64 // exchanged: the machine asks
  done: u64 //  exchanged: the first CPU says that they have ended
  ended: u64 // the machine has yet to be told, by number; its own, under its sandbox's lock, like what follows
  busy: u64 //  not free
  // 20h: eight disks
  @inline disk(index: u32): Disk { return changetype<Disk>(changetype<usize>(this) + 0x20 + (<usize>index << 4)) }
}
@unmanaged export class Disk {
  number: u32 // of its device
  unit: u32
  readOnly: u32
  reserved: u32
  @inline get device(): Device { return deviceAt(this.number) }
  @inline get medium(): BlockUnit { return this.device.unit(this.unit) }
}
@unmanaged export class Request {
  disk: u32
  operation: u32 // DiskOperation
  tag: u32
  status: u32 //    DiskStatus
  block: u64
  blocks: u32
  done: u32 //      of them
  given: u32 //     of them, what the driver has now
  count: u32 //     parts of memory
  reserved: u64
  // 30h
  @inline part(index: u32): BlockPart { return changetype<BlockPart>(changetype<usize>(this) + 0x30 + (<usize>index << 4)) }
}
@inline export function boardOf(vm: Vm): Board { return changetype<Board>(changetype<usize>(vm) + Offset) }
@inline export function requestOf(vm: Vm, slot: u32): Request { return changetype<Request>(changetype<usize>(vm) + Offset + (<usize>(slot + 1) << 12)) }
/** Disks that a VM has. */
@inline export function diskCount(vm: Vm): u32 { return configuration().vm(vm.index).diskCount }

/** A machine begins, of whose disks nothing was asked. Finds their media; the number of the first that is not there, or -1. */
export function attachDisks(vm: Vm): i32 {
  if (diskCount(vm) != 0) memory.fill(changetype<usize>(boardOf(vm)), 0, offsetof<Board>())
  for (let index: u32 = 0; index < diskCount(vm); index++) {
    const told = configuration().vm(vm.index).disk(index)
    const disk = boardOf(vm).disk(index)
    if (!find(disk, told.name, told.nameLength)) return index
    disk.readOnly = told.readOnly | disk.medium.readOnly
  }
  return -1
}

function find(disk: Disk, name: usize, length: u32): bool {
  for (let device: u32 = 0; device < deviceCount; device++) {
    for (let unit: u32 = 0; unit < UnitLimit; unit++) {
      const found = deviceAt(device).unit(unit)
      if (found.blocks == 0 || found.serialLength != length || memory.compare(serialOf(found), name, length) != 0) continue
      disk.number = device
      disk.unit = unit
      return true
    }
  }
  return false
}

@inline export function serialOf(unit: BlockUnit): usize { return changetype<usize>(unit) + offsetof<BlockUnit>() }

/** One of DiskNumber. */
export function numberOf(disk: Disk, key: u32): u64 {
  const unit = disk.medium
  switch (key) {
    case DiskNumber.Sectors: return unit.blocks * (unit.blockBytes >> 9)
    case DiskNumber.ReadOnly: return disk.readOnly
    case DiskNumber.LogicalBlockBytes: return unit.blockBytes
    case DiskNumber.PhysicalBlockBytes: return unit.physicalBlockBytes
    case DiskNumber.CanDiscard: return unit.canDiscard
  }
  return 0
}
