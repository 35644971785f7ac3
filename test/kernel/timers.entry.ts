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
import { expireTimers } from '../../kernel/vm/timers'
import { writeMsr } from '../../kernel/vm/msr'
import { apicOf, Vcpu } from '../../kernel/vm/vcpu'
import { setVmCount, vcpuAt, vmAt } from '../../kernel/vm/vm'
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

/** What is due expires, and the vCPU has its turn. */
export function expire(): void {
  expireTimers()
  if (!resumes(vcpu())) haltVcpu(vcpu())
}

export function write(msr: u32, value: u64): bool { return writeMsr(vcpu(), msr, value) }
/** On the host's clock. */
export function deadline(): u64 { return vcpu().deadline }
export function tscFrequency(): u64 { return frequency }
