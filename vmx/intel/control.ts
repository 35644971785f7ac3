/** A context's VMCS: made, reset, and changed while it is out of the guest. SDM vol. 3, 25. */
import * as hw from '../../kernel/hw'
import { ControlWord } from '../../capability/virtualization'
import { Context, EventErrorValid, EventType, EventValid, Table } from '../context'
import { Cr0 } from '../guest/paging'
import { controlWord, guestCr0Fixed0, withFixedBits } from './controls'
import { capabilities, hasEptAccessedDirty, hasPauseLoopExiting, hasTprShadow, hasVpid, hasXsaves } from './features'
import { EntryControl, Field, ProcessorBased, Secondary, Segment } from '../../capability/vmcs'
import { initializeHost } from './host'
import { flushGuest, flushNested } from './identifier'
import { loadPageDirectoryPointers } from './pdpte'
import { msrMap } from './permission'
import { requiredBits } from './requirements'
import { create, select } from './structure'

// #DB and #AC are intercepted so that a guest cannot hold the CPU in endless event delivery (CVE-2015-8104); #MC is the host's;
// #MF is FERR# where the guest has cleared CR0.NE, which stays set in the hardware.
const InterceptException: u32 = 1 << 1 | 1 << 16 | 1 << 17 | 1 << 18
// The host's caches are the host's: CD and NW of a guest are remembered and do nothing. NE must be set, 24.8.
@inline const Cr0Caches: u64 = Cr0.CD | Cr0.NW
@inline const Cr0Owned: u64 = Cr0.NE | Cr0Caches
@inline const Cr0Paging: u64 = 1 << 31
// Writes of CR4 are checked, since reserved bits must fault and SMXE must stay off; TSD and PGE do no harm and change often.
@inline const Cr4Owned: u64 = ~(1 << 2 | 1 << 7)
@inline const EferLme: u64 = 1 << 8
@inline const EferLma: u64 = 1 << 10
// TR and LDTR in capability/start.ts's count.
const StartTr: u32 = 6
const StartLdtr: u32 = 7
@inline const PatAtReset: u64 = 0x0007_0406_0007_0406
// EPTP: write-back tables of four levels. 25.6.11.
@inline const EptFormat: u64 = 6 | 3 << 3
@inline const EptAccessedDirty: u64 = 1 << 6
const Windows: u32 = ProcessorBased.InterruptWindowExiting | ProcessorBased.NmiWindowExiting
const OptionalSecondary: u32 = Secondary.WbinvdExiting | Secondary.EnableRdtscp | Secondary.EnableInvpcid | Secondary.EnableXsaves | Secondary.EnableUserWait
/** PAUSEs at most so many TSC ticks apart are a loop, which leaves the guest when it takes longer than the window. 26.1.3. */
const PauseGap: u32 = 128
const PauseWindow: u32 = 4096
const Unusable: u32 = 1 << 16
/** Interruptibility. 25.4.2. */
const ShadowBits: u32 = 3
@inline const SingleStep: u64 = 1 << 14 // DR6.BS
@inline const LocalBreakpoints: u64 = 0x155 // of DR7
const TaskPriorityOffset: usize = 0x80

/** Fills a VMCS. `permissions` is the hpa of the maps, whose nested tables are new; `pauses`: a loop of PAUSEs leaves the guest, and where the CPU cannot tell one, with `each`, every PAUSE. */
export function initializeControl(context: Context, permissions: u64, pauses: bool, each: bool): void {
  create(context)
  initializeHost()
  context.primaryControls = controlWord(requiredBits(ControlWord.Processor) & ~Windows
    | (hasTprShadow() ? ProcessorBased.UseTprShadow : ProcessorBased.Cr8LoadExiting | ProcessorBased.Cr8StoreExiting), pauses && each && !hasPauseLoopExiting() ? ProcessorBased.PauseExiting : 0, capabilities.processorBased)
  hw.vmwrite(Field.PinControls, controlWord(requiredBits(ControlWord.Pin), 0, capabilities.pinBased))
  context.secondaryControls = controlWord(requiredBits(ControlWord.Secondary), (hasVpid() ? Secondary.EnableVpid : 0) | (pauses && hasPauseLoopExiting() ? Secondary.PauseLoopExiting : 0) | OptionalSecondary, capabilities.secondary)
  hw.vmwrite(Field.SecondaryControls, context.secondaryControls)
  hw.vmwrite(Field.ExitControls, controlWord(requiredBits(ControlWord.Exit), 0, capabilities.exit))
  hw.vmwrite(Field.ExceptionBitmap, InterceptException)
  if (pauses && hasPauseLoopExiting()) {
    hw.vmwrite(Field.PauseLoopGap, PauseGap)
    hw.vmwrite(Field.PauseLoopWindow, PauseWindow)
  }
  hw.vmwrite(Field.PageFaultMask, 0)
  hw.vmwrite(Field.PageFaultMatch, 0)
  hw.vmwrite(Field.Cr3TargetCount, 0)
  hw.vmwrite(Field.ExitMsrStoreCount, 0)
  hw.vmwrite(Field.ExitMsrLoadCount, 0)
  hw.vmwrite(Field.EntryMsrLoadCount, 0)
  hw.vmwrite(Field.PortMapA, permissions)
  hw.vmwrite(Field.PortMapB, permissions + 4096)
  hw.vmwrite(Field.MsrMap, msrMap(false))
  hw.vmwrite(Field.VirtualApic, context.virtualApicHpa)
  hw.vmwrite(Field.EptPointer, context.nestedRoot | EptFormat | (hasEptAccessedDirty() ? EptAccessedDirty : 0))
  if (hasXsaves()) hw.vmwrite(Field.XssExiting, 0)
  hw.vmwrite(Field.LinkPointer, u64.MAX_VALUE)
  hw.vmwrite(Field.GuestDebugControl, 0)
  hw.vmwrite(Field.Cr0Mask, Cr0Owned)
  hw.vmwrite(Field.Cr4Mask, Cr4Owned)
  hw.vmwrite(Field.Cr0Shadow, Cr0Caches)
  hw.vmwrite(Field.GuestPat, PatAtReset)
  hw.vmwrite(Field.GuestSysenterCs, 0)
  hw.vmwrite(Field.GuestSysenterEsp, 0)
  hw.vmwrite(Field.GuestSysenterEip, 0)
  context.xcr0 = 1
  flushNested()
  resetState(context)
}

/** Registers as after INIT: real mode at F000:FFF0. It leaves CR0.CD and NW, XCR0 and MSRs but EFER as they are. SDM vol. 3, table 10-1. */
export function resetState(context: Context): void {
  select(context)
  const stack = context.hostStack
  memory.fill(changetype<usize>(context), 0, offsetof<Context>('exitReason'))
  context.hostStack = stack
  for (let index: u32 = 0; index < 6; index++) setSegment(context, index, 0, 0, 0xFFFF, 0x93)
  setSegment(context, Segment.Cs, 0xF000, 0xFFFF_0000, 0xFFFF, 0x9B)
  setSegment(context, StartLdtr, 0, 0, 0xFFFF, 0x82)
  setSegment(context, StartTr, 0, 0, 0xFFFF, 0x8B)
  for (let table = Table.Gdtr; table <= Table.Idtr; table++) {
    setTableBase(context, table, 0)
    setTableLimit(context, table, 0xFFFF)
  }
  context.rip = 0xFFF0
  hw.vmwrite(Field.GuestRsp, 0)
  hw.vmwrite(Field.GuestRflags, 2)
  setControlRegisters(context, hw.vmread(Field.Cr0Shadow) & Cr0Caches | Cr0.ET, 0, 0, 0)
  hw.vmwrite(Field.GuestDr7, 0x400)
  hw.vmwrite(Field.GuestPendingDebug, 0)
  hw.vmwrite(Field.Interruptibility, 0)
  hw.vmwrite(Field.Activity, 0)
  hw.vmwrite(Field.EntryInterruptInformation, 0)
  context.rdx = hw.cpuid(1, 0, 0) // family, model and stepping, which guests are shown as they are
  context.event = 0
  context.nmiBlocked = context.windowOpen = false
  context.dr0 = context.dr1 = context.dr2 = context.dr3 = 0
  context.dr6 = 0xFFFF_0FF0
  context.taskPriority = 0
  writePrimary(context, context.primaryControls & ~Windows)
  context.taskThreshold = 0
  if (hasTprShadow()) hw.vmwrite(Field.TprThreshold, 0)
}

/** `index` and `attributes` as in capability/start.ts. */
export function setSegment(context: Context, index: u32, selector: u32, base: u64, limit: u32, attributes: u32): void {
  const place = (index == StartTr ? Segment.Tr : index == StartLdtr ? Segment.Ldtr : index) << 1
  // The granularity bit follows the limit, or the entry is refused: 27.3.1.2.
  let rights = attributes & 0xFF | (attributes & 0x700) << 4 | (limit > 0xF_FFFF ? 1 << 15 : 0)
  if ((attributes & 0x80) == 0) rights |= Unusable
  select(context)
  hw.vmwrite(Field.GuestEsSelector + place, selector)
  hw.vmwrite(Field.GuestEsBase + place, base)
  hw.vmwrite(Field.GuestEsLimit + place, limit > 0xF_FFFF ? limit | 0xFFF : limit)
  hw.vmwrite(Field.GuestEsAccessRights + place, rights)
}

export function setTableBase(context: Context, table: u32, base: u64): void {
  select(context)
  hw.vmwrite(Field.GuestGdtrBase + (table << 1), base)
}

export function setTableLimit(context: Context, table: u32, limit: u32): void {
  select(context)
  hw.vmwrite(Field.GuestGdtrLimit + (table << 1), limit & 0xFFFF)
}

export function setControlRegisters(context: Context, cr0: u64, cr3: u64, cr4: u64, efer: u64): void {
  select(context)
  const isLong = (cr0 & Cr0Paging) != 0 && (efer & EferLme) != 0
  hw.vmwrite(Field.GuestCr0, withFixedBits(cr0, guestCr0Fixed0(capabilities.cr0Fixed0), capabilities.cr0Fixed1))
  hw.vmwrite(Field.Cr0Shadow, cr0)
  hw.vmwrite(Field.GuestCr3, cr3)
  hw.vmwrite(Field.GuestCr4, withFixedBits(cr4, capabilities.cr4Fixed0, capabilities.cr4Fixed1))
  hw.vmwrite(Field.Cr4Shadow, cr4)
  hw.vmwrite(Field.GuestEfer, isLong ? efer | EferLma : efer & ~EferLma)
  hw.vmwrite(Field.EntryControls, controlWord(requiredBits(ControlWord.Entry) & ~(isLong ? 0 : EntryControl.Ia32eModeGuest), 0, capabilities.entry))
  // A guest that has not run yet is not selected: the first entry loads them.
  if (context.launched) loadPageDirectoryPointers()
}

/** A task switch has left its old task: CR0.TS, no local breakpoints and, with `paging`, the new one's CR3. SDM vol. 3, 8.3. */
export function enterTask(context: Context, cr3: u32, paging: bool): void {
  select(context)
  hw.vmwrite(Field.GuestCr0, hw.vmread(Field.GuestCr0) | Cr0.TS)
  hw.vmwrite(Field.GuestDr7, hw.vmread(Field.GuestDr7) & ~LocalBreakpoints)
  if (!paging) return
  context.cr3 = cr3
  hw.vmwrite(Field.GuestCr3, cr3)
  loadPageDirectoryPointers()
  flushGuest(context)
}

export function readEfer(context: Context): u64 {
  select(context)
  return hw.vmread(Field.GuestEfer)
}

export function setTscOffset(context: Context, offset: u64): void {
  select(context)
  hw.vmwrite(Field.TscOffset, offset)
}

/** The guest's PAT, which entries and exits switch. */
export function readPat(context: Context): u64 {
  select(context)
  return hw.vmread(Field.GuestPat)
}

export function writePat(context: Context, value: u64): void {
  select(context)
  hw.vmwrite(Field.GuestPat, value)
}

/** True when an external interrupt would be taken at once. */
export function isInterruptible(context: Context): bool {
  if (context.event != 0) return false
  select(context)
  return (hw.vmread(Field.GuestRflags) & 0x200) != 0 && (hw.vmread(Field.Interruptibility) & ShadowBits) == 0
}

/** Asks for an exit as soon as the guest can take an interrupt. */
export function openWindow(context: Context): void {
  if (context.windowOpen) return
  context.windowOpen = true
  writePrimary(context, context.primaryControls | ProcessorBased.InterruptWindowExiting)
}

export function closeWindow(context: Context): void {
  if (!context.windowOpen) return
  context.windowOpen = false
  writePrimary(context, context.primaryControls & ~ProcessorBased.InterruptWindowExiting)
}

function writePrimary(context: Context, controls: u32): void {
  select(context)
  context.primaryControls = controls
  hw.vmwrite(Field.PrimaryControls, controls)
}

/** The guest's CR8: the hardware keeps it in the virtual APIC's page; without a TPR shadow every access is the nucleus's. */
export function readTaskPriority(context: Context): u32 {
  return hasTprShadow() ? load<u8>(context.virtualApic + TaskPriorityOffset) >> 4 : context.taskPriority
}

export function writeTaskPriority(context: Context, value: u32): void {
  if (hasTprShadow()) store<u8>(context.virtualApic + TaskPriorityOffset, <u8>(value << 4))
  else context.taskPriority = value
}

/** While an interrupt waits for the guest to lower its priority, that is to be seen: without a TPR shadow it is anyway. 30.1.2. */
export function watchTaskPriority(context: Context, watch: bool): void {
  if (!hasTprShadow()) return
  const threshold = watch ? readTaskPriority(context) : 0
  if (threshold == context.taskThreshold) return
  select(context)
  context.taskThreshold = threshold
  hw.vmwrite(Field.TprThreshold, threshold)
}

/** Injects an NMI at the next entry and asks to be told when its handler returns. */
export function injectNmi(context: Context): void {
  context.event = EventValid | <u64>EventType.Nmi << 8 | 2
  context.nmiBlocked = true
  writePrimary(context, context.primaryControls | ProcessorBased.NmiWindowExiting)
}

/** The handler has returned: NMIs may come again. */
export function nmiReturned(context: Context): void {
  context.nmiBlocked = false
  writePrimary(context, context.primaryControls & ~ProcessorBased.NmiWindowExiting)
}

export function injectException(context: Context, vector: u32, hasError: bool, error: u32): void {
  context.event = EventValid | <u64>EventType.Exception << 8 | vector | (hasError ? EventErrorValid | <u64>error << 32 : 0)
}

/** What an instruction that was carried out for the guest leaves behind: no interrupt shadow, and a trap if it is single-stepped. */
export function completeInstruction(context: Context): void {
  select(context)
  const interruptibility = hw.vmread(Field.Interruptibility)
  if ((interruptibility & ShadowBits) != 0) hw.vmwrite(Field.Interruptibility, interruptibility & ~<u64>ShadowBits)
  if ((hw.vmread(Field.GuestRflags) & 0x100) == 0) return
  trapDebug(context, SingleStep)
}

export function readDr7(context: Context): u64 {
  select(context)
  return hw.vmread(Field.GuestDr7)
}

/** #DB after an instruction, with these conditions in DR6. */
export function trapDebug(context: Context, conditions: u64): void {
  hw.writeDr6(hw.readDr6() | conditions)
  if (context.event == 0) injectException(context, 1, false, 0)
}
