/** The `admin` capability: VMs. */
import { AdminStatus, RestartPolicy, VcpuNumber, VcpuState, VmOrder, VmRecordBytes, VmSetting, VmState, VmText } from '../../capability/admin'
import { ConfigText } from '../../capability/config'
import { ConfigurationLimit } from '../../capability/configuration'
import { appendName, configuration, giveSpan } from '../config/configuration'
import { areCpus } from '../cpu/cpu'
import { logRing } from '../log/log'
import { Ring } from '../log/ring'
import { Frame } from '../memory/block'
import * as words from '../log/text'
import { giveBytes, isOwnMemory, sandbox, sandboxBytes, takeBytes } from '../sandbox/sandbox'
import { toNanoseconds } from '../time/clock'
import * as hw from '../hw'
import { Exit } from '../../vmx/exit'
import { requestOrders } from '../vm/attention'
import { hostBlocked } from '../vm/host'
import { overheadBytes } from '../vm/memory'
import { nameOf } from '../vm/name'
import { pause, reset, resume, start, stop } from '../vm/power'
import { applySettings, cpuTicks, holdVm, vcpuTicks } from '../vm/scheduling'
import { stolenUntil } from '../vm/steal'
import { exitsBy, inputQueue, isPlugged, reasonAddress, serialRing, SerialRingBytes, setReason, vcpuAt, Vm, vmAt, vmCount } from '../vm/vm'
import { giveText } from './answer'

export function adminVmCount(subject: u32): u32 { return vmCount }

/** Its times are brought up to now. */
export function adminVmRecord(subject: u32, index: u32, target: usize): bool {
  if (index >= vmCount) return false
  const vm = vmAt(index)
  vm.cpuTime = toNanoseconds(isAlive(vm) ? cpuTicks(vm) : vm.cpuTicks)
  vm.uptime = uptimeOf(vm)
  vm.machineTime = vm.machine == 0 ? 0 : toNanoseconds(sandbox(vm.machine).cpuTime)
  vm.overheadBytes = overheadBytes(vm) + SerialRingBytes + 4096 + (vm.machine == 0 ? 0 : sandboxBytes(vm.machine))
  return giveBytes(sandbox(subject), target, changetype<usize>(vm), VmRecordBytes)
}

export function adminVmExits(subject: u32, index: u32, reason: u32): u64 { return index < vmCount && reason < Exit.Count ? exitsBy(vmAt(index), reason) : 0 }

export function adminVcpuNumber(subject: u32, index: u32, number: u32, key: u32): u64 {
  if (index >= vmCount || !isAlive(vmAt(index)) || number >= vmAt(index).vcpuCount) return 0
  const vcpu = vcpuAt(vmAt(index), number)
  switch (key) {
    case VcpuNumber.State: return !isPlugged(vmAt(index), number) ? VcpuState.Absent : vcpu.waitingForStartup ? VcpuState.WaitingForStartup : vcpu.halted ? VcpuState.Halted : VcpuState.Runnable
    case VcpuNumber.CpuTime: return toNanoseconds(vcpuTicks(vcpu))
    case VcpuNumber.StealTime: return toNanoseconds(stolenUntil(vcpu, hw.readTsc()))
  }
  return 0
}

function isAlive(vm: Vm): bool { return vm.state == VmState.Running || vm.state == VmState.Paused }

function uptimeOf(vm: Vm): u64 {
  if (vm.state == VmState.Paused) return toNanoseconds(vm.stoppedClock)
  return vm.state == VmState.Running ? toNanoseconds(hw.readTsc() + vm.clockOffset) : 0
}

const buffer: usize = memory.data(4096)

export function adminVmText(subject: u32, index: u32, key: u32, target: usize, capacity: u32): u32 {
  if (index >= vmCount) return 0
  const vm = vmAt(index)
  if (key == VmText.CommandLine || key == VmText.ConsolePorts) return giveSpan(subject, configuration().vm(index).text(ConfigText.CommandLine + key - VmText.CommandLine), target, capacity)
  if (key == VmText.Name) nameOf(vm)
  else if (key == VmText.Reason) words.bytes(reasonAddress(vm), vm.reasonLength)
  else if (key == VmText.Kernel) appendName(configuration().vm(index).kernelName)
  return giveText(subject, target, capacity)
}

/**
 * Orders that call into the VM's machine are noted here and carried out by the run loop: no call goes from one sandbox
 * through the nucleus into another.
 */
export function adminVmOrder(subject: u32, index: u32, order: u32): i32 {
  if (index >= vmCount) return AdminStatus.NoSuchObject
  if (order > VmOrder.Resume) return AdminStatus.OutOfRange
  const vm = vmAt(index)
  if (!isPossible(vm, order) || order == VmOrder.Start && vm.order != 0) return AdminStatus.WrongState
  if (order == VmOrder.Start && hostBlocked() != 0) return AdminStatus.Unsupported
  vm.order = order + 1
  requestOrders()
  return AdminStatus.Ok
}

/** Whether an order means anything to a VM in its state, which may be another by the time that the order is carried out. */
function isPossible(vm: Vm, order: u32): bool {
  switch (order) {
    case VmOrder.Start: return !isAlive(vm)
    case VmOrder.Kill: return isAlive(vm) || vm.restartAt != 0
    case VmOrder.Reset: return isAlive(vm)
    case VmOrder.Resume: return vm.state == VmState.Paused
  }
  return vm.state == VmState.Running
}

/** Carries out the order that waits for a VM. */
export function settleOrder(vm: Vm): void {
  if (vm.order == 0) return
  const order = vm.order - 1
  if (isAlive(vm) && order != VmOrder.PowerButton && order != VmOrder.Start && !holdVm(vm)) return
  vm.order = 0
  if (order == VmOrder.Kill) kill(vm)
  else if (isPossible(vm, order)) carryOut(vm, order)
}

/** Also of one that has ended by itself meanwhile: it is not started again. */
function kill(vm: Vm): void {
  if (isAlive(vm)) stop(vm)
  vm.restartAt = 0
  vm.state = VmState.Stopped
  setReason(vm, 'killed by the administrator')
}

function carryOut(vm: Vm, order: u32): void {
  switch (order) {
    case VmOrder.Start:
      vm.quickRestarts = 0
      start(vm)
      return
    case VmOrder.PowerButton: vm.powerButtonPressed = true; return
    case VmOrder.Reset: return reset(vm)
    case VmOrder.Pause: return pause(vm)
    case VmOrder.Resume: return resume(vm)
  }
}

export function adminVmSet(subject: u32, index: u32, setting: u32, value: u64): i32 {
  if (index >= vmCount) return AdminStatus.NoSuchObject
  const vm = vmAt(index)
  if (!isAllowed(vm, setting, value)) return AdminStatus.OutOfRange
  switch (setting) {
    case VmSetting.Weight: vm.weight = <u32>value; break
    case VmSetting.Cap: vm.cap = <u32>value; break
    case VmSetting.Affinity: vm.affinity = value; break
    case VmSetting.Preferred: vm.preferred = value; break
    case VmSetting.Mirror: vm.mirror = <u32>value; break
    case VmSetting.OnReboot: vm.onReboot = <u32>value; break
    case VmSetting.OnCrash: vm.onCrash = <u32>value; break
    case VmSetting.MemoryWanted:
      vm.memoryWanted = value
      vm.memoryNews = true
      requestOrders()
      break
    case VmSetting.VcpuCount:
      vm.vcpusAsked = <u32>value
      if (!isAlive(vm)) vm.vcpuCount = max(vm.vcpusAsked, configuration().vm(index).maxVcpus)
      vm.vcpusChanged = true
      requestOrders()
  }
  if (isAlive(vm)) applySettings(vm)
  return AdminStatus.Ok
}

function isAllowed(vm: Vm, setting: u32, value: u64): bool {
  switch (setting) {
    case VmSetting.Weight: return value - 1 < ConfigurationLimit.Weight
    case VmSetting.Cap: return value <= ConfigurationLimit.Cap
    case VmSetting.Affinity:
    case VmSetting.Preferred: return areCpus(value)
    case VmSetting.Mirror: return value <= 1
    case VmSetting.OnReboot:
    case VmSetting.OnCrash: return value <= RestartPolicy.Pause
    case VmSetting.MemoryWanted: return value % Frame.LargeBytes == 0 && value - 1 < vm.memoryMaximum
    case VmSetting.VcpuCount: return value - 1 < <u64>(isAlive(vm) ? vm.vcpuCount : ConfigurationLimit.Vcpus)
  }
  return false
}

/** Copies from a ring to the sandbox that asked. */
function readRing(subject: u32, ring: Ring, position: u64, target: usize, capacity: u32): u32 {
  const count = ring.read(position, buffer, min(capacity, 4096))
  return giveBytes(sandbox(subject), target, buffer, count) ? count : 0
}

export function adminLogBegin(subject: u32): u64 { return logRing().begin }
export function adminLogEnd(subject: u32): u64 { return logRing().end }
export function adminLogRead(subject: u32, position: u64, target: usize, capacity: u32): u32 {
  return readRing(subject, logRing(), position, target, capacity)
}

export function adminSerialBegin(subject: u32, index: u32): u64 { return index < vmCount ? serialRing(vmAt(index)).begin : 0 }
export function adminSerialEnd(subject: u32, index: u32): u64 { return index < vmCount ? serialRing(vmAt(index)).end : 0 }
export function adminSerialRead(subject: u32, index: u32, position: u64, target: usize, capacity: u32): u32 {
  return index < vmCount ? readRing(subject, serialRing(vmAt(index)), position, target, capacity) : 0
}

export function adminSerialWrite(subject: u32, index: u32, source: usize, length: u32): u32 {
  if (index >= vmCount) return 0
  const vm = vmAt(index)
  if (!isAlive(vm)) return 0
  const count = min(length, 4096)
  if (!isOwnMemory(sandbox(subject), source, count) || !takeBytes(sandbox(subject), buffer, source, count)) return 0
  let taken: u32 = 0
  while (taken < count && inputQueue(vm).push(load<u8>(buffer + taken))) taken++
  vm.serialWaiting = true
  requestOrders()
  return taken
}
