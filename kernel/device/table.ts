/** The host's devices that have a driver: a page each of the window, which the first CPU writes. */
import { BlockUnit } from '../../capability/block'
import { DeviceFunction } from '../../capability/devices'
import { Sandbox, sandbox } from '../sandbox/sandbox'
import { WindowBase } from '../memory/layout'

export const DeviceBase: usize = WindowBase + 0x3C00_0000

@unmanaged export class Device {
  subject: u32 //   its driver's sandbox
  nextVm: u32 //    whose turn it is
  deadline: u64 //  host TSC at which the driver asked to be called, or u64.MAX_VALUE
  interrupt: u64 // addresses of the driver's exports
  expire: u64
  submit: u64
  waitingVms: u64 // VMs of which requests wait to be given to the driver, bit n for number n
  announced: bool // the driver has told of a unit

  @inline get box(): Sandbox { return sandbox(this.subject) }
  @inline get found(): DeviceFunction { return changetype<DeviceFunction>(changetype<usize>(this) + 0x100) }
  /** Requests of a VM that wait, and those that the driver has: a bit for each. */
  @inline waiting(vm: u32): usize { return changetype<usize>(this) + 0x200 + (<usize>vm << 3) }
  @inline given(vm: u32): usize { return changetype<usize>(this) + 0x400 + (<usize>vm << 3) }
  @inline unit(index: u32): BlockUnit { return changetype<BlockUnit>(changetype<usize>(this) + 0x600 + (<usize>index << 7)) }
}

export let deviceCount: u32 = 0
export function setDeviceCount(count: u32): void { deviceCount = count }
@inline export function deviceAt(index: u32): Device { return changetype<Device>(DeviceBase + (<usize>index << 12)) }

/** The device that a sandbox drives. The policy grants what is of devices to their drivers only. */
export function deviceOf(subject: u32): Device { return deviceAt(sandbox(subject).device) }
