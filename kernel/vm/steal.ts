/**
 * Steal time: how long a vCPU wanted the CPU and had it not, and whether it has it now. A Linux guest finds both in its own memory,
 * where it asked for them by the interface that it knows of KVM (Linux, Documentation/virt/kvm/x86/msr.rst, MSR_KVM_STEAL_TIME).
 */
import * as hw from '../hw'
import { ramAt } from '../capability/ram'
import { toNanoseconds } from '../time/clock'
import { entryOf, Vcpu } from './vcpu'
import { vmAt } from './vm'

export const StealTimeMsr: u32 = 0x4B56_4D03
/** Of CPUID 4000_0101h EAX, KVM_FEATURE_STEAL_TIME. */
export const StealTimeFeature: u32 = 1 << 5

@inline const Enabled: u64 = 1
@inline const Reserved: u64 = 0x3E

/** struct kvm_steal_time. The version is odd while the rest changes. */
namespace Offset {
  export const Nanoseconds: u64 = 0
  export const Version: u64 = 8
  export const Preempted: u64 = 16
}

/** Writes the MSR; false is #GP(0). */
export function writeStealTime(vcpu: Vcpu, value: u64): bool {
  if ((value & Reserved) != 0) return false
  vcpu.stealArea = value
  if ((value & Enabled) != 0) tell(vcpu, false)
  return true
}

/** The vCPU is given the CPU at `now`. */
export function beginRun(vcpu: Vcpu, now: u64): void {
  vcpu.stolen += now - vcpu.readySince
  if ((vcpu.stealArea & Enabled) != 0) tell(vcpu, false)
}

/** TSC ticks that a vCPU without the CPU has wanted it for. */
export function stolenUntil(vcpu: Vcpu, now: u64): u64 { return entryOf(vcpu).runnable != 0 && entryOf(vcpu).processor == 0 ? vcpu.stolen + now - vcpu.readySince : vcpu.stolen }

/** It is taken away again; what wants to go on is preempted. */
export function endRun(vcpu: Vcpu, now: u64): void {
  vcpu.readySince = now
  if ((vcpu.stealArea & Enabled) != 0 && entryOf(vcpu).runnable != 0) tell(vcpu, true)
}

function tell(vcpu: Vcpu, preempted: bool): void {
  const area = ramAt(vmAt(vcpu.vm), vcpu.stealArea & ~<u64>0x3F)
  if (area == 0 || vcpu.stealArea >> 30 == 3) return // from 3 GiB to 4 GiB lies no RAM but firmware, which takes no store
  vcpu.stealVersion += 2
  hw.store32(area + Offset.Version, vcpu.stealVersion - 1)
  hw.store64(area + Offset.Nanoseconds, toNanoseconds(vcpu.stolen))
  hw.store8(area + Offset.Preempted, preempted ? 1 : 0)
  hw.store32(area + Offset.Version, vcpu.stealVersion)
}
