/** The host's devices that have a driver, and behind them the storage pool: a page each of the window, which the first CPU writes. */
import { BlockUnit } from '../../capability/block'
import { DeviceFunction, DeviceLimit } from '../../capability/devices'
import { Sandbox, sandbox } from '../sandbox/sandbox'
import { WindowBase } from '../memory/layout'

export const DeviceBase: usize = WindowBase + 0x3C00_0000

/** Who asks for what, by number: VMs below, and the pool, which asks the devices itself. */
export const PoolAsker: u32 = 64

@unmanaged export class Device {
  subject: u32 //   its driver's sandbox
  nextVm: u32 //    whose turn it is
  deadline: u64 //  host TSC at which the driver asked to be called, or u64.MAX_VALUE
  interrupt: u64 // addresses of the driver's exports
  expire: u64
  submit: u64
  netProgress: u64 //of a network card's
  waitingVms: u64 // VMs of which requests wait to be given to the driver, bit n for number n
  announced: bool // the driver has told of a unit
  poolsTurn: bool // the pool's requests come before those of VMs

  @inline get box(): Sandbox { return sandbox(this.subject) }
  @inline get found(): DeviceFunction { return changetype<DeviceFunction>(changetype<usize>(this) + 0x100) }
  /** Requests of an asker that wait, and those that the driver has: a bit for each. */
  @inline waiting(asker: u32): usize { return changetype<usize>(this) + 0x200 + (<usize>asker << 3) }
  @inline given(asker: u32): usize { return changetype<usize>(this) + 0x440 + (<usize>asker << 3) }
  @inline unit(index: u32): BlockUnit { return changetype<BlockUnit>(changetype<usize>(this) + 0x700 + (<usize>index << 7)) }
}

export let deviceCount: u32 = 0
export function setDeviceCount(count: u32): void { deviceCount = count }
@inline export function deviceAt(index: u32): Device { return changetype<Device>(DeviceBase + (<usize>index << 12)) }
/** The pool, to which VMs' requests go as to a device: its units are volumes. */
@inline export function poolDevice(): Device { return deviceAt(DeviceLimit) }

/** The device that a sandbox drives. The policy grants what is of devices to their drivers only. */
export function deviceOf(subject: u32): Device { return deviceAt(sandbox(subject).device) }
