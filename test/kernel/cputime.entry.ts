/** CPUs that turn to guests, sandboxes and idleness, and the vCPUs of a VM, as an administrator is told of them. */
import { VmState } from '../../capability/admin'
import { cpu, turnTo } from '../../kernel/cpu/cpu'
import { WindowLimit } from '../../kernel/memory/layout'
import { beginRun, endRun } from '../../kernel/vm/steal'
import { addVcpu, chooseVcpu, haltVcpu, holdVm, initializeScheduling, leaveVcpu, wakeVcpu } from '../../kernel/vm/scheduling'
import { setVmCount, vcpuAt, vmAt } from '../../kernel/vm/vm'

export { adminCpuNumber } from '../../kernel/capability/adminhost'
export { adminVcpuNumber } from '../../kernel/capability/adminvm'

/** Two CPUs, of which this is the first, and a running VM with `vcpus`. */
export function start(vcpus: u32): void {
  if (<u32>memory.size() < <u32>(WindowLimit >> 16)) memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  for (let i: u32 = 0; i < 2; i++) memory.fill(changetype<usize>(cpu(i)), 0, 4096)
  cpu(0).online = 2
  initializeScheduling()
  setVmCount(1)
  const vm = vmAt(0)
  memory.fill(changetype<usize>(vm), 0, 0x10000)
  vm.state = VmState.Running
  vm.vcpuCount = vcpus + 1
  vm.plugged = (<u64>1 << vcpus) - 1
  vm.weight = 100
  for (let i: u32 = 0; i < vcpus; i++) {
    const vcpu = vcpuAt(vm, i)
    vcpu.index = i
    vcpu.waitingForStartup = vcpu.halted = i != 0
    addVcpu(vm, vcpu)
  }
  wakeVcpu(vcpuAt(vm, 0))
}

export function turn(activity: u32, now: u64): void { turnTo(activity, now) }
/** What a call into a sandbox, and waiting for a lock, count on this CPU. */
export function spend(sandbox: u64, waiting: u64): void {
  cpu(0).sandboxTicks += sandbox
  cpu(0).waitTicks += waiting
}
/** The other CPU has turned to something, long ago. */
export function otherIsAt(activity: u32, since: u64): void {
  cpu(1).activity = activity
  cpu(1).turnedAt = since
}

export function begin(now: u64): void {
  chooseVcpu(now)
  beginRun(vcpuAt(vmAt(0), 0), now)
}
export function end(now: u64): void {
  endRun(vcpuAt(vmAt(0), 0), now)
  leaveVcpu(now)
}
export function halt(): void { haltVcpu(vcpuAt(vmAt(0), 0)) }
export function pause(): void {
  vmAt(0).state = VmState.Paused
  holdVm(vmAt(0))
}
export function stop(): void { vmAt(0).state = VmState.Stopped }
