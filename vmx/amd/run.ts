/** One run of a guest: entry, exit, and why it ended. APM vol. 2, 15.6 and appendix C. */
import * as hw from '../../kernel/hw'
import { Context, EventType, EventValid } from '../context'
import { Access, Exit, ExitRecord } from '../exit'
import { vmcbOf } from './control'
import { hasNextRipSave, hasVmcbClean } from './features'
import { Clean, Code, SaveArea, Vmcb } from '../../capability/vmcb'

const DebugVector: u32 = 1
const FloatingPointVector: u32 = 16
@inline const Dr7GeneralDetect: u64 = 1 << 13
/** CR0. */
@inline const NotWriteThrough: u64 = 1 << 29
@inline const CacheDisable: u64 = 1 << 30

/** The state with which a guest starts: QEMU and Bochs save the host's over it where VMRUN refuses it. */
const atStart: usize = memory.data(offsetof<SaveArea>(), 8)
let hostState: u64 = 0
let cleanAll: u64 = 0

/** `state` is the hpa that holds what VMLOAD restores for the host. */
export function initializeRun(state: u64): void {
  hostState = state
  cleanAll = hasVmcbClean() ? Clean.All : 0
}

/** Enters the guest and returns when it has left, with the exit record filled. */
@inline export function run(context: Context): void {
  const vmcb = vmcbOf(context)
  vmcb.save.rax = context.rax
  vmcb.save.rip = context.rip
  vmcb.eventInjection = context.event
  context.event = 0
  if (!context.launched) memory.copy(atStart, changetype<usize>(vmcb.save), offsetof<SaveArea>())
  hw.svmRun(context.controlHpa, changetype<usize>(context), hostState)
  vmcb.clean = cleanAll
  vmcb.tlbControl = 0
  const code = <u32>vmcb.exitCode
  if (!context.launched && code == Code.Invalid) memory.copy(changetype<usize>(vmcb.save), atStart, offsetof<SaveArea>())
  else context.launched = true
  context.rax = vmcb.save.rax
  context.rip = vmcb.save.rip
  if (((vmcb.save.dr6 | vmcb.save.dr7 | vmcb.save.cr0) >> 32 != 0 || (vmcb.save.cr0 & (NotWriteThrough | CacheDisable)) == NotWriteThrough) && context.launched) repair(vmcb)
  if ((vmcb.exitIntInfo & EventValid) != 0) keepEvent(context, vmcb.exitIntInfo)
  const exit = context.exit
  switch (code) {
    case Code.Cpuid: exit.reason = Exit.Cpuid; return
    case Code.Port: fillPort(exit, vmcb); return
    case Code.Msr: exit.reason = vmcb.exitInfo1 != 0 ? Exit.MsrWrite : Exit.MsrRead; return
    case Code.Interrupt:
    case Code.Nmi:
    case Code.Smi:
    case Code.Init: exit.reason = Exit.Interrupt; return
    case Code.Halt: exit.reason = Exit.Halt; return
    case Code.VirtualInterrupt: exit.reason = Exit.InterruptWindow; return
    case Code.NestedPageFault: fillPageFault(exit, vmcb); return
    default: classify(exit, vmcb, code)
  }
}

/**
 * A processor faults when a guest sets the upper halves of DR6, DR7 and CR0, or CR0.NW without CD (APM vol. 2, 3.1.1 and 13.1.1). QEMU's TCG lets
 * it, and then refuses the state at the next VMRUN (15.5.1): what no processor holds is cleared.
 */
function repair(vmcb: Vmcb): void {
  const save = vmcb.save
  save.dr6 &= 0xFFFF_FFFF
  save.dr7 &= 0xFFFF_FFFF
  save.cr0 &= 0xFFFF_FFFF
  if ((save.cr0 & CacheDisable) == 0) save.cr0 &= ~NotWriteThrough
  vmcb.clean &= ~(Clean.DebugRegisters | Clean.ControlRegisters)
}

/** Bytes of the instruction that caused the exit; 0 where the hardware does not say. 15.7.1. */
@inline export function hardwareLength(context: Context): u32 {
  const next = hasNextRipSave() ? vmcbOf(context).nextRip : 0
  return next > context.rip ? <u32>(next - context.rip) : 0
}

/** 15.7.2: an event that the exit interrupted is injected again, but for what the guest's own instruction will raise again. */
function keepEvent(context: Context, info: u64): void {
  const type = <u32>(info >> 8) & 7
  const vector = <u32>info & 0xFF
  if (type == EventType.Software || type == EventType.Exception && (vector == 3 || vector == 4)) return
  context.event = info
}

/** 15.10.2: the port, the direction, the size, and the address of the next instruction. */
function fillPort(exit: ExitRecord, vmcb: Vmcb): void {
  const info = <u32>vmcb.exitInfo1
  exit.reason = Exit.Port
  exit.port = info >> 16
  exit.size = info >> 4 & 7
  exit.isIn = (info & 1) != 0
  exit.isString = (info & 4) != 0
  exit.isRepeated = (info & 8) != 0
  exit.length = <u32>(vmcb.exitInfo2 - vmcb.save.rip)
}

/** 15.25.6: EXITINFO1 is the page fault's error code, EXITINFO2 the guest physical address. */
function fillPageFault(exit: ExitRecord, vmcb: Vmcb): void {
  exit.reason = Exit.NestedPageFault
  exit.gpa = vmcb.exitInfo2
  exit.access = ((vmcb.exitInfo1 & 2) != 0 ? Access.Write : 0) | ((vmcb.exitInfo1 & 16) != 0 ? Access.Fetch : 0)
}

/** A #DB leaves general detection off when its handler begins, wherever it is that the intercept comes. APM vol. 2, 13.1.1.4. */
function noteDebugException(vmcb: Vmcb): void {
  vmcb.save.dr7 &= ~Dr7GeneralDetect
  vmcb.clean &= ~Clean.DebugRegisters
}

/** The rarer ones. */
function classify(exit: ExitRecord, vmcb: Vmcb, code: u32): void {
  exit.reason = Exit.Unknown
  if (code == Code.Invalid) exit.reason = Exit.Invalid
  else if (code < 0x20) {
    exit.reason = Exit.ControlRegister
    exit.register = <u8>(code & 15)
    exit.isIn = code < 0x10
  } else if (code >= Code.Exception && code < Code.Exception + 32) {
    exit.reason = Exit.Exception
    exit.vector = code - Code.Exception
    exit.error = <u32>vmcb.exitInfo1
    if (exit.vector == DebugVector) noteDebugException(vmcb)
  } else if (code == Code.FerrFreeze) { // an x87 error while CR0.NE is clear: the processor would wait for an interrupt
    exit.reason = Exit.Exception
    exit.vector = FloatingPointVector
  } else if (code == Code.Iret) exit.reason = Exit.NmiWindow
  else if (code == Code.Rdpmc) exit.reason = Exit.Rdpmc
  else if (code == Code.Invd || code == Code.Wbinvd) exit.reason = Exit.CacheFlush
  else if (code == Code.Shutdown) exit.reason = Exit.Shutdown
  else if (code == Code.Vmmcall) exit.reason = Exit.Hypercall
  else if (code == Code.Xsetbv) exit.reason = Exit.Xsetbv
  else if (code == Code.TaskSwitch) exit.reason = Exit.TaskSwitch
  else if (code == Code.Pause) exit.reason = Exit.Pause
  else if (code >= 0x7A && code <= 0x8E) exit.reason = Exit.Undefined
}

/** After VMEXIT_INVALID: where VMRUN itself was refused, QEMU has saved the host's own state over the guest's. */
export function wasEntered(context: Context): bool { return context.launched && vmcbOf(context).save.cr3 != hw.readCr3() }

/** The hardware's own code for the last exit. */
export function rawReason(context: Context): u64 { return vmcbOf(context).exitCode }
