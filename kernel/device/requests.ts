/**
 * Requests on their way: a machine asks on any CPU, the first one gives them to the device's driver, takes its answer, and tells the machine. Memory that a
 * device may be writing is nobody else's: a VM's machine ends only when no driver has a request of it.
 */
import { BlockPart, BlockRequest } from '../../capability/block'
import { DeviceLimit } from '../../capability/devices'
import { VmState } from '../../capability/admin'
import { DiskStatus } from '../../capability/disk'
import { diskVms } from '../cpu/cpu'
import * as hw from '../hw'
import { giveBytes, SandboxState } from '../sandbox/sandbox'
import { later, toTicks } from '../time/clock'
import { tell } from '../vm/machine'
import { Vm, vmAt } from '../vm/vm'
import { boardOf, diskCount, diskOf, requestOf } from './disks'
import { endTransfers } from './function'
import { serviceDevices } from './drivers'
import { isPool, poolRequestEnded } from './pool'
import { forEachPart, Request } from './request'
import { Device, deviceAt, deviceCount, PoolAsker, poolDevice } from './table'

/** Nanoseconds that a VM which ends waits for the devices. */
@inline const Patience: u64 = 1_000_000_000
/** VMs whose machine is to be told, bit n for number n. */
let finished: u64 = 0

@inline const HeaderBytes: usize = offsetof<BlockRequest>()
const out: usize = memory.data(32 + 16 * 256, 8)
const told = changetype<BlockRequest>(out)

/** Takes what machines have asked for. What one asked that has ended since was asked for in vain, and lies where nothing is any more. */
export function collectRequests(): void {
  for (let vms = hw.exchange64(diskVms(), 0); vms != 0; vms &= vms - 1) {
    const index = <u32>ctz(vms)
    const vm = vmAt(index)
    for (let asked = vm.machine == 0 ? 0 : hw.exchange64(changetype<usize>(boardOf(vm)), 0); asked != 0; asked &= asked - 1) {
      const slot = <u32>ctz(asked)
      const request = requestOf(index, slot)
      if (request.status == DiskStatus.Ok) wait(diskOf(index, request.disk).device, index, slot)
      else finish(index, slot, request.status)
    }
  }
}

/** A request waits to be given to a driver; not one of a VM that is ending, whose slots are its next run's. */
export function wait(device: Device, asker: u32, slot: u32): void {
  if (asker != PoolAsker && vmAt(asker).state == VmState.Stopped) return
  store<u64>(device.waiting(asker), load<u64>(device.waiting(asker)) | <u64>1 << slot)
  if (asker != PoolAsker) device.waitingVms |= <u64>1 << asker
}

@inline export function isWaiting(device: Device): bool { return device.waitingVms != 0 || load<u64>(device.waiting(PoolAsker)) != 0 }

export function finish(asker: u32, slot: u32, status: u32): void {
  requestOf(asker, slot).status = status
  if (asker == PoolAsker) return poolRequestEnded(slot)
  hw.or64(changetype<usize>(boardOf(vmAt(asker))) + 8, <u64>1 << slot)
  finished |= <u64>1 << asker
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

/** Copies the next request for a device to its driver's memory; false when there is none. */
export function giveNext(device: Device, target: usize): bool {
  if (!isWaiting(device)) return false
  const asker = nextAsker(device)
  const slot = <u32>ctz(load<u64>(device.waiting(asker)))
  const length = describe(requestOf(asker, slot), asker << 6 | slot)
  if (!giveBytes(device.box, target, out, length)) return false
  give(device, asker, slot)
  return true
}

/** Who is next, of those that wait: VMs take turns, and between two of them the pool has its own. */
export function nextAsker(device: Device): u32 {
  device.poolsTurn = !device.poolsTurn
  if (device.waitingVms == 0 || device.poolsTurn && load<u64>(device.waiting(PoolAsker)) != 0) return PoolAsker
  return (<u32>ctz(rotr(device.waitingVms, <u64>device.nextVm)) + device.nextVm) & 63
}

/** The driver has it from now on. Within one VM, it is the guest's own affair which comes first. */
export function give(device: Device, asker: u32, slot: u32): void {
  const waiting = load<u64>(device.waiting(asker)) & ~(<u64>1 << slot)
  store<u64>(device.waiting(asker), waiting)
  store<u64>(device.given(asker), load<u64>(device.given(asker)) | <u64>1 << slot)
  if (asker == PoolAsker) return
  device.nextVm = asker + 1
  if (waiting == 0) device.waitingVms &= ~(<u64>1 << asker)
}

/** Fills `out` with as much of a request as its unit takes at once; the bytes of that. */
function describe(request: Request, id: u32): u32 {
  const disk = diskOf(id >> 6, request.disk)
  const unit = disk.medium
  request.given = min(request.blocks - request.done, unit.maxBlocks)
  told.id = id
  told.unit = disk.unit
  told.operation = request.operation
  told.block = request.block + request.done
  told.blocks = request.given
  told.count = 0
  forEachPart(request, <u64>request.done * unit.blockBytes, <u64>request.given * unit.blockBytes, (hpa, span) => {
    const to = changetype<BlockPart>(out + HeaderBytes + (<usize>(told.count++) << 4))
    to.physical = hpa
    to.bytes = <u32>span
  })
  return <u32>HeaderBytes + (told.count << 4)
}

/** A VM goes on: what waited for that does not any more. */
export function resumeRequests(vm: Vm): void {
  if (diskCount(vm) != 0 && load<u64>(poolDevice().waiting(vm.index)) != 0) poolDevice().waitingVms |= <u64>1 << vm.index
}

/** A driver has ended a request; of one that it does not have it says nothing. */
export function takeAnswer(device: Device, id: u32, status: u32): void {
  const asker = id >> 6
  const bit = <u64>1 << (id & 63)
  if (asker > PoolAsker || (load<u64>(device.given(asker)) & bit) == 0) return
  store<u64>(device.given(asker), load<u64>(device.given(asker)) & ~bit)
  const request = requestOf(asker, id & 63)
  request.done += request.given
  if (status == DiskStatus.Ok && request.done < request.blocks) wait(device, asker, id & 63)
  else finish(asker, id & 63, min(status, DiskStatus.Unsupported))
}

/** All that a driver had and did not end waits again, but for what a pool's service began that has failed since. */
export function giveAgain(device: Device): void {
  for (let asker: u32 = 0; asker <= PoolAsker; asker++) {
    for (let given = asker != PoolAsker || isPool && poolDevice().box.state == SandboxState.Running ? load<u64>(device.given(asker)) : 0; given != 0; given &= given - 1) wait(device, asker, <u32>ctz(given))
    store<u64>(device.given(asker), 0)
  }
}

/** A VM's machine is about to end: nothing is asked for any more, and no device writes to its memory when this returns. */
export function endRequests(vm: Vm): void {
  if (diskCount(vm) == 0) return
  hw.exchange64(changetype<usize>(boardOf(vm)), 0)
  const deadline = later(hw.readTsc(), toTicks(Patience))
  for (let i: u32 = 0; i <= DeviceLimit; i++) {
    const device = deviceAt(i)
    if (i >= deviceCount && i != DeviceLimit || device.subject == 0) continue
    store<u64>(device.waiting(vm.index), 0)
    device.waitingVms &= ~(<u64>1 << vm.index)
    while (isGiven(device, vm.index) && device.box.state == SandboxState.Running && hw.readTsc() < deadline) {
      hw.openInterrupts()
      serviceDevices()
    }
    if (!isGiven(device, vm.index)) continue
    // What it has of others is given to its next instance. The pool's own, at any device, may be about this VM's memory.
    for (let other: u32 = 0; other < deviceCount; other++) if (other == i || i == DeviceLimit && isGiven(deviceAt(other), PoolAsker)) stopDriver(deviceAt(other))
    device.box.state = SandboxState.Failed
    store<u64>(device.given(vm.index), 0)
  }
  finished &= ~(<u64>1 << vm.index)
}

@inline export function isGiven(device: Device, asker: u32): bool { return load<u64>(device.given(asker)) != 0 }

function stopDriver(device: Device): void {
  endTransfers(device.found)
  device.box.state = SandboxState.Failed
}
