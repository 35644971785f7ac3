/** A VM on a host of two CPUs whose settings an administrator changes. */
import { VmState } from '../../capability/admin'
import { configuration } from '../../kernel/config/configuration'
import { cpu } from '../../kernel/cpu/cpu'
import { WindowLimit } from '../../kernel/memory/layout'
import { sandbox } from '../../kernel/sandbox/sandbox'
import { Pool, processorAt } from '../../kernel/schedule/index'
import { addVcpu, initializeScheduling, thisProcessor, wakeVcpu } from '../../kernel/vm/scheduling'
import { groupOf, setVmCount, vcpuAt, vmAt } from '../../kernel/vm/vm'

export { adminCpuNumber, adminHostNumber, adminHostSet } from '../../kernel/capability/adminhost'
export { adminVmRecord, adminVmSet } from '../../kernel/capability/adminvm'

/** A VM with one vCPU, in this state. */
export function prepare(state: u32): void {
  if (<u32>memory.size() < <u32>(WindowLimit >> 16)) memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  memory.fill(changetype<usize>(cpu(0)), 0, 4096)
  cpu(0).online = 2
  cpu(1).apicId = 1
  initializeScheduling()
  setVmCount(1)
  sandbox(2).pages = 1 // the console, which is told of the VM in its second page
  const vm = vmAt(0)
  memory.fill(changetype<usize>(vm), 0, 0x10000)
  vm.state = state
  vm.vcpuCount = 4
  vm.vcpusAsked = 1
  vm.weight = 100
  vm.memoryMaximum = 64 << 20
  if (state != VmState.Running) return
  addVcpu(vm, vcpuAt(vm, 0))
  wakeVcpu(vcpuAt(vm, 0))
}
/** The processors that the scheduler takes for a processor's core. */
export function coreInEffect(number: u32): u32 { return processorAt(changetype<Pool>(changetype<usize>(thisProcessor()) - 128), number).core }

/** What the configuration says of the room for vCPUs. */
export function configureMaxVcpus(count: u32): void { configuration().vm(0).maxVcpus = count }

/** What the scheduler goes by: weight, cap, affinity, preferred. */
export function inEffect(key: u32): u64 {
  const group = groupOf(vmAt(0))
  return key == 0 ? group.weight : key == 1 ? group.cap : key == 2 ? group.affinity : group.preferred
}
