/** The drivers of the host's devices: started at boot, called when there is something for them, started again when they fail. */
import * as hw from '../hw'
import { DeviceFunction, DeviceFunctionBytes, driverModules, PlaceLength, WindowCount } from '../../capability/devices'
import { Owner } from '../../capability/owner'
import { mapDevice } from '../host/aperture'
import { deviceFired, takeFired } from '../interrupts/interrupt'
import { Vector } from '../interrupts/localapic'
import * as words from '../log/text'
import { call, findExport, Sandbox, sandbox, SandboxState, setName } from '../sandbox/sandbox'
import { SandboxKind } from '../security/policy'
import { begin, clear, create, isRestartDue } from '../service/served'
import { devicesFound } from '../service/readers'
import { later, multiplier, toTicks } from '../time/clock'
import { mapWindow } from '../vm/memory'
import { noteDeadline } from '../vm/timers'
import { endTransfers, prepareFunction } from './function'
import { collectRequests, giveAgain, tellMachines } from './requests'
import { Device, deviceAt, deviceCount, setDeviceCount } from './table'

/** Nanoseconds that the host waits at boot for what its disks are. */
@inline const Patience: u64 = 5_000_000_000

/** Starts a driver for each device that was found, and waits until they have told of their units. */
export function startDrivers(): void {
  for (let i: u32 = 0; i < devicesFound().count; i++) if (mapWindow(changetype<usize>(deviceAt(deviceCount)), 1, Owner.Nucleus)) add(devicesFound().function(i))
  const deadline = later(hw.readTsc(), toTicks(Patience))
  while (hw.readTsc() < deadline && !areReady()) {
    hw.openInterrupts()
    serviceDevices()
  }
}

function areReady(): bool {
  for (let i: u32 = 0; i < deviceCount; i++) if (!deviceAt(i).announced && deviceAt(i).box.state == SandboxState.Running) return false
  return true
}

function add(found: DeviceFunction): void {
  const device = deviceAt(deviceCount)
  if (found.driver >= <u32>driverModules.length) return
  const subject = create(SandboxKind.Device, driverModules[found.driver], 'driver')
  if (subject == 0) return
  device.subject = subject
  memory.copy(changetype<usize>(device.found), changetype<usize>(found), DeviceFunctionBytes)
  const box = device.box
  box.clockMultiplier = multiplier
  box.device = deviceCount
  words.text('driver ')
  words.text(driverModules[found.driver])
  words.byte(0x20)
  words.bytes(found.place, PlaceLength)
  setName(box)
  for (let i: u32 = 0; i < WindowCount; i++) {
    const window = found.window(i)
    if (window.bytes == 0 || window.bytes > 1 << 32 || !mapDevice(window.base, window.bytes)) continue
    box.window(i).base = window.base
    box.window(i).bytes = window.bytes
  }
  setDeviceCount(deviceCount + 1)
  start(device)
}

function start(device: Device): bool {
  device.deadline = u64.MAX_VALUE
  device.announced = false
  if (!prepareFunction(device.found, device.box, Vector.Device + device.box.device) || !begin(device.subject)) return false
  device.interrupt = findExport(device.box, 'interrupt')
  device.expire = findExport(device.box, 'deadline')
  device.submit = findExport(device.box, 'submit')
  return true
}

/** Calls the drivers for which there is something. */
export function serviceDevices(): void {
  collectRequests()
  for (let i: u32 = 0; i < deviceCount; i++) {
    const device = deviceAt(i)
    if (device.box.state == SandboxState.Running) serve(device, i)
    if (device.box.state != SandboxState.Running) endTransfers(device.found)
    if (isRestartDue(device.box)) restartDriver(device.box)
  }
  tellMachines()
}

function serve(device: Device, index: u32): void {
  if ((deviceFired >> index & 1) != 0) {
    takeFired(index)
    call(device.box, device.interrupt)
  }
  if (device.deadline <= hw.readTsc()) {
    device.deadline = u64.MAX_VALUE
    call(device.box, device.expire)
  }
  if (device.waitingVms != 0) call(device.box, device.submit)
  if (device.deadline != u64.MAX_VALUE) noteDeadline(device.deadline)
}

/** Gives it a fresh instance, to which everything is given again that the last one did not complete. */
export function restartDriver(box: Sandbox): bool {
  const device = deviceAt(box.device)
  endTransfers(device.found)
  clear(box)
  giveAgain(device)
  return start(device)
}

/** True for the drivers of devices. */
export function isDriver(subject: u32): bool { return subject != 0 && sandbox(subject).kind == SandboxKind.Device }
