/** A vCPU whose guest left for an access to a device, on AMD-V: its instruction is decoded, and carried out or passed on to its machine. */
import { Access } from '../../capability/vcpu'
import { vcpuLocate } from '../../kernel/capability/vcpu'
import { Sandbox, sandbox, SandboxState } from '../../kernel/sandbox/sandbox'
import { WindowLimit } from '../../kernel/memory/layout'
import { initializeEmulator, memoryAccess, selectGuest } from '../../kernel/vm/mmio'
import { portAccess } from '../../kernel/vm/portaccess'
import { writeStealTime } from '../../kernel/vm/steal'
import { Vcpu } from '../../kernel/vm/vcpu'
import { blocksOf, vcpuAt, vmAt } from '../../kernel/vm/vm'
import { Exit } from '../../vmx/exit'
import { raisePageFault } from '../../vmx/guest/fault'
import { initializeControl } from '../../vmx/operations'
import { vmcbOf } from '../../vmx/amd/control'

const Machine: u32 = 3

function vcpu(): Vcpu { return vcpuAt(vmAt(0), 0) }

/** A guest in 32-bit protected mode at CPL 3, with RAM of 2 MiB at the hpa 4096, firmware behind it and no paging. */
export function start(): void {
  if (<u32>memory.size() < <u32>(WindowLimit >> 16)) memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  const vm = vmAt(0)
  memory.fill(changetype<usize>(vm), 0, 0x80_0000)
  memory.fill(changetype<usize>(sandbox(Machine)), 0, offsetof<Sandbox>())
  sandbox(Machine).state = SandboxState.Running
  vm.machine = Machine
  vm.execute = 1
  vm.vcpuCount = 1
  vm.blockCount = 2048
  vm.memoryBytes = 4 << 21 // all of it but the first block was given back
  vm.memoryEra++
  store<u32>(blocksOf(vm), 1) // frames of 4 KiB, and 0 is none
  store<u32>(blocksOf(vm) + (2047 << 2), 513)
  vcpu().control = changetype<usize>(vcpu()) + 0x1000
  initializeControl(vcpu(), 0, false, false)
  const save = vmcbOf(vcpu()).save
  save.cr0 = 1
  save.efer = 1 << 12
  save.cpl = 3
  save.rflags = 2
  save.csBase = 0
  save.segment(1).attributes = 1 << 10
  selectGuest(vcpu())
  initializeEmulator()
}

/** The machine wants to write one byte. */
export function locates(linear: u64): bool { return vcpuLocate(Machine, linear, 1, Access.Write, 0) }
export function setRegister(index: u32, value: u64): void { vcpu().setGeneral(index, value) }
/** Where the block begins that it uses and that is not there; below 0 for none. */
export function waitsFor(): i64 { return <i64>(vmAt(0).blockTouched - 1) << 21 }

/** It left at `rip` for an access to `gpa`; the event that it goes on with. */
export function accesses(rip: u64, gpa: u64): u64 {
  leaves(Exit.NestedPageFault, rip)
  vcpu().exit.gpa = gpa
  memoryAccess(vcpu())
  return vcpu().event
}
/** It left for INS or OUTS. */
export function usesPort(rip: u64): u64 {
  leaves(Exit.Port, rip)
  vcpu().exit.isString = true
  portAccess(vcpu())
  return vcpu().event
}
function leaves(reason: u32, rip: u64): void {
  vcpu().exit.reason = reason
  vcpu().rip = rip
  vcpu().event = 0
}
export function rip(): u64 { return vcpu().rip }
export function cr2(): u64 { return vmcbOf(vcpu()).save.cr2 }
/** Another guest's page tables gave a fault. */
export function faultElsewhere(linear: u64): void { raisePageFault(linear, 4) }
/** It writes MSR_KVM_STEAL_TIME. */
export function wantsStealTime(gpa: u64): void { writeStealTime(vcpu(), gpa | 1) }
