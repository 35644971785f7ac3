/** CPUID and MSRs as one vCPU sees them, in memory of its own. */
import { WindowLimit } from '../../kernel/memory/layout'
import { reset as resetApic } from '../../kernel/apic/localapic'
import { addressBits as bits, executeCpuid, guestCr4 as cr4, guestXcr0 as xcr0, initializeCpuid } from '../../kernel/vm/cpuid'
import { sandbox, SandboxState } from '../../kernel/sandbox/sandbox'
import { msrValue, readMsr, writeMsr } from '../../kernel/vm/msr'
import { apicOf, Vcpu } from '../../kernel/vm/vcpu'
import { vmAt } from '../../kernel/vm/vm'
import { check, initializeControl } from '../../vmx/operations'

const pages: usize = memory.data(0x5000)
@inline function vcpu(): Vcpu { return changetype<Vcpu>((pages + 0xFFF) & ~0xFFF) }

export function start(): void {
  memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  vmAt(0).vcpuCount = 1
  vmAt(0).machine = 1
  vmAt(0).msrRead = 1
  vmAt(0).msrWrite = 2
  sandbox(1).state = SandboxState.Running
  initializeCpuid()
  const box = vcpu()
  memory.fill(changetype<usize>(box), 0, 0x4000)
  box.control = changetype<usize>(box) + 0x1000
  initializeControl(box, 0, false, false)
  const apic = apicOf(box)
  apic.page = changetype<usize>(box) + 0x2000
  resetApic(apic, 0, true)
  box.deadline = u64.MAX_VALUE
}

/** Finds out what the host's hardware virtualization can give to guests, and what they see of it. */
export function detect(): void {
  check()
  initializeCpuid()
}

export function cpuid(leaf: u32, subleaf: u32): void {
  vcpu().rax = leaf
  vcpu().rcx = subleaf
  executeCpuid(vcpu())
}
/** This is vCPU `index` of `count`. */
export function setTopology(index: u32, count: u32): void {
  vcpu().index = index
  vmAt(0).vcpuCount = count
}
export function eax(): u64 { return vcpu().rax }
export function ebx(): u64 { return vcpu().rbx }
export function ecx(): u64 { return vcpu().rcx }
export function edx(): u64 { return vcpu().rdx }

export function read(index: u32): bool { return readMsr(vcpu(), index) }
export function value(): u64 { return msrValue() }
export function write(index: u32, written: u64): bool { return writeMsr(vcpu(), index, written) }
export function addressBits(): u32 { return bits }
export function guestCr4(): u64 { return cr4 }
export function guestXcr0(): u64 { return xcr0 }
