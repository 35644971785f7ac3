/** A VM's memory that goes and comes while it runs, over the real frame allocator, nested tables and scheduler. */
import { RestartPolicy, VmState } from '../../capability/admin'
import { cpu } from '../../kernel/cpu/cpu'
import { addRange, allocateLarge, initialize, owned, tableBytes } from '../../kernel/memory/frames'
import { WindowLimit } from '../../kernel/memory/layout'
import { askExchange, askTouched, settleExchange } from '../../kernel/vm/exchange'
import { takeMemory } from '../../kernel/vm/memory'
import { settlePower } from '../../kernel/vm/power'
import { addVcpu, chooseVcpu, initializeScheduling, leaveVcpu, wakeVcpu } from '../../kernel/vm/scheduling'
import { blocksOf, PowerRequest, ramOwner, vcpuAt, vmAt } from '../../kernel/vm/vm'

/** A running VM with two vCPUs and `blocks` of 2 MiB, on a host with `all` of them. */
export function start(blocks: u64, all: u64): bool {
  if (<u32>memory.size() < <u32>(WindowLimit >> 16)) memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  const address = <usize>(__heap_base + 15) & ~15
  memory.fill(address, 0, <usize>tableBytes(all << 21))
  initialize(address, all << 21)
  addRange(0, all << 21)
  memory.fill(changetype<usize>(cpu(0)), 0, 4096)
  cpu(0).online = 1
  initializeScheduling()
  const vm = vmAt(0)
  memory.fill(changetype<usize>(vm), 0, 0x80_0000)
  vm.memoryBytes = blocks << 21
  vm.vcpuCount = 2
  vm.weight = 100
  vm.machine = 3
  if (!takeMemory(vm)) return false
  vm.state = VmState.Running
  for (let i: u32 = 0; i < 2; i++) {
    vcpuAt(vm, i).index = i
    addVcpu(vm, vcpuAt(vm, i))
  }
  wakeVcpu(vcpuAt(vm, 0))
  vcpuAt(vm, 1).halted = true
  return true
}

export function ask(gpa: u64, bytes: u64, comesBack: bool): bool { return askExchange(vmAt(0), gpa, bytes, comesBack) }
export function touch(gpa: u64): void { askTouched(vmAt(0), gpa) }
export function settle(): bool { return settleExchange(vmAt(0)) }
/** The first CPU looks at the VM: whether its machine still has to be told of its memory. */
export function settleAll(wantsOther: bool): bool {
  vmAt(0).memoryNews = wantsOther
  settlePower(vmAt(0))
  return vmAt(0).memoryNews
}
export function choose(): bool { return chooseVcpu(1) !== null }
export function leave(): void { leaveVcpu(2) }
export function block(index: u32): u32 { return load<u32>(blocksOf(vmAt(0)) + (<usize>index << 2)) }
export function isHeld(): bool { return vmAt(0).held }
export function news(): bool {
  const had = vmAt(0).memoryNews
  vmAt(0).memoryNews = false
  return had
}
export function resident(vcpu: u32): u32 { return vcpuAt(vmAt(0), vcpu).resident }
export function era(): u64 { return vmAt(0).memoryEra }
export function setState(state: u32): void { vmAt(0).state = state }
export function free(): u64 { return owned(0) >> 9 }
export function ram(): u64 { return owned(ramOwner(vmAt(0))) >> 9 }
/** Somebody else takes all that is free. */
export function takeAll(): void { while (allocateLarge(300) != 0) {} }

/** The guest resets itself, so long after its start, and the first CPU looks at it: its state. */
export function reboot(after: u64, now: u64): u32 {
  vmAt(0).startedAt = now - after
  vmAt(0).onReboot = RestartPolicy.Restart
  vmAt(0).powerRequest = PowerRequest.Reset
  return look()
}
export function look(): u32 {
  settlePower(vmAt(0))
  return vmAt(0).state
}
export function restarts(): u64 { return vmAt(0).restarts }
export function restartAt(): u64 { return vmAt(0).restartAt }
export function memoryBytes(): u64 { return vmAt(0).memoryBytes }
export function setLimits(wanted: u64, maximum: u64): void {
  vmAt(0).memoryWanted = wanted
  vmAt(0).memoryMaximum = maximum
}
