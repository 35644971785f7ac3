/** The vCPUs on the host's processors. What the processors share of it is changed under one lock. */
import { VmState } from '../../capability/admin'
import { coreOf } from '../cpu/core'
import { cpu, cpuCount, severalCpus, thisCpu } from '../cpu/cpu'
import { callUpon } from '../cpu/kick'
import { acquire, Lock, release as unlock } from '../cpu/lock'
import * as hw from '../hw'
import { add, addProcessor, block, chargeExtra, Entry, giveWay, Group, initialize, pickNext, Pool, Processor, processorAt, release, remove, setCore, setGroup, wake } from '../schedule/index'
import { tscFrequency } from '../time/calibrate'
import { requestAttention } from './attention'
import { entryOf, Vcpu, vcpuOf } from './vcpu'
import { groupOf, Vm, vcpuAt, vmAt } from './vm'

/** Behind the first processor's record. */
@inline function pool(): Pool { return changetype<Pool>(changetype<usize>(cpu(0)) + 0x400) }
@inline function lock(): Lock { return changetype<Lock>(changetype<usize>(cpu(0)) + 0x3C0) }
@inline export function thisProcessor(): Processor { return processorAt(pool(), thisCpu) }

export function initializeScheduling(): void {
  initialize(pool(), tscFrequency)
  joinScheduling()
}

/** This processor runs vCPUs from now on. */
export function joinScheduling(): void {
  acquire(lock())
  addProcessor(pool(), thisCpu)
  unlock(lock())
}

/** Ends what was begun with `acquire`, and has every processor look for whom something was found. */
@inline function done(): void {
  const kicks = pool().kicks
  pool().kicks = 0
  unlock(lock())
  if (kicks != 0) look(kicks)
}

function look(kicks: u32): void {
  for (let set = kicks; set != 0; set &= set - 1) callUpon(ctz(set))
}

/** Since when this processor runs the vCPU that it chose last. */
export let chosenAt: u64 = 0

/** The vCPU that this processor, which leaves the one that it ran until `now`, is to run until its `sliceEnd`, or null. */
@inline export function chooseVcpu(now: u64): Vcpu | null {
  acquire(lock())
  // While the lock was waited for the others went on: nobody is to have become ready later than it runs.
  chosenAt = severalCpus ? hw.readTsc() : now
  const entry = pickNext(pool(), thisProcessor(), chosenAt)
  done()
  return entry === null ? null : vcpuOf(entry)
}

/** Whether vCPUs of two VMs never run on one core at the same time becomes so: on each core when all that ran there have left. */
export function setCoreScheduling(wanted: bool): void {
  acquire(lock())
  pool().exclusive = u32(wanted)
  for (let n: u32 = 0; n < cpuCount(); n++) setCore(pool(), processorAt(pool(), n), wanted ? coreOf(n) : 1 << n, hw.readTsc())
  done()
}
export function isCoreScheduling(): bool { return pool().exclusive != 0 }
/** TSC ticks in which it idled since its core ran one VM and another waited for the core. */
export function forcedTicks(number: u32): u64 { return processorAt(pool(), number).forced }

/** It runs none from `now` on. */
export function leaveVcpu(now: u64): void {
  acquire(lock())
  release(pool(), thisProcessor(), now)
  unlock(lock())
}

/** Puts a vCPU that is about to start, the VM's first one first, where it can be woken. */
export function addVcpu(vm: Vm, vcpu: Vcpu): void {
  if (vcpu.index == 0) {
    memory.fill(changetype<usize>(groupOf(vm)), 0, offsetof<Group>())
    applySettings(vm)
  }
  memory.fill(changetype<usize>(entryOf(vcpu)), 0, offsetof<Entry>())
  acquire(lock())
  add(pool(), groupOf(vm), entryOf(vcpu))
  unlock(lock())
}

/** What the VM's record says of its share, its cap and its processors becomes so, also while it runs. */
export function applySettings(vm: Vm): void {
  acquire(lock())
  setGroup(pool(), groupOf(vm), vm.weight, vm.cap, vm.affinity == 0 ? u64.MAX_VALUE : vm.affinity, vm.preferred, hw.readTsc())
  done()
}

/** Charges a VM, if it still runs, for CPU time that went into it outside its guest's own runs. */
export function chargeVm(vm: Vm, ticks: u64): void {
  acquire(lock())
  if (vm.state == VmState.Running) chargeExtra(pool(), entryOf(vcpuAt(vm, 0)), ticks)
  unlock(lock())
}

/** TSC ticks of CPU time that a vCPU has had since its VM's start, with those of the turn that it has now. */
export function vcpuTicks(vcpu: Vcpu): u64 {
  const processor = entryOf(vcpu).processor // which another CPU may change
  return entryOf(vcpu).time + (processor == 0 ? 0 : hw.readTsc() - changetype<Processor>(processor).since)
}

/** The same of a VM with vCPUs. */
export function cpuTicks(vm: Vm): u64 {
  let ticks: u64 = 0
  for (let i: u32 = 0; i < vm.vcpuCount; i++) ticks += vcpuTicks(vcpuAt(vm, i))
  return ticks
}

export function removeVcpus(vm: Vm): void {
  acquire(lock())
  for (let i: u32 = 0; i < vm.vcpuCount; i++) remove(pool(), entryOf(vcpuAt(vm, i)), hw.readTsc())
  done()
}

/** Makes a vCPU of a running VM runnable. */
export function wakeVcpu(vcpu: Vcpu): void {
  const vm = vmAt(vcpu.vm)
  acquire(lock())
  // The VM may have been stopped while the lock was waited for: then nothing of the vCPU is there any more.
  if (vm.state == VmState.Running && !vm.held && entryOf(vcpu).runnable == 0) {
    vcpu.readySince = hw.readTsc()
    wake(pool(), entryOf(vcpu), vcpu.readySince)
  }
  done()
}

/** The vCPU, this processor's, has nothing to do: it costs nothing until it wakes. */
export function haltVcpu(vcpu: Vcpu): void {
  vcpu.halted = true
  requestAttention() // also where somebody has taken it off the queue already, and not told this processor yet: its guest must not go on past its HLT
  acquire(lock())
  block(pool(), entryOf(vcpu), hw.readTsc())
  done()
  // Who sends it something looks, afterwards, whether it is to be woken: one of the two sees the other.
  hw.fence()
  if (vcpu.postedEvents != 0) wakeVcpu(vcpu)
}

/** The processor that a vCPU runs on and is to go on on, or -1: one that has halted must be woken although no other may take it yet. */
export function runsOn(vcpu: Vcpu): i32 {
  const processor = entryOf(vcpu).processor
  return processor == 0 || entryOf(vcpu).runnable == 0 ? -1 : changetype<Processor>(processor).number
}

/** The running vCPU spins: the one that it waits for is among those of its VM that wait for a processor, and the one that waits longest goes first. */
export function yieldVcpu(vcpu: Vcpu): void {
  const vm = vmAt(vcpu.vm)
  let longest = vcpu
  let since = u64.MAX_VALUE
  acquire(lock())
  for (let i: u32 = 0; i < vm.vcpuCount; i++) {
    const other = vcpuAt(vm, i)
    if (entryOf(other).runnable == 0 || entryOf(other).processor != 0 || other.readySince >= since) continue
    longest = other
    since = other.readySince
  }
  if (longest != vcpu) giveWay(pool(), thisProcessor(), entryOf(longest), hw.readTsc())
  done()
}

/**
 * Has all processors leave the VM's vCPUs, and none take one up until `held` is cleared, so that the VM's state can be changed. True when it can: none runs
 * one. Those that do were called, and call the first one when they have left.
 */
export function holdVm(vm: Vm): bool {
  vm.held = true
  acquire(lock())
  for (let i: u32 = 0; i < vm.vcpuCount; i++) block(pool(), entryOf(vcpuAt(vm, i)), hw.readTsc())
  const running = groupOf(vm).running
  done()
  return running == 0
}

/** After a pause: every vCPU that has something to do runs again. */
export function unblockVcpus(vm: Vm): void {
  for (let i: u32 = 0; i < vm.vcpuCount; i++) {
    const vcpu = vcpuAt(vm, i)
    if (!vcpu.halted || vcpu.postedEvents != 0) wakeVcpu(vcpu)
  }
}
