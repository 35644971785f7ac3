/** One run of a guest: entry, exit, and why it ended. SDM vol. 3, 27 and 28, appendix C. */
import * as hw from '../../kernel/hw'
import { Context, EventErrorValid, EventType, EventValid } from '../context'
import { Access, Exit, ExitRecord } from '../exit'
import { Cr0 } from '../guest/paging'
import { Field, Reason } from '../../capability/vmcs'
import { loadPageDirectoryPointers } from './pdpte'
import { retire, select } from './structure'

const EntryFailure: u32 = 1 << 31
const NmiUnblocked: u32 = 1 << 12 // of an exit's interrupt information and qualification: it is an IRET that faulted
@inline const BlockedByNmi: u64 = 1 << 3
const DebugVector: u32 = 1
const DoubleFaultVector: u32 = 8
/** DR6 as a #DB leaves it. SDM vol. 3, 18.2.3 and table 28-1. */
@inline const Dr6Fixed: u64 = 0xFFFF_0FF0
@inline const DebugConditions: u64 = 0xE00F // B0–B3, BD, BS and BT
@inline const Dr7GeneralDetect: u64 = 1 << 13

/** Enters the guest and returns when it has left, with the exit record filled. */
@inline export function run(context: Context): void {
  select(context)
  if (!context.launched) loadPageDirectoryPointers()
  if (context.rip != context.hardwareRip) hw.vmwrite(Field.GuestRip, context.rip)
  if (context.event != 0) inject(context)
  const launched = context.launched
  const failed = hw.vmxRun(changetype<usize>(context), launched)
  const exit = context.exit
  if (failed != 0) return fail(context, failed)
  context.launched = true
  const reason = <u32>hw.vmread(Field.ExitReason)
  const rip = hw.vmread(Field.GuestRip)
  context.rip = rip
  context.hardwareRip = rip
  const vectoring = <u32>hw.vmread(Field.VectoringInformation)
  if ((vectoring & <u32>EventValid) != 0) keepEvent(context, vectoring)
  switch (reason) {
    case Reason.Cpuid: exit.reason = Exit.Cpuid; return
    case Reason.Port: fillPort(exit); return
    case Reason.MsrWrite: exit.reason = Exit.MsrWrite; return
    case Reason.MsrRead: exit.reason = Exit.MsrRead; return
    case Reason.ExternalInterrupt: exit.reason = Exit.Interrupt; return
    case Reason.Hlt: exit.reason = Exit.Halt; return
    case Reason.InterruptWindow:
    case Reason.TprBelowThreshold: exit.reason = Exit.InterruptWindow; return
    case Reason.EptViolation: fillPageFault(exit, vectoring); return
    default:
      classify(context, reason)
      if (exit.reason == Exit.Invalid) context.launched = launched // a VMLAUNCH whose guest was refused has launched nothing. 27.8
  }
}

/** An entry that ended before it began: VMfailValid with a VM-instruction error, or VMfailInvalid, which no VMCS can tell of. 31.2 and 31.4. */
function fail(context: Context, failure: u32): void {
  context.exit.reason = Exit.Invalid
  context.exit.error = failure == 1 ? <u32>hw.vmread(Field.InstructionError) : u32.MAX_VALUE
  if (failure != 1) retire(context)
}

/** Has the entry deliver the context's event. 27.6. In real mode there are no error codes, and an entry with one is refused: 27.2.1.3. */
function inject(context: Context): void {
  let event = context.event
  context.event = 0
  if ((event & EventErrorValid) != 0) {
    if ((hw.vmread(Field.GuestCr0) & Cr0.PE) == 0) event &= ~EventErrorValid
    else hw.vmwrite(Field.EntryErrorCode, event >> 32)
  }
  hw.vmwrite(Field.EntryInterruptInformation, <u32>event)
}

/** Bytes of the instruction that caused the exit. 28.2.5. What was done for it may have touched another vCPU's VMCS: an interrupt between them does. */
@inline export function hardwareLength(context: Context): u32 {
  select(context)
  return <u32>hw.vmread(Field.ExitInstructionLength)
}

/** 28.2.4: an event that the exit interrupted is injected again, but for what the guest's own instruction will raise again. */
function keepEvent(context: Context, info: u32): void {
  const type = info >> 8 & 7
  if (type >= EventType.Software) return
  const error = (info & <u32>EventErrorValid) != 0 ? hw.vmread(Field.VectoringErrorCode) << 32 : 0
  context.event = error | (info & ~NmiUnblocked)
  // An NMI that was being delivered blocks the next one already, and could not be injected again. 27.3.1.5.
  if (type == EventType.Nmi) hw.vmwrite(Field.Interruptibility, hw.vmread(Field.Interruptibility) & ~BlockedByNmi)
}

/** Table 28-5: the port, the direction and the size. */
function fillPort(exit: ExitRecord): void {
  const qualification = <u32>hw.vmread(Field.ExitQualification)
  exit.reason = Exit.Port
  exit.port = qualification >> 16
  exit.size = (qualification & 7) + 1
  exit.isIn = (qualification & 8) != 0
  exit.isString = (qualification & 16) != 0
  exit.isRepeated = (qualification & 32) != 0
  exit.length = <u32>hw.vmread(Field.ExitInstructionLength)
}

/** Table 28-7. */
function fillPageFault(exit: ExitRecord, vectoring: u32): void {
  const qualification = <u32>hw.vmread(Field.ExitQualification)
  exit.reason = Exit.NestedPageFault
  exit.gpa = hw.vmread(Field.GuestPhysicalAddress)
  exit.access = ((qualification & 2) != 0 ? Access.Write : 0) | ((qualification & 4) != 0 ? Access.Fetch : 0)
  if ((qualification & NmiUnblocked) != 0 && (vectoring & <u32>EventValid) == 0) blockNmis()
}

/** An IRET that ended in an exit has unblocked NMIs, and will run again. 28.2.3. */
function blockNmis(): void { hw.vmwrite(Field.Interruptibility, hw.vmread(Field.Interruptibility) | BlockedByNmi) }

/** An exception that is intercepted, or the host's NMI. 28.2.2. */
function fillException(context: Context): void {
  const exit = context.exit
  const info = <u32>hw.vmread(Field.ExitInterruptInformation)
  if ((info >> 8 & 7) == EventType.Nmi) {
    hw.raiseNmi()
    exit.reason = Exit.Interrupt
    return
  }
  exit.reason = Exit.Exception
  exit.vector = info & 0xFF
  exit.error = (info & <u32>EventErrorValid) != 0 ? <u32>hw.vmread(Field.ExitErrorCode) : 0
  if ((info & NmiUnblocked) != 0 && exit.vector != DoubleFaultVector) blockNmis()
  if (exit.vector == DebugVector) noteDebugException()
  // ICEBP's #DB is a trap that has not moved RIP yet.
  if ((info >> 8 & 7) == EventType.PrivilegedSoftware) context.rip += hw.vmread(Field.ExitInstructionLength)
}

/** A #DB that causes an exit has changed neither DR6 nor DR7: what it would have is in the qualification. Table 28-1. */
function noteDebugException(): void {
  const conditions = hw.vmread(Field.ExitQualification) & DebugConditions
  hw.writeDr6(hw.readDr6() & ~<u64>15 | Dr6Fixed | conditions)
  hw.vmwrite(Field.GuestDr7, hw.vmread(Field.GuestDr7) & ~Dr7GeneralDetect)
}

/** Table 28-3. */
function fillControlRegister(exit: ExitRecord): void {
  const qualification = <u32>hw.vmread(Field.ExitQualification)
  exit.reason = Exit.ControlRegister
  exit.register = <u8>(qualification & 15)
  exit.isIn = (qualification >> 4 & 3) == 1
}

/** 30.4.3.3: the offset in the APIC's page. */
function fillApicWrite(exit: ExitRecord): void {
  exit.reason = Exit.ApicWrite
  exit.gpa = hw.vmread(Field.ExitQualification) & 0xFFF
}

/** 30.1.4: the vector. */
function fillEndOfInterrupt(exit: ExitRecord): void {
  exit.reason = Exit.EndOfInterrupt
  exit.vector = <u32>hw.vmread(Field.ExitQualification) & 0xFF
}

/** The rarer ones. */
function classify(context: Context, reason: u32): void {
  const exit = context.exit
  exit.reason = Exit.Unknown
  if ((reason & EntryFailure) != 0) {
    exit.reason = Exit.Invalid
    exit.error = 0
  } else if (reason == Reason.ExceptionOrNmi) fillException(context)
  else if (reason == Reason.ControlRegister) fillControlRegister(exit)
  else if (reason == Reason.NmiWindow) exit.reason = Exit.NmiWindow
  else if (reason == Reason.Rdpmc) exit.reason = Exit.Rdpmc
  else if (reason == Reason.Invd || reason == Reason.Wbinvd) exit.reason = Exit.CacheFlush
  else if (reason == Reason.TripleFault) exit.reason = Exit.Shutdown
  else if (reason == Reason.Vmcall) exit.reason = Exit.Hypercall
  else if (reason == Reason.Xsetbv) exit.reason = Exit.Xsetbv
  else if (reason == Reason.TaskSwitch) exit.reason = Exit.TaskSwitch
  else if (reason == Reason.Pause) exit.reason = Exit.Pause
  else if (reason == Reason.ApicAccess) exit.reason = Exit.NestedPageFault
  else if (reason == Reason.ApicWrite) fillApicWrite(exit)
  else if (reason == Reason.EndOfInterrupt) fillEndOfInterrupt(exit)
  else if (reason <= Reason.OtherSmi) exit.reason = Exit.Interrupt
  else if (isVmxInstruction(reason) || reason == Reason.Getsec || reason == Reason.Mwait || reason == Reason.Monitor) exit.reason = Exit.Undefined
}

function isVmxInstruction(reason: u32): bool {
  return reason >= Reason.Vmclear && reason <= Reason.Vmxon || reason == Reason.Invept || reason == Reason.Invvpid
}

/** The hardware's own code for the last exit, or for the entry that failed. */
export function rawReason(context: Context): u64 {
  select(context)
  return context.exit.reason == Exit.Invalid && context.exit.error != 0 ? context.exit.error : hw.vmread(Field.ExitReason)
}
