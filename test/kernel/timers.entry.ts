/** The timers of one VM with one vCPU, over a clock that a test moves. */
import { RegisterSpace } from '../../capability/firmware'
import { acpi } from '../../kernel/firmware/acpi'
import { reset } from '../../kernel/apic/localapic'
import { enterVirtualWire } from '../../kernel/apic/pins'
import { initializeLocalApic } from '../../kernel/interrupts/localapic'
import { WindowLimit } from '../../kernel/memory/layout'
import { calibrate, tscFrequency as frequency } from '../../kernel/time/calibrate'
import { resumes } from '../../kernel/vm/interrupts'
import { addVcpu, haltVcpu, initializeScheduling, wakeVcpu } from '../../kernel/vm/scheduling'
import { Attention, attention, clearAttention } from '../../kernel/vm/attention'
import { expireTimers, interruptUntil, noteMachineDeadline, noteVmDeadline } from '../../kernel/vm/timers'
import { writeMsr } from '../../kernel/vm/msr'
import { serialOutput } from '../../kernel/capability/machine'
import { initializeRing } from '../../kernel/log/ring'
import { apicOf, entryOf, Vcpu } from '../../kernel/vm/vcpu'
import { serialData, serialRing, SerialRingBytes, setVmCount, vcpuAt, vmAt } from '../../kernel/vm/vm'
import { sandbox, SandboxState } from '../../kernel/sandbox/sandbox'
import { VmState } from '../../capability/admin'


function vcpu(): Vcpu { return vcpuAt(vmAt(0), 0) }

/** A guest whose TSC was 0 at `powerOn` of the host's, with its APIC in x2APIC mode. */
export function start(powerOn: u64): void {
  if (<u32>memory.size() < <u32>(WindowLimit >> 16)) memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  memory.fill(changetype<usize>(vmAt(0)), 0, 0x80_0000)
  acpi().pmTimer.space = RegisterSpace.Port
  acpi().pmTimer.bits = 24
  acpi().pmTimer.address = 0x608
  initializeLocalApic(0)
  assert(calibrate())
  setVmCount(1)
  const vm = vmAt(0)
  vm.state = VmState.Running
  vm.vcpuCount = 1
  vm.weight = 100
  vm.machineDeadline = u64.MAX_VALUE
  vcpu().control = changetype<usize>(vcpu()) + 0x1000
  vcpu().deadline = u64.MAX_VALUE
  vcpu().tscOffset = 0 - powerOn
  initializeScheduling()
  addVcpu(vm, vcpu())
  wakeVcpu(vcpu())
  apicOf(vcpu()).page = changetype<usize>(vcpu()) + 0x2000
  reset(apicOf(vcpu()), 0, true)
  enterVirtualWire(apicOf(vcpu()))
  assert(writeMsr(vcpu(), 0x1B, 0xFEE0_0D00))
}

/** The VM's machine is to tick at `due`. */
export function tickAt(due: u64): void {
  vmAt(0).machine = 1
  vmAt(0).tick = 1
  sandbox(1).state = SandboxState.Running
  noteMachineDeadline(vmAt(0), due)
}

/** When its machine is to tick, on the host's clock. */
export function tickDue(): u64 { return vmAt(0).machineDeadline }
/** The VM is stopped. */
export function stop(): void { vmAt(0).state = VmState.Stopped }
export function charged(): u64 { return entryOf(vcpu()).time }

/** The VM's guest writes to its serial line; what the console is called for is seen to. */
export function writeSerial(): void {
  initializeRing(serialRing(vmAt(0)), serialData(vmAt(0)), SerialRingBytes)
  sandbox(1).vm = 0
  clearAttention()
  serialOutput(1, 0x21)
}
export function isServiceWanted(): bool { return (attention & Attention.Service) != 0 }

/** The VM is to start again at `due`. */
export function restartAt(due: u64): void {
  vmAt(0).restartAt = due
  noteVmDeadline(0, due)
}

/** Whether the run loop is to look at all VMs; it is not any more. */
export function takeOrders(): bool {
  const wanted = (attention & Attention.Orders) != 0
  clearAttention()
  return wanted
}

/** The vCPU's timer is due at a time that nobody has noted. */
export function setDeadline(due: u64): void { vcpu().deadline = due }

/** What is due expires, and the vCPU has its turn. */
export function expire(): void {
  expireTimers()
  interruptUntil(u64.MAX_VALUE)
  if (!resumes(vcpu())) haltVcpu(vcpu())
}

export function write(msr: u32, value: u64): bool { return writeMsr(vcpu(), msr, value) }
/** On the host's clock. */
export function deadline(): u64 { return vcpu().deadline }
export function tscFrequency(): u64 { return frequency }
