/** A VM's life: start, stop, pause, resume, and what its policies do when it resets or crashes. */
import { areCpus, severalCpus } from '../cpu/cpu'
import { acquire, release } from '../cpu/lock'
import * as hw from '../hw'
import { AdminStatus, RestartPolicy, VmState } from '../../capability/admin'
import { ResetCause } from '../../capability/power'
import { MemoryReport } from '../../capability/ram'
import { resumeRequests } from '../device/requests'
import { enterVirtualWire } from '../apic/pins'
import { reset as resetApic } from '../apic/localapic'
import { initializeQueue } from '../log/queue'
import { commit } from '../log/log'
import * as words from '../log/text'
import { sandbox } from '../sandbox/sandbox'
import { toTicks } from '../time/clock'
import { initializeControl, setTscOffset } from '../../vmx/operations'
import { hostBlocked, permissions } from './host'
import { chooseApicMode } from './apicmode'
import { explainRefusal } from './crash'
import { settleExchange } from './exchange'
import { giveClock, startMachine, stopMachine, tell } from './machine'
import { clearMemory, giveMemory, takeMemory, windowHpa } from './memory'
import { nameOf } from './name'
import { addVcpu, chargeVm, cpuTicks, holdVm, removeVcpus, unblockVcpus, wakeVcpu } from './scheduling'
import { resetExtendedState, setDown } from './switch'
import { noteVmDeadline } from './timers'
import { apicOf } from './vcpu'
import { clearCounts, InputBytes, inputData, inputQueue, keepCounts, PowerRequest, reasonAddress, setReason, vcpuAt, Vm } from './vm'

/** A crash this soon after a start counts towards giving up; each in a row doubles the wait before the next start. A guest that resets itself as soon waits, too. */
@inline const SoonAfterStart: u64 = 10_000_000_000
@inline const FirstBackOff: u64 = 250_000_000
const QuickRestartLimit: u32 = 6

/** Starts a stopped VM. On NoMemory or a refused kernel it stays as it was, and the log and its reason say why. */
export function start(vm: Vm): i32 {
  if (vm.state == VmState.Running || vm.state == VmState.Paused) return AdminStatus.WrongState
  if (hostBlocked() != 0) return AdminStatus.Unsupported
  vm.restartAt = 0
  if (!areCpus(vm.affinity)) {
    setReason(vm, 'its affinity names a processor that this host does not have')
    announce(vm)
    return AdminStatus.OutOfRange
  }
  if (!takeMost(vm)) {
    setReason(vm, 'not enough free memory to start it')
    announce(vm)
    return AdminStatus.NoMemory
  }
  clearCounts(vm)
  return powerOn(vm) ? AdminStatus.Ok : fail(vm)
}

/** Takes the most that the VM may have, of which its guest gives back what it is not to keep; where there is not so much, what it is to have, and no more until its next start. */
function takeMost(vm: Vm): bool {
  vm.memoryBytes = vm.memoryMaximum
  if (takeMemory(vm)) return true
  vm.memoryBytes = vm.memoryWanted
  return vm.memoryWanted != vm.memoryMaximum && takeMemory(vm)
}

/** The machine refused: memory goes back, the VM stays stopped. */
function fail(vm: Vm): i32 {
  stopMachine(vm)
  giveMemory(vm)
  vm.state = VmState.Stopped
  forgetRequests(vm)
  announce(vm)
  return AdminStatus.Ok
}

/** Fresh vCPUs and a fresh machine over memory that the VM has. */
function powerOn(vm: Vm): bool {
  const now = hw.readTsc()
  vm.startedAt = now
  vm.clockOffset = 0 - now
  vm.machineDeadline = u64.MAX_VALUE
  forgetRequests(vm)
  vm.memoryEra++
  vm.intr = false
  vm.plugged = (<u64>1 << vm.vcpusAsked) - 1
  vm.reasonLength = 0
  initializeQueue(inputQueue(vm), inputData(vm), InputBytes)
  for (let i: u32 = 0; i < vm.vcpuCount; i++) resetVcpu(vm, i, now)
  if (!startMachine(vm)) return false
  for (let i: u32 = 0; i < vm.vcpuCount; i++) {
    if (severalCpus) setDown(vcpuAt(vm, i))
    addVcpu(vm, vcpuAt(vm, i))
  }
  vm.state = VmState.Running
  vm.held = false
  wakeVcpu(vcpuAt(vm, 0))
  return true
}

/** What waits to be done with a VM's run means nothing for the next one, nor to a VM without memory. */
function forgetRequests(vm: Vm): void {
  vm.powerRequest = PowerRequest.None
  vm.crashed = false
  vm.refused = 0
  vm.serialWaiting = false
  vm.powerButtonPressed = false
  vm.vcpusChanged = false
  vm.memoryNews = false
  vm.blocksAsked = vm.blockTouched = 0
  memory.fill(changetype<usize>(vm) + offsetof<Vm>('guestMemory'), 0, MemoryReport.Count << 3)
}

function resetVcpu(vm: Vm, index: u32, now: u64): void {
  const vcpu = vcpuAt(vm, index)
  setDown(vcpu)
  memory.fill(changetype<usize>(vcpu), 0, 4096)
  vcpu.vm = vm.index
  vcpu.index = index
  vcpu.control = changetype<usize>(vcpu) + 0x1000
  vcpu.controlHpa = windowHpa(vcpu.control)
  memory.fill(vcpu.control, 0, 4096)
  vcpu.nestedRoot = vm.nestedRoot
  vcpu.state = windowHpa(changetype<usize>(vcpu) + 0x3000)
  vcpu.virtualApic = changetype<usize>(vcpu) + 0x2000
  vcpu.virtualApicHpa = windowHpa(vcpu.virtualApic)
  // On a host of one CPU whoever is waited for does not run; of several it likely does, and leaving the guest at each PAUSE costs more than it gains.
  initializeControl(vcpu, permissions, vm.vcpuCount > 1, !severalCpus)
  resetExtendedState(vcpu)
  vcpu.tscOffset = 0 - now
  setTscOffset(vcpu, vcpu.tscOffset)
  vcpu.deadline = u64.MAX_VALUE
  vcpu.waitingForStartup = index != 0
  vcpu.halted = index != 0
  const apic = apicOf(vcpu)
  apic.page = vcpu.virtualApic
  apic.clockShift = 0
  resetApic(apic, index, index == 0)
  chooseApicMode(vcpu)
  if (index == 0) enterVirtualWire(apic)
}

/** Ends a VM's run; its memory stays, and nothing waits any more. */
function end(vm: Vm): void {
  keepCounts(vm)
  vm.state = VmState.Stopped
  for (let i: u32 = 0; i < vm.vcpuCount; i++) setDown(vcpuAt(vm, i))
  removeVcpus(vm)
  vm.cpuTicks = cpuTicks(vm)
  stopMachine(vm)
  vm.restartAt = 0
}

/** Stops a VM for good and gives its memory back, zeroed. */
export function stop(vm: Vm): void {
  end(vm)
  giveMemory(vm)
  forgetRequests(vm)
  vm.held = false
}

/** Power-cycles a VM that runs or is paused: fresh machine, zeroed RAM. */
export function reset(vm: Vm): void {
  const before = hw.readTsc()
  end(vm)
  vm.restarts++
  const isThere = clearMemory(vm) || takeMost(vm) // what it had given back is not: as a start
  if (!isThere) setReason(vm, 'not enough free memory to start it again')
  // Zeroing RAM and loading a kernel are charged to the VM: one that resets over and over must not live on the others' time.
  if (isThere && powerOn(vm)) chargeVm(vm, hw.readTsc() - before)
  else fail(vm)
}

export function pause(vm: Vm): void {
  if (vm.state == VmState.Paused) return
  vm.state = VmState.Paused
  vm.stoppedClock = hw.readTsc() + vm.clockOffset
  holdVm(vm)
}

/** Guest time goes on where it stopped. */
export function resume(vm: Vm): void {
  const lock = sandbox(vm.machine).lock
  acquire(lock) // a tick that began before the pause comes to its end, and what it asks for is kept
  const offset = vm.stoppedClock - hw.readTsc()
  const delta = offset - vm.clockOffset
  vm.clockOffset = offset
  giveClock(vm)
  for (let i: u32 = 0; i < vm.vcpuCount; i++) {
    const vcpu = vcpuAt(vm, i)
    vcpu.tscOffset += delta
    setTscOffset(vcpu, vcpu.tscOffset)
    if (severalCpus) setDown(vcpu)
    vcpu.watcher = 0
    if (vcpu.deadline != u64.MAX_VALUE) noteVmDeadline(vm.index, vcpu.deadline -= delta)
  }
  vm.timekeeper = 0
  if (vm.machineDeadline != u64.MAX_VALUE) noteVmDeadline(vm.index, vm.machineDeadline -= delta)
  release(lock)
  vm.state = VmState.Running
  vm.restartAt = 0 // of one that was to be reset: its administrator wants it to go on
  vm.held = false
  resumeRequests(vm)
  unblockVcpus(vm)
}

/** Carries out what a VM's machine asked for or its crash demands, once no call into it is in progress. */
export function settlePower(vm: Vm): void {
  if (vm.state == VmState.Running && vm.serialWaiting) {
    vm.serialWaiting = false
    tell(vm, vm.serialInput)
  }
  if (vm.state == VmState.Running && vm.powerButtonPressed) {
    vm.powerButtonPressed = false
    tell(vm, vm.powerButton)
  }
  if (vm.state == VmState.Running && vm.vcpusChanged) {
    vm.vcpusChanged = false
    tell(vm, vm.processors)
  }
  if (!settleExchange(vm)) {
    setReason(vm, 'it uses memory that it had given back, and the host has none')
    announce(vm)
    pause(vm)
  }
  if (vm.state == VmState.Running && vm.memoryNews && vm.blocksAsked == 0) {
    vm.memoryNews = false
    tell(vm, vm.memoryChanged)
  }
  if ((vm.crashed || vm.powerRequest != PowerRequest.None) && !holdVm(vm)) return
  if (vm.crashed) {
    vm.crashed = false
    crashed(vm)
  } else if (vm.powerRequest == PowerRequest.Off) {
    vm.powerRequest = PowerRequest.None
    setReason(vm, 'powered off by the guest')
    stop(vm)
    announce(vm)
  } else if (vm.powerRequest == PowerRequest.Reset) {
    vm.powerRequest = PowerRequest.None
    rebooted(vm)
  } else if (vm.restartAt != 0 && vm.restartAt <= hw.readTsc()) {
    if (vm.state == VmState.Paused) return reset(vm)
    vm.restarts++
    start(vm)
  }
}

function rebooted(vm: Vm): void {
  setReason(vm, causeText(vm.resetCause))
  announce(vm)
  if (vm.onReboot == RestartPolicy.Stop) return stop(vm)
  if (vm.onReboot == RestartPolicy.Restart && !isSoon(vm)) return reset(vm)
  pause(vm)
  // Zeroing its RAM takes the first CPU: where it does nothing but reboot, the disks and networks of others have theirs in between.
  if (vm.onReboot == RestartPolicy.Restart) restartIn(vm, FirstBackOff)
}

function isSoon(vm: Vm): bool { return hw.readTsc() - vm.startedAt < toTicks(SoonAfterStart) }

function restartIn(vm: Vm, nanoseconds: u64): void {
  vm.restartAt = hw.readTsc() + toTicks(nanoseconds)
  noteVmDeadline(vm.index, vm.restartAt)
}

/** By its policy; one that crashes again and again right after its start is given up. */
function crashed(vm: Vm): void {
  explainRefusal(vm)
  announce(vm)
  vm.quickRestarts = isSoon(vm) ? vm.quickRestarts + 1 : 1
  if (vm.onCrash == RestartPolicy.Pause && vm.machine != 0 && sandbox(vm.machine).state == 1) {
    pause(vm)
    return
  }
  stop(vm)
  vm.state = VmState.Crashed
  if (vm.onCrash == RestartPolicy.Restart && vm.quickRestarts <= QuickRestartLimit) restartIn(vm, FirstBackOff << (vm.quickRestarts - 1))
}

function causeText(cause: u32): string {
  switch (cause) {
    case ResetCause.KeyboardController: return 'reset by the guest through the keyboard controller'
    case ResetCause.ResetControlRegister: return 'reset by the guest through port CF9h'
    case ResetCause.AcpiResetRegister: return 'reset by the guest through the ACPI reset register'
    case ResetCause.FastResetPort: return 'reset by the guest through port 92h'
    case ResetCause.Init: return 'reset by the guest with an INIT to its boot processor'
  }
  return 'reset by the guest'
}

/** Logs a VM's name and its reason. */
export function announce(vm: Vm): void {
  words.text('vm ')
  nameOf(vm)
  words.text(': ')
  words.bytes(reasonAddress(vm), vm.reasonLength)
  commit()
}
