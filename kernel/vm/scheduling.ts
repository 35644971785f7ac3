/** This CPU's run queue and the vCPUs on it. */
import * as hw from '../hw'
import { add, block, charge, Entry, giveWay, initialize, Queue, remove, setWeight, wake } from '../schedule/index'
import { tscFrequency } from '../time/calibrate'
import { requestAttention } from './attention'
import { entryOf, Vcpu } from './vcpu'
import { Vm, vcpuAt, vmAt } from './vm'

const record: usize = memory.data(128, 8)
@inline export function hostQueue(): Queue { return changetype<Queue>(record) }

export function initializeScheduling(): void { initialize(hostQueue(), tscFrequency) }

/** Puts a vCPU that is about to start on the queue. */
export function addVcpu(vm: Vm, vcpu: Vcpu): void {
  memory.fill(changetype<usize>(entryOf(vcpu)), 0, offsetof<Entry>())
  add(hostQueue(), entryOf(vcpu), vm.weight)
}

/** Charges a running VM for CPU time that went into it outside its guest's own runs. */
export function chargeVm(vm: Vm, ticks: u64): void { charge(entryOf(vcpuAt(vm, 0)), ticks) }

/** TSC ticks of CPU time that a VM with vCPUs has had since its start. */
export function cpuTicks(vm: Vm): u64 {
  let ticks: u64 = 0
  for (let i: u32 = 0; i < vm.vcpuCount; i++) ticks += entryOf(vcpuAt(vm, i)).time
  return ticks
}

export function removeVcpus(vm: Vm): void {
  for (let i: u32 = 0; i < vm.vcpuCount; i++) remove(hostQueue(), entryOf(vcpuAt(vm, i)), hw.readTsc())
}

/** A VM's weight is shared by those of its vCPUs that have something to do: how many it has makes it neither more nor less. */
export function applyWeight(vm: Vm): void {
  let runnable: u32 = 0
  for (let i: u32 = 0; i < vm.vcpuCount; i++) runnable += entryOf(vcpuAt(vm, i)).runnable
  const weight = max(vm.weight / max(runnable, 1), 1)
  for (let i: u32 = 0; i < vm.vcpuCount; i++) {
    const entry = entryOf(vcpuAt(vm, i))
    if (entry.weight != weight) setWeight(hostQueue(), entry, weight, hw.readTsc())
  }
}

@inline function shareWeight(vcpu: Vcpu): void { if (vmAt(vcpu.vm).vcpuCount > 1) applyWeight(vmAt(vcpu.vm)) }

/** Makes a vCPU runnable; the one that runs is asked to give way if this one is owed time. */
export function wakeVcpu(vcpu: Vcpu): void {
  vcpu.halted = false
  // Also when the one that runs keeps the CPU: its slice has an end now.
  vcpu.readySince = hw.readTsc()
  wake(hostQueue(), entryOf(vcpu), vcpu.readySince)
  shareWeight(vcpu)
  requestAttention()
}

/** The vCPU has nothing to do: it costs nothing until it wakes. */
export function haltVcpu(vcpu: Vcpu): void {
  vcpu.halted = true
  block(hostQueue(), entryOf(vcpu), hw.readTsc())
  shareWeight(vcpu)
  requestAttention()
}

/** The running vCPU spins: the one that it waits for is among those of its VM that want the CPU, and the one that waits longest goes first. */
export function yieldVcpu(vcpu: Vcpu): void {
  const vm = vmAt(vcpu.vm)
  let longest = vcpu
  let since = u64.MAX_VALUE
  for (let i: u32 = 0; i < vm.vcpuCount; i++) {
    const other = vcpuAt(vm, i)
    if (other == vcpu || entryOf(other).runnable == 0 || other.readySince >= since) continue
    longest = other
    since = other.readySince
  }
  if (longest == vcpu) return
  giveWay(hostQueue(), entryOf(longest), hw.readTsc())
  requestAttention()
}

export function blockVcpus(vm: Vm): void {
  for (let i: u32 = 0; i < vm.vcpuCount; i++) block(hostQueue(), entryOf(vcpuAt(vm, i)), hw.readTsc())
  requestAttention()
}

/** After a pause: every vCPU that was not halted runs again. */
export function unblockVcpus(vm: Vm): void {
  for (let i: u32 = 0; i < vm.vcpuCount; i++) {
    const vcpu = vcpuAt(vm, i)
    if (!vcpu.halted && !vcpu.waitingForStartup) wakeVcpu(vcpu)
  }
}
