/** The nucleus's counters at one moment, and what they grew by between two. */
import { CpuNumber, cpuNumber, HostNumber, hostNumber, VcpuNumber, vcpuNumber, VcpuState, vmCount, vmExits } from '../../../capability/admin'
import { Exit } from '../../../capability/exit'
import { uptime } from '../deadline'
import { isUp } from '../vcpus'
import { exitsOf, vmOf } from '../vm'

/** A processor's time in nanoseconds, each counted once; and in `forced` how much of all that it could have given to guests, had its core not had another VM. */
export class CpuCounters {
  constructor(
    readonly cpu: u32, readonly online: u64, readonly guests: u64, readonly sandboxes: u64, readonly idle: u64, readonly waiting: u64, readonly forced: u64,
  ) {}

  /** What is left is the nucleus's own. */
  nucleus(): u64 {
    const others = this.guests + this.sandboxes + this.idle + this.waiting
    return this.online > others ? this.online - others : 0
  }

  and(other: CpuCounters): CpuCounters {
    return new CpuCounters(
      this.cpu, this.online + other.online, this.guests + other.guests, this.sandboxes + other.sandboxes, this.idle + other.idle,
      this.waiting + other.waiting, this.forced + other.forced,
    )
  }

  since(before: CpuCounters): CpuCounters {
    return new CpuCounters(
      this.cpu, growth(before.online, this.online), growth(before.guests, this.guests), growth(before.sandboxes, this.sandboxes),
      growth(before.idle, this.idle), growth(before.waiting, this.waiting), growth(before.forced, this.forced),
    )
  }
}

/** A vCPU: its `VcpuState`, its CPU time and its steal time in nanoseconds. */
export class VcpuCounters {
  constructor(readonly state: u32, readonly time: u64, readonly stolen: u64) {}

  since(before: VcpuCounters, anew: bool): VcpuCounters {
    return new VcpuCounters(this.state, growth(before.time, this.time, anew), growth(before.stolen, this.stolen, anew))
  }
}

/** A VM: its `VmState`, its guest's uptime, nanoseconds of CPU time and of its machine's sandbox, its exits by reason, its vCPUs. */
export class VmCounters {
  vcpus: VcpuCounters[] = []
  reasons: u64[] = []

  constructor(readonly vm: u32, readonly state: u32, readonly uptime: u64, readonly time: u64, readonly machine: u64, readonly exits: u64) {}

  /** Nanoseconds in which its vCPUs wanted a CPU and had none. */
  stolen(): u64 {
    let sum: u64 = 0
    for (let i = 0; i < this.vcpus.length; i++) sum += this.vcpus[i].stolen
    return sum
  }

  since(before: VmCounters): VmCounters {
    const anew = this.uptime < before.uptime
    const grown = new VmCounters(
      this.vm, this.state, this.uptime, growth(before.time, this.time, anew), growth(before.machine, this.machine, anew),
      growth(before.exits, this.exits, anew),
    )
    for (let i = 0; i < this.reasons.length; i++) grown.reasons.push(growth(before.reasons[i], this.reasons[i], anew))
    for (let i = 0; i < this.vcpus.length; i++) {
      grown.vcpus.push(i < before.vcpus.length ? this.vcpus[i].since(before.vcpus[i], anew) : this.vcpus[i])
    }
    return grown
  }
}

/** All of the host. */
export class Counters {
  cpus: CpuCounters[] = []
  vms: VmCounters[] = []

  /** `time` is nanoseconds since boot, or of what grew the nanoseconds in which it did. */
  constructor(readonly time: u64) {}

  /** What grew since an earlier moment. A VM that was started anew in between counts from its start. */
  since(before: Counters): Counters {
    const grown = new Counters(growth(before.time, this.time))
    for (let i = 0; i < this.cpus.length; i++) grown.cpus.push(i < before.cpus.length ? this.cpus[i].since(before.cpus[i]) : this.cpus[i])
    for (let i = 0; i < this.vms.length; i++) grown.vms.push(this.vms[i].since(before.vms[i]))
    return grown
  }
}

/** Reads them all. */
export function readCounters(): Counters {
  const counters = new Counters(uptime())
  counters.cpus = readCpus()
  for (let vm: u32 = 0; vm < vmCount(); vm++) counters.vms.push(readVm(vm))
  return counters
}

/** Reads those of the processors that run the nucleus. */
export function readCpus(): CpuCounters[] {
  const cpus: CpuCounters[] = []
  for (let cpu: u32 = 0; cpu < hostNumber(HostNumber.CpuCount); cpu++) cpus.push(readCpu(cpu))
  return cpus
}

/** All processors as one. */
export function sumOf(cpus: CpuCounters[]): CpuCounters {
  let sum = new CpuCounters(0, 0, 0, 0, 0, 0, 0)
  for (let i = 0; i < cpus.length; i++) sum = sum.and(cpus[i])
  return sum
}

function readCpu(cpu: u32): CpuCounters {
  return new CpuCounters(
    cpu, cpuNumber(cpu, CpuNumber.Online), cpuNumber(cpu, CpuNumber.Guests), cpuNumber(cpu, CpuNumber.Sandboxes), cpuNumber(cpu, CpuNumber.Idle),
    cpuNumber(cpu, CpuNumber.Waiting), cpuNumber(cpu, CpuNumber.ForcedIdle),
  )
}

function readVm(vm: u32): VmCounters {
  const state = vmOf(vm).state
  const counters = new VmCounters(
    vm, state, vmOf(vm).uptime, vmOf(vm).cpuTime, vmOf(vm).machineTime, exitsOf(vm),
  )
  for (let reason: u32 = 0; reason < Exit.Count; reason++) counters.reasons.push(vmExits(vm, reason))
  const vcpus = isUp(vm) ? vmOf(vm).vcpuCount : 0
  for (let vcpu: u32 = 0; vcpu < vcpus; vcpu++) {
    counters.vcpus.push(new VcpuCounters(
      <u32>vcpuNumber(vm, vcpu, VcpuNumber.State), vcpuNumber(vm, vcpu, VcpuNumber.CpuTime), vcpuNumber(vm, vcpu, VcpuNumber.StealTime),
    ))
  }
  // Their places are their numbers: only those behind the last one that is there are left out.
  while (counters.vcpus.length && counters.vcpus[counters.vcpus.length - 1].state == VcpuState.Absent) counters.vcpus.pop()
  return counters
}

/** Counters only grow, but for those of a VM that was started anew; another processor at work can make one look a little less than it was. */
function growth(before: u64, now: u64, anew: bool = false): u64 {
  return now >= before ? now - before : anew ? now : 0
}
