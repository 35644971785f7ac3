/** A VM's machine: its sandbox, the calls into it, and what it asked for while it was called. */
import { VmState } from '../../capability/admin'
import { configuration } from '../config/configuration'
import * as hw from '../hw'
import { callForOrders } from '../cpu/kick'
import { attachDisks } from '../device/disks'
import { endRequests } from '../device/requests'
import { closePorts } from '../network/port'
import { openInterfaces } from '../network/service'
import { SandboxKind } from '../security/policy'
import { call, findExport, findModule, instantiate, release, reserveSandbox, Sandbox, sandbox, SandboxState, SandboxStatus, setName, setWatchdogLimit, trapAddress } from '../sandbox/sandbox'
import { NucleusLinear } from '../memory/layout'
import { multiplier } from '../time/clock'
import * as words from '../log/text'
import { nameOf } from './name'
import { chargeVm } from './scheduling'
import { blocksOf, PowerRequest, setReason, Vm, vmAt, vmCount } from './vm'

@inline const StartLimit: u64 = 20_000_000_000 // nanoseconds a loader may take
@inline const CallLimit: u64 = 1_000_000_000

/** Makes the machine's sandbox and powers it on; false with the reason set when it cannot be. */
export function startMachine(vm: Vm): bool {
  const missing = attachDisks(vm)
  if (missing >= 0) {
    const disk = configuration().vm(vm.index).disk(missing)
    words.text(disk.isVolume != 0 ? 'there is no pool with a volume of the name of its disk: ' : 'no medium of this host has the serial number of its disk: ')
    words.bytes(disk.name, disk.nameLength)
    return refuse(vm, '')
  }
  const subject = reserveSandbox(SandboxKind.Machine, findModule('machine'))
  if (subject == 0) return refuse(vm, 'no sandbox is free for its machine')
  const box = sandbox(subject)
  vm.machine = subject
  words.text('machine ')
  nameOf(vm)
  setName(box)
  box.vm = vm.index
  box.restarts = vm.restarts
  box.blocks = NucleusLinear + blocksOf(vm)
  box.blockCount = vm.blockCount
  box.ramBytes = vm.memoryBytes
  box.clockOffset = vm.clockOffset
  box.clockMultiplier = multiplier
  openInterfaces(vm, box)
  const status = instantiate(box)
  if (status == SandboxStatus.NoMemory) return refuse(vm, 'not enough free memory for its machine')
  if (status == SandboxStatus.Trapped) return refuseByTrap(vm, box)
  if (status != SandboxStatus.Ok) return refuse(vm, 'its machine could not be instantiated')
  bind(vm, box)
  setWatchdogLimit(StartLimit)
  const ready = call(box, findExport(box, 'start'))
  setWatchdogLimit(CallLimit)
  if (box.state != SandboxState.Running) return refuseByTrap(vm, box)
  return <u32>ready == 0 ? true : refuse(vm, 'its kernel was refused; the log says why')
}

/** What a machine exports, in the order in which Vm has the addresses. */
const exported: StaticArray<string> = ['portRead', 'portWrite', 'mmioRead', 'mmioWrite', 'msrRead', 'msrWrite', 'execute', 'switchTask', 'tick', 'serialInput', 'powerButton',
  'acknowledge', 'endOfInterrupt', 'ferr', 'processors', 'unbackedAccesses', 'diskCompleted', 'netProgress', 'memoryChanged']

function bind(vm: Vm, box: Sandbox): void {
  const first = changetype<usize>(vm) + offsetof<Vm>('portRead')
  for (let i = 0; i < exported.length; i++) store<u64>(first + (<usize>i << 3), findExport(box, exported[i]))
}

function refuse(vm: Vm, why: string): bool {
  setReason(vm, why)
  return false
}

function refuseByTrap(vm: Vm, box: Sandbox): bool {
  words.text('its machine failed: ')
  words.bytes(trapAddress(box), box.trapLength)
  return refuse(vm, '')
}

/** Ends the machine; its memory is scrubbed. */
export function stopMachine(vm: Vm): void {
  if (vm.machine == 0) return
  endRequests(vm)
  release(vm.machine)
  closePorts(sandbox(vm.machine))
  vm.machine = 0
  vm.machineDeadline = u64.MAX_VALUE
}

/** Calls an export of its machine: a trap is the VM's crash, and a power request is acted on by the run loop. */
export function callMachine(vm: Vm, what: u64, a0: u64 = 0, a1: u64 = 0, a2: u64 = 0): u64 { return ask(vm, what, a0, a1, a2) }

/** The same where each instruction counts. */
@inline function ask(vm: Vm, what: u64, a0: u64 = 0, a1: u64 = 0, a2: u64 = 0): u64 {
  const answer = call(sandbox(vm.machine), what, a0, a1, a2)
  if (vm.powerRequest != PowerRequest.None || sandbox(vm.machine).state != SandboxState.Running) noteMachine(vm)
  return answer
}

function noteMachine(vm: Vm): void {
  if (vm.machine == 0) return // stopped, while this CPU waited for it
  if (sandbox(vm.machine).state != SandboxState.Running) crash(vm)
  callForOrders()
}

function crash(vm: Vm): void {
  if (vm.crashed) return
  vm.crashed = true
  refuseByTrap(vm, sandbox(vm.machine))
}

/** Reads a port through the machine. */
export function readPort(vm: Vm, port: u32, size: u32): u32 { return <u32>ask(vm, vm.portRead, port, size) }
export function writePort(vm: Vm, port: u32, size: u32, value: u32): void { ask(vm, vm.portWrite, port, size, value) }
export function readMmio(vm: Vm, gpa: u64, size: u32): u64 { return ask(vm, vm.mmioRead, gpa, size) }
export function writeMmio(vm: Vm, gpa: u64, size: u32, value: u64): void { ask(vm, vm.mmioWrite, gpa, size, value) }

/** What `readMachineMsr` answers where there is no such MSR. */
@inline export const NoMsr: u64 = u64.MAX_VALUE
export function readMachineMsr(vm: Vm, vcpu: u32, index: u32): u64 { return callMachine(vm, vm.msrRead, vcpu, index) }
/** False is #GP(0). */
export function writeMachineMsr(vm: Vm, vcpu: u32, index: u32, value: u64): bool { return <u32>callMachine(vm, vm.msrWrite, vcpu, index, value) != 0 }

/** Calls an export that takes and answers nothing, at the VM's cost, outside its guest's turns. */
export function tell(vm: Vm, what: u64): void {
  const before = hw.readTsc()
  callMachine(vm, what)
  chargeVm(vm, hw.readTsc() - before)
}

/** Asks every machine for what nothing answered since power-on, ahead of an administrator who may want to know: the console's own call could not. */
export function askUnbacked(): void {
  for (let i: u32 = 0; i < vmCount; i++) {
    const vm = vmAt(i)
    if (vm.state == VmState.Running) vm.unbacked = callMachine(vm, vm.unbackedAccesses)
  }
}

/** Guest time for the machine's clock; changes with a pause. */
export function giveClock(vm: Vm): void { if (vm.machine != 0) sandbox(vm.machine).clockOffset = vm.clockOffset }
