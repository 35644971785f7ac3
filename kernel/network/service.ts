/** The virtual switches' service (services/switch): started where the configuration has a network, called when frames wait, started again when it fails. */
import { VmState } from '../../capability/admin'
import { ConfigurationLimit, FirstUplink } from '../../capability/configuration'
import { DeviceFunction, PlaceLength } from '../../capability/devices'
import { SwitchStatus } from '../../capability/switch'
import { Owner } from '../../capability/owner'
import { configuration } from '../config/configuration'
import { deviceAt } from '../device/table'
import * as hw from '../hw'
import { call, findExport, Sandbox, sandbox, SandboxState } from '../sandbox/sandbox'
import { SandboxKind } from '../security/policy'
import { Desk, fail, OrderState } from '../service/desk'
import { begin, clear, create, isRestartDue } from '../service/served'
import { bootTsc, later, toTicks } from '../time/clock'
import { tell } from '../vm/machine'
import { mapWindow } from '../vm/memory'
import { chargeVm } from '../vm/scheduling'
import { noteDeadline } from '../vm/timers'
import { Vm, vmAt } from '../vm/vm'
import { areFrames, forgetSwitch, progressed, senderOf } from './frames'
import { changed, NetworkPages, openPorts, portAt, PortWords } from './port'

/** Calls for frames, one after the other, before everything else has its turn. */
const CallLimit: u32 = 8

let subject: u32 = 0
@inline export function isSwitch(): bool { return subject != 0 }
/** The address of its export. */
let frames: u64 = 0
let tickAt: u64 = u64.MAX_VALUE
/** Host TSC before which no frames are looked at: however many there are, guests have as much of the first CPU as the switch. */
let restsUntil: u64 = 0
export const desk = changetype<Desk>(memory.data(8 + 1024, 8))

/** Makes and starts it, where there is a switch or an interface. Without it frames wait. */
export function startSwitch(): void {
  if (load<u8>(configuration().order(0).name) == 0 || !mapWindow(changetype<usize>(portAt(0)) - 4096, NetworkPages, Owner.Nucleus)) return
  subject = create(SandboxKind.Switch, 'fabric', 'switch')
  if (isSwitch()) start(sandbox(subject))
}

function start(box: Sandbox): bool {
  const isStarted = begin(subject)
  frames = findExport(box, 'frames')
  return isStarted
}

/** A VM's machine is about to start. */
export function openInterfaces(vm: Vm, box: Sandbox): void {
  const told = configuration().vm(vm.index)
  if (!isSwitch()) return
  openPorts(box, vm.firstPort, vm.interfaceCount)
  for (let i: u32 = 0; i < vm.interfaceCount; i++) {
    portAt(vm.firstPort + i).mac = told.interface(i).mac
    portAt(vm.firstPort + i).maximumBytes = told.interface(i).maximumBytes
  }
}

/** A network card's driver is about to start: its port is that of the switch which it leads out of, if it is told to. */
export function openUplink(found: DeviceFunction, box: Sandbox): void {
  for (let network: u32 = 0; isSwitch() && network < ConfigurationLimit.Networks; network++) {
    if (memory.compare(configuration().uplink(network), found.place, PlaceLength) == 0) return openPorts(box, FirstUplink + network, 1)
  }
}

export function setTick(time: u64): void {
  tickAt = time == 0 ? u64.MAX_VALUE : later(bootTsc, toTicks(time))
  noteDeadline(tickAt)
}

/** Does what there is to do for the switches, and tells who is behind ports what was done. */
export function serveSwitch(): void {
  if (!isSwitch()) return
  const box = sandbox(subject)
  if (box.state == SandboxState.Running) callFor(box)
  if (box.state != SandboxState.Running && isRestartDue(box)) restartSwitch(box)
  tellPorts()
}

function callFor(box: Sandbox): void {
  const now = hw.readTsc()
  for (let word: u32 = 0; word < PortWords; word++) {
    for (let set = hw.exchange64(changed(word), 0); set != 0; set &= set - 1) call(box, findExport(box, 'portChanged'), word << 6 | <u32>ctz(set))
  }
  if (desk.state == OrderState.Waiting) call(box, findExport(box, 'orders'))
  if (tickAt <= now) {
    tickAt = u64.MAX_VALUE
    call(box, findExport(box, 'tick'))
  }
  if (tickAt != u64.MAX_VALUE) noteDeadline(tickAt)
  if (!areFrames()) return
  for (let calls = CallLimit; calls != 0 && now >= restsUntil && carryFrames(box); calls--) {}
  if (!areFrames()) return
  const after = hw.readTsc()
  if (now >= restsUntil) restsUntil = after + (after - now)
  noteDeadline(restsUntil)
}

/** A call for frames, which is charged to the VM that sent one of them: one at another place each time, so that whoever sends more pays for more. False when there was none. */
function carryFrames(box: Sandbox): bool {
  const before = hw.readTsc()
  const carried = call(box, frames) != 0
  const sender = senderOf(++turns)
  if (sender !== null && sender.kind == SandboxKind.Machine) chargeVm(vmAt(sender.vm), hw.readTsc() - before)
  return carried
}
let turns: u32 = 0

/** Gives it a fresh instance, which begins with the settings that were kept. Frames that the last one had are lost. */
export function restartSwitch(box: Sandbox): bool {
  clear(box)
  forgetSwitch()
  fail(desk, SwitchStatus.Failed)
  tickAt = u64.MAX_VALUE
  return start(box)
}

/** A VM that is paused is told when it runs again. */
function tellPorts(): void {
  for (let word: u32 = 0; word < PortWords; word++) {
    const at = progressed + (<usize>word << 3)
    for (let set = load<u64>(at); set != 0; set &= set - 1) {
      const port = portAt(word << 6 | <u32>ctz(set))
      if (port.subject != 0 && isPaused(port.box)) continue
      store<u64>(at, load<u64>(at) & ~(set & 0 - set))
      if (port.subject == 0) continue
      const box = port.box
      if (box.kind == SandboxKind.Machine) tell(vmAt(box.vm), vmAt(box.vm).netProgress)
      else call(box, deviceAt(box.device).netProgress)
    }
  }
}

@inline function isPaused(box: Sandbox): bool { return box.kind == SandboxKind.Machine && vmAt(box.vm).state == VmState.Paused }
