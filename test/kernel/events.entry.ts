/** The events of one vCPU between its exits and its entries. */
import { reset } from '../../kernel/apic/localapic'
import { accept } from '../../kernel/apic/priority'
import { enterVirtualWire } from '../../kernel/apic/pins'
import { WindowLimit } from '../../kernel/memory/layout'
import { onExit } from '../../kernel/vm/exits'
import { act, hasInterrupt, prepareInterrupts, resumes } from '../../kernel/vm/interrupts'
import { Action } from '../../kernel/apic/localapic'
import { apicOf, Vcpu } from '../../kernel/vm/vcpu'
import { initializeScheduling, addVcpu, wakeVcpu } from '../../kernel/vm/scheduling'
import { sandbox, SandboxState } from '../../kernel/sandbox/sandbox'
import { setVmCount, vcpuAt, vmAt } from '../../kernel/vm/vm'
import { Exit } from '../../vmx/exit'
import { initializeControl } from '../../vmx/operations'
import { saveOf, vmcbOf } from '../../vmx/amd/control'

function vcpu(): Vcpu { return vcpuAt(vmAt(0), 0) }

/** A vCPU that takes interrupts. */
export function start(): void {
  if (<u32>memory.size() < <u32>(WindowLimit >> 16)) memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  memory.fill(changetype<usize>(vmAt(0)), 0, 0x10000)
  setVmCount(1)
  vmAt(0).vcpuCount = 1
  vmAt(0).machine = 1
  sandbox(1).state = SandboxState.Running
  initializeScheduling()
  addVcpu(vmAt(0), vcpu())
  wakeVcpu(vcpu())
  vcpu().control = changetype<usize>(vcpu()) + 0x1000
  initializeControl(vcpu(), 0, false, false)
  apicOf(vcpu()).page = changetype<usize>(vcpu()) + 0x2000
  reset(apicOf(vcpu()), 0, true)
  enterVirtualWire(apicOf(vcpu()))
  allowInterrupts(true)
}

/** RFLAGS.IF. */
export function allowInterrupts(allow: bool): void { saveOf(vcpu()).rflags = allow ? 0x202 : 2 }
/** A message reaches the local APIC, and a vCPU that waits for one has its turn. */
export function requestInterrupt(vector: u32): void {
  accept(apicOf(vcpu()), vector, false)
  act(vcpu(), Action.Evaluate)
  resumes(vcpu())
}
export function requestNmi(): void { act(vcpu(), Action.Nmi) }
/** What the next entry injects, chosen only where something asked for that. */
export function enter(): u64 {
  if (vcpu().evaluate) prepareInterrupts(vcpu())
  const event = vcpu().event
  vcpu().event = 0
  return event
}
/** An exit for an intercepted exception; `interrupted` is the event whose delivery it kept from its end. */
export function exception(vector: u32, interrupted: u64): void {
  vcpu().event = interrupted
  vcpu().exit.reason = Exit.Exception
  vcpu().exit.vector = vector
  onExit(vcpu())
}
/** The exit that was asked for when the guest could not take an interrupt, or that an NMI's IRET makes. */
export function interruptWindow(): void { leave(Exit.InterruptWindow) }
export function nmiWindow(): void { leave(Exit.NmiWindow) }
function leave(reason: u32): void {
  vcpu().exit.reason = reason
  onExit(vcpu())
}
export function isWindowOpen(): bool { return vcpu().windowOpen }
/** Whether HLT would end at once. */
export function isAwake(): bool { return hasInterrupt(vcpu()) }
/** Where the machine is to be told of FERR#. */
export function setFerr(address: u64): void { vmAt(0).ferr = address }
export function setControlRegister0(value: u64): void { saveOf(vcpu()).cr0 = value }
export function shadowInterrupts(): void { vmcbOf(vcpu()).interruptShadow = 1 }
export function isHalted(): bool { return vcpu().halted }
