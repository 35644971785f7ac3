/** What each exit means. Handled here is what is hot or decides security; everything else is the machine's. */
import { Exception } from '../../capability/exception'
import { Exit } from '../../vmx/exit'
import { completeInstruction, hardwareLength, injectException, nmiReturned, readCodeState, readProcessor, trapDebug, writeCr2, writeProcessor } from '../../vmx/operations'
import { Absent, faultErrorCode, faultLinear, faultVector } from '../../vmx/guest/fault'
import { conditions } from '../../vmx/guest/watch'
import { decodeAt } from '../../vmx/instruction/fetch'
import { Instruction } from '../../capability/instruction'
import { DecodeStatus } from '../../vmx/instruction/status'
import { usualLength } from '../../vmx/instruction/peek'
import { Cr0 } from '../../vmx/guest/paging'
import { switchTask } from '../capability/vcpu'
import { apicWritten, interruptEnded } from './apicmode'
import { executeCpuid } from './cpuid'
import { controlRegister, refusedState, xsetbv } from './controlregister'
import { crashGuest } from './crash'
import { askTouched } from './exchange'
import { callMachine } from './machine'
import { memoryAccess } from './mmio'
import { readMsr, msrValue, writeMsr } from './msr'
import { portAccess } from './portaccess'
import { haltVcpu, yieldVcpu } from './scheduling'
import { hasInterrupt, postponeEvent, takeTaskPriority } from './interrupts'
import { countExit, Vcpu } from './vcpu'
import { vmAt } from './vm'

const record: usize = memory.data(128, 8)

/** The instruction decoded last. */
@inline export function instruction(): Instruction { return changetype<Instruction>(record) }

/** One exit of the vCPU that runs. */
@inline export function onExit(vcpu: Vcpu): void {
  const exit = vcpu.exit
  countExit(vcpu, exit.reason)
  switch (exit.reason) {
    case Exit.Interrupt: return
    case Exit.Cpuid: return cpuid(vcpu)
    case Exit.Port: return portAccess(vcpu)
    case Exit.NestedPageFault: return memoryAccess(vcpu)
    case Exit.MsrWrite: return msrWrite(vcpu)
    case Exit.MsrRead: return msrRead(vcpu)
    case Exit.Halt: return halt(vcpu)
    case Exit.InterruptWindow: vcpu.evaluate = true; return
    case Exit.NmiWindow: nmiReturned(vcpu); vcpu.evaluate = true; return
    case Exit.ControlRegister: return controlRegister(vcpu)
    case Exit.Exception: return exception(vcpu)
    case Exit.Shutdown: return crashGuest(vcpu, 'triple fault')
  }
  rare(vcpu, exit.reason)
}

function rare(vcpu: Vcpu, reason: u32): void {
  switch (reason) {
    case Exit.Hypercall: return hypercall(vcpu)
    case Exit.Xsetbv: return xsetbv(vcpu)
    case Exit.CacheFlush: // all memory is coherent: nothing is lost by not flushing, and INVD must not drop the host's lines
      skip(vcpu)
      return
    case Exit.Rdpmc: return injectException(vcpu, Exception.GeneralProtection, true, 0)
    case Exit.Undefined: return injectException(vcpu, Exception.InvalidOpcode, false, 0)
    case Exit.Invalid: return refusedState(vcpu)
    case Exit.ApicWrite: return apicWritten(vcpu)
    case Exit.EndOfInterrupt: return interruptEnded(vcpu)
    case Exit.Pause:
      if (skip(vcpu)) yieldVcpu(vcpu)
      return
    case Exit.TaskSwitch: return switchTask(vcpu)
  }
  crashGuest(vcpu, 'unknown exit')
}

/**
 * Moves RIP past the instruction that was carried out. Where the hardware does not say how long it is, it is decoded; when it
 * cannot be fetched any more the guest takes the fault, and false says that nothing is to be done for it.
 */
export function skip(vcpu: Vcpu): bool {
  let length = hardwareLength(vcpu)
  if (length == 0) {
    readCodeState(vcpu)
    length = usualLength(vcpu)
    if (length == 0) {
      length = decodedLength(vcpu)
      if (length == 0) return false
    }
    if (vcpu.codeSize != 64) vcpu.rip = vcpu.rip + length & 0xFFFF_FFFF
    else vcpu.rip += length
  } else vcpu.rip += length
  completeInstruction(vcpu)
  return true
}

/** The length by the decoder; 0 when the instruction cannot be fetched or decoded, and the guest takes the fault for that. */
function decodedLength(vcpu: Vcpu): u32 {
  readProcessor(vcpu)
  const status = decodeAt(vcpu, instruction())
  if (status == DecodeStatus.Ok) return instruction().length
  refuse(vcpu, status)
  return 0
}

/** Injects what fetching or decoding an instruction raised. */
export function refuse(vcpu: Vcpu, status: i32): void {
  if (status == DecodeStatus.Fault) injectFault(vcpu)
  else if (status == DecodeStatus.TooLong) injectException(vcpu, Exception.GeneralProtection, true, 0)
  else injectException(vcpu, Exception.InvalidOpcode, false, 0)
}

/** Injects the fault that the guest's own page tables or registers gave, with CR2 if it is a page fault. For memory that is not there it waits, and tries again. */
export function injectFault(vcpu: Vcpu): void {
  if (faultVector == Absent) return askTouched(vmAt(vcpu.vm), faultLinear)
  if (faultVector == Exception.PageFault) writeCr2(vcpu, faultLinear)
  injectException(vcpu, faultVector, faultVector != Exception.InvalidOpcode, faultErrorCode)
}

/** Ends an emulated instruction: single step and watchpoints seen to, registers back to the hardware. */
export function finishEmulation(vcpu: Vcpu): void {
  completeInstruction(vcpu)
  if (conditions() != 0) trapDebug(vcpu, conditions())
  writeProcessor(vcpu)
}

function cpuid(vcpu: Vcpu): void {
  if (skip(vcpu)) executeCpuid(vcpu)
}

function msrWrite(vcpu: Vcpu): void {
  if (writeMsr(vcpu, <u32>vcpu.rcx, vcpu.rdx << 32 | vcpu.rax & 0xFFFF_FFFF)) skip(vcpu)
  else injectException(vcpu, Exception.GeneralProtection, true, 0)
}

function msrRead(vcpu: Vcpu): void {
  if (!readMsr(vcpu, <u32>vcpu.rcx)) {
    injectException(vcpu, Exception.GeneralProtection, true, 0)
    return
  }
  if (!skip(vcpu)) return
  vcpu.rax = msrValue() & 0xFFFF_FFFF
  vcpu.rdx = msrValue() >> 32
}

/** HLT waits for an interrupt; one that is there already ends it at once. */
function halt(vcpu: Vcpu): void {
  if (!skip(vcpu)) return
  waitForInterrupt(vcpu)
}

function waitForInterrupt(vcpu: Vcpu): void {
  takeTaskPriority(vcpu) // it cannot change while the vCPU is halted, and decides what may wake it
  if (vcpu.event != 0 || hasInterrupt(vcpu)) vcpu.evaluate = true
  else haltVcpu(vcpu)
}

/** No hypercalls exist: the answer is KVM's for one that it does not know (-1000). */
function hypercall(vcpu: Vcpu): void {
  if (skip(vcpu)) vcpu.rax = <u64>-1000
}

/** #DB and #AC are the guest's own; they are only intercepted so that an endless row of them leaves the CPU to others between. */
function exception(vcpu: Vcpu): void {
  const vector = vcpu.exit.vector
  if (vector == Exception.MachineCheck) return crashGuest(vcpu, 'machine check')
  if (vector == Exception.FloatingPointError && freeze(vcpu)) return
  postponeEvent(vcpu)
  injectException(vcpu, vector, vector == Exception.AlignmentCheck, 0)
}

/**
 * An x87 error while CR0.NE is clear: the processor asserts FERR# and waits at the instruction until an interrupt comes, by which the board
 * tells of the error (IRQ 13). False where NE is set. SDM vol. 1, 8.7.2; APM vol. 2, 15.14.2.
 */
function freeze(vcpu: Vcpu): bool {
  readProcessor(vcpu)
  if ((vcpu.cr0 & Cr0.NE) != 0) return false
  completeInstruction(vcpu) // an STI before it shadows no more than this instruction
  callMachine(vmAt(vcpu.vm), vmAt(vcpu.vm).ferr)
  waitForInterrupt(vcpu)
  return true
}
