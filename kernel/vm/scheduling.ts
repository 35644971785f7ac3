/** The vCPUs on the host's processors. */
import { cpu, thisCpu } from '../cpu/cpu'
import { callUpon } from '../cpu/kick'
import * as hw from '../hw'
import { add, addProcessor, block, chargeExtra, Entry, giveWay, Group, initialize, pickNext, Pool, Processor, processorAt, release, remove, setGroup, wake } from '../schedule/index'
import { tscFrequency } from '../time/calibrate'
import { entryOf, Vcpu, vcpuOf } from './vcpu'
import { groupOf, Vm, vcpuAt, vmAt } from './vm'

/** What all processors share of it lies behind the first one's record. */
@inline function pool(): Pool { return changetype<Pool>(changetype<usize>(cpu(0)) + 0x400) }
@inline export function thisProcessor(): Processor { return processorAt(pool(), thisCpu) }

export function initializeScheduling(): void {
  initialize(pool(), tscFrequency)
  joinScheduling()
}

/** This processor runs vCPUs from now on. */
export function joinScheduling(): void { addProcessor(pool(), thisCpu) }

/** Has every processor look for whom the scheduler has found something. */
function callProcessors(): void {
  for (let set = pool().kicks; set != 0; set &= set - 1) callUpon(ctz(set))
  pool().kicks = 0
}

/** The vCPU that this processor is to run until its `sliceEnd`, or null. */
export function chooseVcpu(): Vcpu | null {
  const entry = pickNext(pool(), thisProcessor(), hw.readTsc())
  callProcessors()
  return entry === null ? null : vcpuOf(entry)
}

/** It runs none from `now` on. */
export function leaveVcpu(now: u64): void { release(pool(), thisProcessor(), now) }

/** Puts a vCPU that is about to start, the VM's first one first, where it can be woken. */
export function addVcpu(vm: Vm, vcpu: Vcpu): void {
  if (vcpu.index == 0) {
    memory.fill(changetype<usize>(groupOf(vm)), 0, offsetof<Group>())
    applySettings(vm)
  }
  memory.fill(changetype<usize>(entryOf(vcpu)), 0, offsetof<Entry>())
  add(pool(), groupOf(vm), entryOf(vcpu))
}

/** What the VM's record says of its share, its cap and its processors becomes so, also while it runs. */
export function applySettings(vm: Vm): void {
  setGroup(pool(), groupOf(vm), vm.weight, vm.cap, vm.affinity == 0 ? u64.MAX_VALUE : vm.affinity, vm.preferred, hw.readTsc())
  callProcessors()
}

/** Charges a running VM for CPU time that went into it outside its guest's own runs. */
export function chargeVm(vm: Vm, ticks: u64): void { chargeExtra(pool(), entryOf(vcpuAt(vm, 0)), ticks) }

/** TSC ticks of CPU time that a VM with vCPUs has had since its start. */
export function cpuTicks(vm: Vm): u64 {
  let ticks: u64 = 0
  for (let i: u32 = 0; i < vm.vcpuCount; i++) ticks += entryOf(vcpuAt(vm, i)).time
  return ticks
}

export function removeVcpus(vm: Vm): void {
  for (let i: u32 = 0; i < vm.vcpuCount; i++) remove(pool(), entryOf(vcpuAt(vm, i)), hw.readTsc())
  callProcessors()
}

/** Makes a vCPU runnable. */
export function wakeVcpu(vcpu: Vcpu): void {
  vcpu.halted = false
  vcpu.readySince = hw.readTsc()
  wake(pool(), entryOf(vcpu), vcpu.readySince)
  callProcessors()
}

/** The vCPU has nothing to do: it costs nothing until it wakes. */
export function haltVcpu(vcpu: Vcpu): void {
  vcpu.halted = true
  block(pool(), entryOf(vcpu), hw.readTsc())
  callProcessors()
}

/** The running vCPU spins: the one that it waits for is among those of its VM that wait for a processor, and the one that waits longest goes first. */
export function yieldVcpu(vcpu: Vcpu): void {
  const vm = vmAt(vcpu.vm)
  let longest = vcpu
  let since = u64.MAX_VALUE
  for (let i: u32 = 0; i < vm.vcpuCount; i++) {
    const other = vcpuAt(vm, i)
    if (entryOf(other).runnable == 0 || entryOf(other).processor != 0 || other.readySince >= since) continue
    longest = other
    since = other.readySince
  }
  if (longest == vcpu) return
  giveWay(pool(), thisProcessor(), entryOf(longest), hw.readTsc())
  callProcessors()
}

export function blockVcpus(vm: Vm): void {
  for (let i: u32 = 0; i < vm.vcpuCount; i++) block(pool(), entryOf(vcpuAt(vm, i)), hw.readTsc())
  callProcessors()
}

/** After a pause: every vCPU that was not halted runs again. */
export function unblockVcpus(vm: Vm): void {
  for (let i: u32 = 0; i < vm.vcpuCount; i++) {
    const vcpu = vcpuAt(vm, i)
    if (!vcpu.halted && !vcpu.waitingForStartup) wakeVcpu(vcpu)
  }
}
