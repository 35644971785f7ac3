/** Two VMs with several vCPUs each, on the run queue of one CPU. */
import { VmState } from '../../capability/admin'
import { getRegister, reset } from '../../kernel/apic/localapic'
import { writeRegister } from '../../kernel/apic/xapic'
import { powerPlug } from '../../kernel/capability/machine'
import { WindowLimit } from '../../kernel/memory/layout'
import { sandbox } from '../../kernel/sandbox/sandbox'
import { clearAttention } from '../../kernel/vm/attention'
import { act, resumes, setRunning } from '../../kernel/vm/interrupts'
import { postCommand } from '../../kernel/vm/post'
import { addVcpu, chooseVcpu, cpuTicks, haltVcpu, initializeScheduling, leaveVcpu, thisProcessor, wakeVcpu, yieldVcpu } from '../../kernel/vm/scheduling'
import { resetExtendedState } from '../../kernel/vm/switch'
import { apicOf, Vcpu } from '../../kernel/vm/vcpu'
import { setVmCount, vcpuAt, Vm, vmAt } from '../../kernel/vm/vm'
import { initializeControl, readEfer } from '../../vmx/operations'
import { saveOf } from '../../vmx/amd/control'

function vcpu(vm: u32, index: u32): Vcpu { return vcpuAt(vmAt(vm), index) }

export function start(count: u32, firstWeight: u32, secondWeight: u32): void {
  if (<u32>memory.size() < <u32>(WindowLimit >> 16)) memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  initializeScheduling()
  setVmCount(2)
  for (let i: u32 = 0; i < 2; i++) create(vmAt(i), i, count, i == 0 ? firstWeight : secondWeight)
}

function create(vm: Vm, index: u32, count: u32, weight: u32): void {
  memory.fill(changetype<usize>(vm), 0, 0x40000)
  vm.index = index
  vm.vcpuCount = count
  vm.vcpusAsked = count
  vm.plugged = (<u64>1 << count) - 1
  vm.weight = weight
  vm.state = VmState.Running
  for (let i: u32 = 0; i < count; i++) {
    const box = vcpuAt(vm, i)
    box.vm = index
    box.index = i
    box.control = changetype<usize>(box) + 0x1000
    box.deadline = u64.MAX_VALUE
    box.waitingForStartup = box.halted = i != 0
    initializeControl(box, 0, false, false)
    apicOf(box).page = changetype<usize>(box) + 0x2000
    reset(apicOf(box), i, i == 0)
    addVcpu(vm, box)
  }
  wakeVcpu(vcpuAt(vm, 0))
}

/** Writes the interrupt command register of vCPU `index` of the first VM, which runs, and gives those a turn that it reaches. */
export function command(index: u32, destination: u32, low: u32): void {
  const box = vcpu(0, index)
  setRunning(changetype<usize>(box))
  writeRegister(apicOf(box), 0x310, destination << 24, 0)
  act(box, writeRegister(apicOf(box), 0x300, low, 0))
  setRunning(0)
  for (let i: u32 = 0; i < vmAt(0).vcpuCount; i++) turn(vcpu(0, i))
}

/** The administrator wants another number of vCPUs for the first VM. */
export function want(count: u32): void { vmAt(0).vcpusAsked = count }

/** The first VM's machine says of one that it is there, or has been given up. */
export function plug(index: u32, present: bool): void {
  sandbox(1).vm = 0
  powerPlug(1, index, present)
  for (let i: u32 = 0; i < vmAt(0).vcpuCount; i++) turn(vcpu(0, i))
}
export function plugged(): u64 { return vmAt(0).plugged }

/** A vCPU that was sent something has its turn. */
function turn(box: Vcpu): void { if (box.postedEvents != 0 && !resumes(box)) haltVcpu(box) }

/** The running vCPU `index` of the first VM halts, and before it has left its processor another sends it an interrupt. */
export function haltAndSend(index: u32, vector: u32): void {
  haltVcpu(vcpu(0, index))
  postCommand(vcpu(0, index), vector)
}
export function wake(vm: u32, index: u32): void { wakeVcpu(vcpu(vm, index)) }
export function halt(vm: u32, index: u32): void { haltVcpu(vcpu(vm, index)) }
/** The vCPU that runs, as `next` says, ends its run at `now` after it has spun. */
export function spin(running: u32, now: u64): void {
  yieldVcpu(vcpu(running >> 5, running & 31))
  vcpu(running >> 5, running & 31).readySince = now
}
/** Who runs from `now` on, as VM × 32 + index. */
export function next(now: u64): i32 {
  clearAttention()
  leaveVcpu(now)
  const vcpu = chooseVcpu(now)
  return vcpu === null ? -1 : <i32>(vcpu.vm * 32 + vcpu.index)
}
export function sliceEnd(): u64 { return thisProcessor().sliceEnd }
export function time(vm: u32): u64 { return cpuTicks(vmAt(vm)) }

export function isWaiting(index: u32): bool { return vcpu(0, index).waitingForStartup }
export function isHalted(index: u32): bool { return vcpu(0, index).halted }
export function codeBase(index: u32): u64 { return saveOf(vcpu(0, index)).segment(1).base }
export function codeSelector(index: u32): u32 { return saveOf(vcpu(0, index)).segment(1).selector }
export function instructionPointer(index: u32): u64 { return vcpu(0, index).rip }
export function controlRegister0(index: u32): u64 { return saveOf(vcpu(0, index)).cr0 }
export function controlRegister2(index: u32): u64 { return saveOf(vcpu(0, index)).cr2 }
export function controlRegister3(index: u32): u64 { return saveOf(vcpu(0, index)).cr3 }
export function controlRegister4(index: u32): u64 { return saveOf(vcpu(0, index)).cr4 }
export function efer(index: u32): u64 { return readEfer(vcpu(0, index)) }
export function flags(index: u32): u64 { return saveOf(vcpu(0, index)).rflags }
export function debugStatus(index: u32): u64 { return saveOf(vcpu(0, index)).dr6 }
export function debugControl(index: u32): u64 { return saveOf(vcpu(0, index)).dr7 }
export function debugAddresses(index: u32): u64 { return vcpu(0, index).dr0 | vcpu(0, index).dr1 | vcpu(0, index).dr2 | vcpu(0, index).dr3 }
/** A general register, in the order of their encoding. */
export function register(index: u32, number: u32): u64 { return number == 4 ? saveOf(vcpu(0, index)).rsp : load<u64>(changetype<usize>(vcpu(0, index)) + (number << 3)) }
/** In a VMCB's order: ES, CS, SS, DS, FS, GS, GDTR, LDTR, IDTR, TR. */
export function segmentBase(index: u32, place: u32): u64 { return saveOf(vcpu(0, index)).segment(place).base }
export function segmentLimit(index: u32, place: u32): u32 { return saveOf(vcpu(0, index)).segment(place).limit }
export function segmentSelector(index: u32, place: u32): u32 { return saveOf(vcpu(0, index)).segment(place).selector }
export function segmentAttributes(index: u32, place: u32): u32 { return saveOf(vcpu(0, index)).segment(place).attributes }
export function requested(index: u32, vector: u32): bool { return (getRegister(apicOf(vcpu(0, index)), 0x200 + (vector >> 5 << 4)) >> (vector & 31) & 1) != 0 }
export function nmiPending(index: u32): bool { return vcpu(0, index).nmiPending }
export function powerRequest(): u32 { return vmAt(0).powerRequest }
/** Enables the APIC with a logical id. */
export function enableApic(index: u32, logical: u32): void {
  const apic = apicOf(vcpu(0, index))
  act(vcpu(0, index), writeRegister(apic, 0xF0, 0x1FF, 0))
  act(vcpu(0, index), writeRegister(apic, 0xD0, logical << 24, 0))
}
export function changeRip(index: u32, value: u64): void { vcpu(0, index).rip = value }
export function changeRegister(index: u32, number: u32, value: u64): void { store<u64>(changetype<usize>(vcpu(0, index)) + (number << 3), value) }

/** What INIT leaves: CR0, PAT, STAR, SYSENTER_CS and XCR0. */
export function changeKept(index: u32, cr0: u64, value: u64): void {
  const save = saveOf(vcpu(0, index))
  save.cr0 = cr0
  save.pat = save.star = save.sysenterCs = vcpu(0, index).xcr0 = value
}
export function kept(index: u32, which: u32): u64 {
  const save = saveOf(vcpu(0, index))
  return which == 0 ? save.pat : which == 1 ? save.star : which == 2 ? save.sysenterCs : vcpu(0, index).xcr0
}
/** The XSAVE area as after power-on. */
export function powerOnState(area: u64): void {
  vcpu(0, 0).state = area
  resetExtendedState(vcpu(0, 0))
}
