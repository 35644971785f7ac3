/** One exit of a VT-x guest from its entry to the next, by the nucleus's own run loop's parts. */
import { reset } from '../../kernel/apic/localapic'
import { WindowLimit } from '../../kernel/memory/layout'
import { initializeCpuid } from '../../kernel/vm/cpuid'
import { onExit } from '../../kernel/vm/exits'
import { prepareInterrupts } from '../../kernel/vm/interrupts'
import { apicOf, Vcpu } from '../../kernel/vm/vcpu'
import { setVmCount, vcpuAt, vmAt } from '../../kernel/vm/vm'
import { check, initializeControl, run } from '../../vmx/operations'

function vcpu(): Vcpu { return vcpuAt(vmAt(0), 0) }

export function start(): void {
  if (<u32>memory.size() < <u32>(WindowLimit >> 16)) memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  setVmCount(1)
  vmAt(0).vcpuCount = 1
  check()
  initializeCpuid()
  vcpu().control = changetype<usize>(vcpu()) + 0x1000
  vcpu().controlHpa = 0x1000
  vcpu().virtualApic = changetype<usize>(vcpu()) + 0x2000
  initializeControl(vcpu(), 0, false, false)
  apicOf(vcpu()).page = vcpu().virtualApic
  reset(apicOf(vcpu()), 0, true)
  vcpu().deadline = u64.MAX_VALUE
}

export function setRegisters(rax: u64, rcx: u64, rdx: u64): void {
  vcpu().rax = rax
  vcpu().rcx = rcx
  vcpu().rdx = rdx
}

export function exit(): void {
  if (vcpu().evaluate) prepareInterrupts(vcpu())
  run(vcpu())
  onExit(vcpu())
}
