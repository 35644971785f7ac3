/**
 * The storage pool's service (services/storage): to VMs what the driver of a device is, its volumes being the units, and itself one who asks devices. One that fails is
 * started again, opens the pool, and is given again what it had not ended.
 */
import { BlockUnit, BlockUnitBytes, UnitLimit } from '../../capability/block'
import { DiskConfiguration, DiskNameLimit } from '../../capability/configuration'
import { DeviceLimit } from '../../capability/devices'
import { Owner } from '../../capability/owner'
import { OrderStatus, ScratchLimit, StorageRequestLimit } from '../../capability/storage'
import { isRaw } from '../config/configuration'
import { allocateContiguous } from '../memory/frames'
import { call, findExport, giveBytes, sandbox, SandboxState, takeBytes } from '../sandbox/sandbox'
import { SandboxKind } from '../security/policy'
import { Desk, fail } from '../service/desk'
import { create } from '../service/served'
import { multiplier } from '../time/clock'
import { requestService } from '../vm/attention'
import { startWaiting } from '../vm/configure'
import { mapWindow } from '../vm/memory'
import { Disk, isSound, PoolDiskLimit, poolDisk, PoolPages, serialOf, setDisk } from './disks'
import { deviceAt, DeviceBase, deviceCount, PoolAsker, poolDevice } from './table'

/** No PCI function: what it asks of its own is all ones, and goes nowhere. */
@inline const Nowhere: u32 = 0xFF_FF00
/** Of 64 KiB: what it keeps of a pool's tables and trees in memory, and a check's counts; docs/storage-format.md says how large a pool that allows. */
const PoolMemoryPages: u32 = 4096

export let poolDisks: u32 = 0
/** Where the scratch blocks lie, one behind the other. */
export let scratchBase: u64 = 0
/** Transfers that are free to be begun, and those that have ended, of which the service has to be told: a bit for each. */
export let freeTransfers: u64 = u64.MAX_VALUE
export let endedTransfers: u64 = 0
/** There is a service; and a pool to give requests to. */
export let isPool = false
export let isOpen = false
/** Of each request that the service has: who asked << 6 | slot, + 1; 0: free. */
const given: usize = memory.data(2 * StorageRequestLimit, 8)

/** The console's orders. */
export const desk = changetype<Desk>(memory.data(8 + 1024, 8))

/** Makes its record where the host has units that are no VM's own; false where there is nothing for it. */
export function createPool(): bool {
  if (!mapWindow(changetype<usize>(poolDevice()), 1, Owner.Nucleus) || !mapWindow(DeviceBase + 0x1_0000, PoolPages, Owner.Nucleus)) return false
  for (let device: u32 = 0; device < deviceCount; device++) {
    for (let unit: u32 = 0; unit < UnitLimit && poolDisks < PoolDiskLimit; unit++) {
      const found = deviceAt(device).unit(unit)
      if (found.blocks != 0 && !isRaw(serialOf(found), found.serialLength)) addDisk(device, unit)
    }
  }
  scratchBase = allocateContiguous(ScratchLimit, Owner.Nucleus)
  const subject = poolDisks == 0 || scratchBase == 0 ? 0 : create(SandboxKind.Storage, 'pool', 'pool')
  poolDevice().subject = subject
  poolDevice().found.address = Nowhere
  sandbox(subject).device = DeviceLimit
  sandbox(subject).pageLimit = PoolMemoryPages
  sandbox(subject).clockMultiplier = multiplier
  isPool = subject != 0
  return isPool
}

/** A unit of a device is the pool's. */
export function addDisk(device: u32, unit: u32): void { setDisk(poolDisk(poolDisks++), device, unit) }

/** The service has yet to look for its pool, or to make what is configured. */
export function isPreparing(): bool { return isPool && !poolDevice().announced }

/** It has: there is a pool from now on, or none. */
export function setOpen(is: bool): void {
  isOpen = is
  poolDevice().announced = true
  startWaiting()
  requestService()
}

/** True while a driver has what the last instance began: it may still write where the next one would. What no driver has yet is forgotten. */
export function isTransferring(): bool {
  let given: u64 = 0
  for (let i: u32 = 0; i < deviceCount; i++) {
    store<u64>(deviceAt(i).waiting(PoolAsker), 0)
    given |= load<u64>(deviceAt(i).given(PoolAsker))
  }
  return given != 0
}

/** Nothing that the last instance knew means anything to the next. */
export function resetPool(): void {
  isOpen = false
  freeTransfers = u64.MAX_VALUE
  endedTransfers = 0
  memory.fill(given, 0, 2 * StorageRequestLimit)
  fail(desk, OrderStatus.Failed)
}

/** A transfer is begun. */
export function takeTransfer(slot: u32): void { freeTransfers &= ~(<u64>1 << slot) }
/** One has ended. */
export function poolRequestEnded(slot: u32): void { endedTransfers |= <u64>1 << slot }
/** The service has been told of one. */
export function toldOfTransfer(slot: u32): void {
  endedTransfers &= ~(<u64>1 << slot)
  freeTransfers |= <u64>1 << slot
}

/** Who << 6 | slot of the request that the service knows by this number; u32.MAX_VALUE when it has none such. */
export function requesterOf(id: u32): u32 { return id < StorageRequestLimit ? <u32>load<u16>(given + (<usize>id << 1)) - 1 : u32.MAX_VALUE }
/** The service has one no more. */
export function forgetRequest(id: u32): void { store<u16>(given + (<usize>id << 1), 0) }
/** A number for the next request of whoever it is; StorageRequestLimit when there is none, or no pool. */
export function numberRequest(requester: u32): u32 {
  let id: u32 = 0
  while (id < StorageRequestLimit && load<u16>(given + (<usize>id << 1)) != 0) id++
  if (id < StorageRequestLimit) store<u16>(given + (<usize>id << 1), <u16>(requester + 1))
  return id
}
/** Looks for the volume that a VM's disk is; false when there is none. The service finds its name, and leaves what it knows of it, where it says. */
export function findVolume(disk: Disk, about: BlockUnit, told: DiskConfiguration): bool {
  const box = poolDevice().box
  if (!isOpen || box.state != SandboxState.Running) return false
  const place = <usize>call(box, findExport(box, 'question'))
  if (!giveBytes(box, place, told.name, DiskNameLimit)) return false
  const number = <u32>call(box, findExport(box, 'find'))
  if (box.state != SandboxState.Running || number == u32.MAX_VALUE || !takeBytes(box, changetype<usize>(about), place, BlockUnitBytes) || !isSound(about)) return false
  disk.number = DeviceLimit
  disk.unit = number
  disk.readOnly = about.readOnly
  disk.about = changetype<usize>(about)
  disk.blocks = about.blocks
  return true
}
