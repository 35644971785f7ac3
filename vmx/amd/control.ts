/** A context's VMCB: made, reset, and changed while it is out of the guest. APM vol. 2, 15.5. */
import * as hw from '../../kernel/hw'
import { Context, EventErrorValid, EventType, EventValid, Table } from '../context'
import { Cr0 } from '../guest/paging'
import { PortMapBytes } from './permission'
import { hasPauseFilter } from './features'
import { Clean, Intercept1, Intercept2, SaveArea, SaveSegment, Vmcb } from '../../capability/vmcb'

@inline const EferSvme: u64 = 1 << 12
// CR0 reads and writes are the guest's own; CR4 writes are checked, since reserved bits must fault and SMXE must stay off.
const InterceptCr: u32 = 1 << (16 + 4)
// #DB and #AC are intercepted so that a guest cannot hold the CPU in endless event delivery (CVE-2015-8104); #MC is the host's.
const InterceptException: u32 = 1 << 1 | 1 << 17 | 1 << 18
const Intercepts1: u32 = Intercept1.Intr | Intercept1.Nmi | Intercept1.Smi | Intercept1.Init | Intercept1.Rdpmc | Intercept1.Cpuid
  | Intercept1.Invd | Intercept1.Hlt | Intercept1.Invlpga | Intercept1.IoPermission | Intercept1.MsrPermission | Intercept1.FerrFreeze
  | Intercept1.Shutdown
const Intercepts2: u32 = Intercept2.Vmrun | Intercept2.Vmmcall | Intercept2.Vmload | Intercept2.Vmsave | Intercept2.Stgi | Intercept2.Clgi
  | Intercept2.Skinit | Intercept2.Wbinvd | Intercept2.Monitor | Intercept2.Mwait | Intercept2.MwaitArmed | Intercept2.Xsetbv | Intercept2.Rdpru
/** Where the CPU counts them, so many PAUSEs are let go by; else each leaves the guest. 15.14.4. */
const PausesInLoop: u16 = 3000
const InterceptCr8Write: u32 = 1 << (16 + 8)
// TR and LDTR in capability/start.ts's count.
const StartTr: u32 = 6
const StartLdtr: u32 = 7
@inline const EferLme: u64 = 1 << 8
@inline const Cr4Pae: u64 = 1 << 5
// RFLAGS.
@inline const Trap: u64 = 1 << 8
@inline const Resume: u64 = 1 << 16
@inline const PatAtReset: u64 = 0x0007_0406_0007_0406
@inline const Cr0Caches: u64 = Cr0.CD | Cr0.NW

@inline export function vmcbOf(context: Context): Vmcb { return changetype<Vmcb>(context.control) }
@inline export function saveOf(context: Context): SaveArea { return vmcbOf(context).save }

/** 64 bits of the VMCB, which has a page, at an offset. */
export function controlField(context: Context, offset: u32): u64 { return offset <= 4096 - 8 ? load<u64>(context.control + offset) : 0 }

/** Fills the control area of a zeroed VMCB. `permissions` is the hpa of the maps; `pauses`: a loop of PAUSEs leaves the guest, and where the CPU cannot tell one, with `each`, every PAUSE. */
export function initializeControl(context: Context, permissions: u64, pauses: bool, each: bool): void {
  const vmcb = vmcbOf(context)
  vmcb.interceptCr = InterceptCr
  vmcb.interceptException = InterceptException
  vmcb.intercept1 = Intercepts1 | (pauses && (each || hasPauseFilter()) ? Intercept1.Pause : 0)
  if (pauses && hasPauseFilter()) vmcb.pauseFilterCount = PausesInLoop
  vmcb.intercept2 = Intercepts2
  vmcb.iopmBase = permissions
  vmcb.msrpmBase = permissions + PortMapBytes
  vmcb.virtualMasking = 1
  vmcb.nestedPaging = 1
  vmcb.nestedCr3 = context.nestedRoot
  vmcb.save.pat = PatAtReset
  vmcb.save.cr0 = Cr0Caches
  context.xcr0 = 1
  resetState(context)
}

/** Registers as after INIT: real mode at F000:FFF0. It leaves CR0.CD and NW, XCR0 and MSRs but EFER as they are. APM vol. 2, table 14-1. */
export function resetState(context: Context): void {
  memory.fill(changetype<usize>(context), 0, offsetof<Context>('exitReason'))
  const vmcb = vmcbOf(context)
  const save = vmcb.save
  const cr0 = save.cr0 & Cr0Caches | Cr0.ET
  memory.fill(changetype<usize>(save), 0, offsetof<SaveArea>('star'))
  save.cr2 = 0
  for (let index: u32 = 0; index < 6; index++) setSegment(context, index, 0, 0, 0xFFFF, 0x93)
  setSegment(context, SaveSegment.Cs, 0xF000, 0xFFFF_0000, 0xFFFF, 0x9B)
  setSegment(context, StartLdtr, 0, 0, 0xFFFF, 0x82)
  setSegment(context, StartTr, 0, 0, 0xFFFF, 0x8B)
  setTableLimit(context, Table.Gdtr, 0xFFFF)
  setTableLimit(context, Table.Idtr, 0xFFFF)
  context.rip = 0xFFF0
  save.rip = 0xFFF0
  save.rflags = 2
  save.cr0 = cr0
  save.efer = EferSvme
  context.longModeAsked = 0
  save.dr6 = 0xFFFF_0FF0
  save.dr7 = 0x400
  context.rdx = hw.cpuid(1, 0, 0) // family, model and stepping, which guests are shown as they are
  context.event = 0
  context.nmiBlocked = context.windowOpen = false
  context.dr0 = context.dr1 = context.dr2 = context.dr3 = 0
  vmcb.eventInjection = vmcb.exitIntInfo = vmcb.interruptShadow = 0
  vmcb.virtualIrq = vmcb.virtualTpr = 0
  vmcb.intercept1 = Intercepts1 | vmcb.intercept1 & Intercept1.Pause
  vmcb.interceptCr = InterceptCr
  vmcb.clean = 0
}

/** `index` and `attributes` as in capability/start.ts. */
export function setSegment(context: Context, index: u32, selector: u32, base: u64, limit: u32, attributes: u32): void {
  const place = index == StartTr ? SaveSegment.Tr : index == StartLdtr ? SaveSegment.Ldtr : index
  const segment = saveOf(context).segment(place)
  segment.selector = <u16>selector
  segment.attributes = <u16>attributes
  segment.limit = limit
  segment.base = base
  if (index == SaveSegment.Ss) saveOf(context).cpl = <u8>(attributes >> 5 & 3)
  vmcbOf(context).clean = 0
}

export function setTableBase(context: Context, table: u32, base: u64): void {
  saveOf(context).segment(table == Table.Gdtr ? SaveSegment.Gdtr : SaveSegment.Idtr).base = base
  vmcbOf(context).clean &= ~Clean.DescriptorTables
}

export function setTableLimit(context: Context, table: u32, limit: u32): void {
  saveOf(context).segment(table == Table.Gdtr ? SaveSegment.Gdtr : SaveSegment.Idtr).limit = limit
  vmcbOf(context).clean &= ~Clean.DescriptorTables
}

export function setControlRegisters(context: Context, cr0: u64, cr3: u64, cr4: u64, efer: u64): void {
  const save = saveOf(context)
  save.cr0 = cr0
  save.cr3 = cr3
  save.cr4 = cr4
  // LME without PAE waits here until the guest has set PAE, which it must before it pages: QEMU's TCG leaves a guest in that state with
  // the host's own paging off.
  context.longModeAsked = (cr4 & Cr4Pae) == 0 ? efer & EferLme : 0
  save.efer = efer & ~context.longModeAsked | EferSvme
  vmcbOf(context).clean &= ~Clean.ControlRegisters
}

export function readEfer(context: Context): u64 { return saveOf(context).efer & ~EferSvme | context.longModeAsked }

export function setTscOffset(context: Context, offset: u64): void {
  const vmcb = vmcbOf(context)
  vmcb.tscOffset = offset
  vmcb.clean &= ~Clean.Intercepts
}

/** The guest's PAT, which nested paging keeps apart from the host's. 15.25.8. */
export function readPat(context: Context): u64 { return saveOf(context).pat }

export function writePat(context: Context, value: u64): void {
  saveOf(context).pat = value
  vmcbOf(context).clean &= ~Clean.NestedPaging
}

/** True when an external interrupt would be taken at once. */
export function isInterruptible(context: Context): bool {
  const vmcb = vmcbOf(context)
  return (vmcb.save.rflags & 0x200) != 0 && (vmcb.interruptShadow & 1) == 0 && context.event == 0
}

/** Asks for an exit as soon as the guest can take an interrupt: a virtual interrupt is made pending and intercepted. */
export function openWindow(context: Context): void {
  if (context.windowOpen) return
  const vmcb = vmcbOf(context)
  context.windowOpen = true
  vmcb.virtualIrq |= 1
  vmcb.virtualPriority = 0x1F // V_IGN_TPR with the highest priority
  vmcb.intercept1 |= Intercept1.Vintr
  vmcb.clean &= ~(Clean.Intercepts | Clean.Tpr)
}

export function closeWindow(context: Context): void {
  if (!context.windowOpen) return
  const vmcb = vmcbOf(context)
  context.windowOpen = false
  vmcb.virtualIrq &= ~1
  vmcb.intercept1 &= ~Intercept1.Vintr
  vmcb.clean &= ~(Clean.Intercepts | Clean.Tpr)
}

/** The guest's CR8, which the hardware keeps in V_TPR. */
export function readTaskPriority(context: Context): u32 { return vmcbOf(context).virtualTpr & 15 }

export function writeTaskPriority(context: Context, value: u32): void {
  const vmcb = vmcbOf(context)
  if (vmcb.virtualTpr == value) return
  vmcb.virtualTpr = <u8>value
  vmcb.clean &= ~Clean.Tpr
}

/** While an interrupt waits for the guest to lower its priority, every write of CR8 is to be seen. */
export function watchTaskPriority(context: Context, watch: bool): void {
  const vmcb = vmcbOf(context)
  const wanted = watch ? vmcb.interceptCr | InterceptCr8Write : vmcb.interceptCr & ~InterceptCr8Write
  if (wanted == vmcb.interceptCr) return
  vmcb.interceptCr = wanted
  vmcb.clean &= ~Clean.Intercepts
}

/** Injects an NMI at the next entry and asks to be told when its handler returns. */
export function injectNmi(context: Context): void {
  context.event = EventValid | <u64>EventType.Nmi << 8 | 2
  context.nmiBlocked = true
  vmcbOf(context).intercept1 |= Intercept1.Iret
  vmcbOf(context).clean &= ~Clean.Intercepts
}

/** The handler's IRET was reached: NMIs may come again. */
export function nmiReturned(context: Context): void {
  context.nmiBlocked = false
  vmcbOf(context).intercept1 &= ~Intercept1.Iret
  vmcbOf(context).clean &= ~Clean.Intercepts
}

export function injectException(context: Context, vector: u32, hasError: bool, error: u32): void {
  context.event = EventValid | <u64>EventType.Exception << 8 | vector | (hasError ? EventErrorValid | <u64>error << 32 : 0)
}

/** What an instruction that was carried out for the guest leaves behind: no interrupt shadow, and a trap if it is single-stepped. */
export function completeInstruction(context: Context): void {
  const vmcb = vmcbOf(context)
  vmcb.interruptShadow = 0
  const rflags = vmcb.save.rflags
  if ((rflags & (Trap | Resume)) == 0) return
  vmcb.save.rflags = rflags & ~Resume // which was for this instruction. 13.1.4
  if ((rflags & Trap) != 0) trapDebug(context, 0x4000) // BS
}

export function readDr7(context: Context): u64 { return saveOf(context).dr7 }

/** #DB after an instruction, with these conditions in DR6. */
export function trapDebug(context: Context, conditions: u64): void {
  const vmcb = vmcbOf(context)
  vmcb.save.dr6 |= conditions
  vmcb.clean &= ~Clean.DebugRegisters
  if (context.event == 0) injectException(context, 1, false, 0)
}
