/**
 * Requests on their way: a machine asks on any CPU, the first one gives them to the device's driver, takes its answer, and tells the machine. Memory that a
 * device may be writing is nobody else's: a VM's machine ends only when no driver has a request of it.
 */
import { BlockPart, BlockRequest } from '../../capability/block'
import { VmState } from '../../capability/admin'
import { DiskStatus } from '../../capability/disk'
import { diskVms } from '../cpu/cpu'
import * as hw from '../hw'
import { call, giveBytes, SandboxState } from '../sandbox/sandbox'
import { later, toTicks } from '../time/clock'
import { tell } from '../vm/machine'
import { Vm, vmAt } from '../vm/vm'
import { boardOf, diskCount, Request, requestOf } from './disks'
import { endTransfers } from './function'
import { Device, deviceAt, deviceCount } from './table'

/** Nanoseconds that a VM which ends waits for the devices. */
@inline const Patience: u64 = 1_000_000_000
/** VMs whose machine is to be told, bit n for number n. */
let finished: u64 = 0

@inline const HeaderBytes: usize = offsetof<BlockRequest>()
const out: usize = memory.data(32 + 16 * 256, 8)

/** Takes what machines have asked for. What one asked that has ended since was asked for in vain, and lies where nothing is any more. */
export function collectRequests(): void {
  for (let vms = hw.exchange64(diskVms(), 0); vms != 0; vms &= vms - 1) {
    const index = <u32>ctz(vms)
    const vm = vmAt(index)
    for (let asked = vm.machine == 0 ? 0 : hw.exchange64(changetype<usize>(boardOf(vm)), 0); asked != 0; asked &= asked - 1) {
      const slot = <u32>ctz(asked)
      const request = requestOf(vm, slot)
      if (request.status == DiskStatus.Ok) wait(boardOf(vm).disk(request.disk).device, index, slot)
      else finish(index, slot, request.status)
    }
  }
}

function wait(device: Device, vm: u32, slot: u32): void {
  store<u64>(device.waiting(vm), load<u64>(device.waiting(vm)) | <u64>1 << slot)
  device.waitingVms |= <u64>1 << vm
}

function finish(vm: u32, slot: u32, status: u32): void {
  requestOf(vmAt(vm), slot).status = status
  hw.or64(changetype<usize>(boardOf(vmAt(vm))) + 8, <u64>1 << slot)
  finished |= <u64>1 << vm
}

/** Tells the machines whose requests have ended. One that is paused is told when it runs again. */
export function tellMachines(): void {
  for (let vms = finished; vms != 0; vms &= vms - 1) {
    const vm = vmAt(<u32>ctz(vms))
    if (vm.state == VmState.Running) {
      finished &= ~(<u64>1 << vm.index)
      tell(vm, vm.diskCompleted)
    } else if (vm.state != VmState.Paused) finished &= ~(<u64>1 << vm.index)
  }
}

/** Copies the next request for a device to its driver's memory; false when there is none. VMs take turns; within one, it is the guest's own affair which comes first. */
export function giveNext(device: Device, target: usize): bool {
  if (device.waitingVms == 0) return false
  const index = (<u32>ctz(rotr(device.waitingVms, <u64>device.nextVm)) + device.nextVm) & 63
  const waiting = load<u64>(device.waiting(index))
  const slot = <u32>ctz(waiting)
  const request = requestOf(vmAt(index), slot)
  const length = describe(device, request, index << 6 | slot)
  if (!giveBytes(device.box, target, out, length)) return false
  device.nextVm = index + 1
  store<u64>(device.waiting(index), waiting & (waiting - 1))
  if ((waiting & (waiting - 1)) == 0) device.waitingVms &= ~(<u64>1 << index)
  store<u64>(device.given(index), load<u64>(device.given(index)) | <u64>1 << slot)
  return true
}

/** Fills `out` with as much of a request as its unit takes at once; the bytes of that. */
function describe(device: Device, request: Request, id: u32): u32 {
  const disk = boardOf(vmAt(id >> 6)).disk(request.disk)
  const told = changetype<BlockRequest>(out)
  const unit = disk.medium
  request.given = min(request.blocks - request.done, unit.maxBlocks)
  told.id = id
  told.unit = disk.unit
  told.operation = request.operation
  told.block = request.block + request.done
  told.blocks = request.given
  let skip = <u64>request.done * unit.blockBytes
  let rest = <u64>request.given * unit.blockBytes
  let count: u32 = 0
  for (let i: u32 = 0; i < request.count && rest != 0; i++) {
    const part = request.part(i)
    if (skip >= part.bytes) {
      skip -= part.bytes
      continue
    }
    const to = changetype<BlockPart>(out + HeaderBytes + (<usize>(count++) << 4))
    to.physical = part.physical + skip
    to.bytes = <u32>min(<u64>part.bytes - skip, rest)
    rest -= to.bytes
    skip = 0
  }
  told.count = count
  return <u32>HeaderBytes + (count << 4)
}

/** A driver has ended a request; of one that it does not have it says nothing. */
export function takeAnswer(device: Device, id: u32, status: u32): void {
  const index = id >> 6
  const bit = <u64>1 << (id & 63)
  if (index >= 64 || (load<u64>(device.given(index)) & bit) == 0) return
  store<u64>(device.given(index), load<u64>(device.given(index)) & ~bit)
  const request = requestOf(vmAt(index), id & 63)
  request.done += request.given
  if (status == DiskStatus.Ok && request.done < request.blocks) wait(device, index, id & 63)
  else finish(index, id & 63, min(status, DiskStatus.Unsupported))
}

/** All that a driver had and did not end waits again. */
export function giveAgain(device: Device): void {
  for (let vm: u32 = 0; vm < 64; vm++) {
    for (let given = load<u64>(device.given(vm)); given != 0; given &= given - 1) wait(device, vm, <u32>ctz(given))
    store<u64>(device.given(vm), 0)
  }
}

/** A VM's machine is about to end: nothing is asked for any more, and no device writes to its memory when this returns. */
export function endRequests(vm: Vm): void {
  if (diskCount(vm) == 0) return
  const deadline = later(hw.readTsc(), toTicks(Patience))
  for (let i: u32 = 0; i < deviceCount; i++) {
    const device = deviceAt(i)
    store<u64>(device.waiting(vm.index), 0)
    device.waitingVms &= ~(<u64>1 << vm.index)
    while (load<u64>(device.given(vm.index)) != 0 && device.box.state == SandboxState.Running && hw.readTsc() < deadline) call(device.box, device.interrupt)
    if (load<u64>(device.given(vm.index)) == 0) continue
    // What it has of others is given to its next instance.
    endTransfers(device.found)
    device.box.state = SandboxState.Failed
    store<u64>(device.given(vm.index), 0)
  }
  finished &= ~(<u64>1 << vm.index)
}
