/** The drivers of the host's devices: started at boot, called when there is something for them, started again when they fail. */
import * as hw from '../hw'
import { DeviceFunction, DeviceFunctionBytes, driverModules, PlaceLength, WindowCount } from '../../capability/devices'
import { Owner } from '../../capability/owner'
import { mapDevice } from '../host/aperture'
import { takeFired } from '../interrupts/interrupt'
import { Vector } from '../interrupts/localapic'
import { openLines } from '../interrupts/pic'
import * as words from '../log/text'
import { call, findExport, Sandbox, sandbox, SandboxState, setName } from '../sandbox/sandbox'
import { SandboxKind } from '../security/policy'
import { OrderState } from '../service/desk'
import { begin, clear, create, isRestartDue } from '../service/served'
import { devicesFound } from '../service/readers'
import { later, multiplier, toTicks } from '../time/clock'
import { mapWindow } from '../vm/memory'
import { noteDeadline } from '../vm/timers'
import { closePorts } from '../network/port'
import { openUplink } from '../network/service'
import { endTransfers, prepareFunction } from './function'
import { createPool, desk, endedTransfers, isPool, isTransferring, resetPool } from './pool'
import { collectRequests, giveAgain, isWaiting, tellMachines } from './requests'
import { Device, deviceAt, deviceCount, poolDevice, setDeviceCount } from './table'

/** Nanoseconds that the host waits at boot for what its disks are, and for its pool. */
@inline const Patience: u64 = 5_000_000_000

/** Starts a driver for each device that was found, waits until they have told of their units, and then the pool's service until it has looked for its pool. */
export function startDrivers(): void {
  for (let i: u32 = 0; i < devicesFound().count; i++) if (mapWindow(changetype<usize>(deviceAt(deviceCount)), 1, Owner.Nucleus)) add(devicesFound().function(i))
  waitUntilReady()
  if (!createPool()) return
  start(poolDevice())
  waitUntilReady()
}

function waitUntilReady(): void {
  const deadline = later(hw.readTsc(), toTicks(Patience))
  while (hw.readTsc() < deadline && !areReady()) {
    hw.openInterrupts()
    serviceDevices()
  }
}

function areReady(): bool {
  for (let i: u32 = 0; i < deviceCount; i++) if (!isReady(deviceAt(i))) return false
  return !isPool || isReady(poolDevice())
}
@inline function isReady(device: Device): bool { return device.announced || device.box.state != SandboxState.Running }

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
  const box = device.box
  device.deadline = u64.MAX_VALUE
  device.announced = false
  if (box.kind == SandboxKind.Device) openUplink(device.found, box)
  if (box.kind == SandboxKind.Device && !prepareFunction(device.found, box, Vector.Device + box.device) || !begin(device.subject)) return false
  device.interrupt = findExport(box, 'interrupt')
  device.expire = findExport(box, 'deadline')
  device.submit = findExport(box, 'submit')
  device.netProgress = findExport(box, 'netProgress')
  return true
}

/** Calls the drivers for which there is something, and the pool before what it asks of them and after. */
export function serviceDevices(): void {
  collectRequests()
  if (isPool) serve(poolDevice())
  for (let i: u32 = 0; i < deviceCount; i++) serve(deviceAt(i))
  if (endedTransfers != 0) serve(poolDevice())
  openLines()
  tellMachines()
}

function serve(device: Device): void {
  const box = device.box
  if (box.state == SandboxState.Running) callFor(device, box)
  if (box.state != SandboxState.Running && isAtRest(box) && isRestartDue(box)) restartDriver(box)
}

function callFor(device: Device, box: Sandbox): void {
  if (box.kind == SandboxKind.Storage ? endedTransfers != 0 : takeFired(box.device)) call(box, device.interrupt)
  if (device.deadline <= hw.readTsc()) {
    device.deadline = u64.MAX_VALUE
    call(box, device.expire)
  }
  if (isWaiting(device) || box.kind == SandboxKind.Storage && desk.state == OrderState.Waiting) call(box, device.submit)
  if (device.deadline != u64.MAX_VALUE) noteDeadline(device.deadline)
}

/** True when nothing writes any more what the instance before had begun. */
function isAtRest(box: Sandbox): bool {
  if (box.kind == SandboxKind.Storage) return !isTransferring()
  endTransfers(deviceAt(box.device).found)
  return true
}

/** Gives it a fresh instance, as soon as it is at rest, to which everything is given again that the last one did not complete. */
export function restartDriver(box: Sandbox): bool {
  box.state = SandboxState.Failed
  box.retryAt = hw.readTsc()
  if (!isAtRest(box)) return true
  clear(box)
  if (box.kind == SandboxKind.Storage) resetPool()
  else closePorts(box)
  giveAgain(deviceAt(box.device))
  return start(deviceAt(box.device))
}
