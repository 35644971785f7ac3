/**
 * Hardware virtualization as the rest of the nucleus uses it: the same functions whoever made the CPU, and one branch that chooses.
 */
import { Vendor } from '../capability/virtualization'
import * as amd from './amd/index'
import * as intel from './intel/index'
import { Context } from './context'
import { FrameSource } from './frames'
import { setVendor } from './instruction/immediate'
import { isIntel } from './vendor'

export { ApicMode, Table } from './context'

/** Who made the CPU, known once `check` was called. */
let onIntel = false
export function isOnIntel(): bool { return onIntel }

/** Why guests cannot run on this CPU; Blocked.No when they can. */
export function check(): u32 {
  onIntel = isIntel()
  setVendor(onIntel ? Vendor.Intel : Vendor.Amd)
  return onIntel ? intel.check() : amd.check()
}

/** Switches hardware virtualization on; `save` and `hostState` are the hpa of zeroed frames. Why guests cannot run after all; Blocked.No when they can. */
export function enable(save: u64, hostState: u64): u32 {
  if (onIntel) return intel.enable(save, hostState)
  amd.initializeRun(hostState)
  return amd.enable(save, hostState)
}

/** Switches it off again, before whoever starts after us finds the CPU. No guest is run after this. */
export function disable(): void { return onIntel ? intel.disable() : amd.disable() }

/** How many address spaces the TLB can tell apart, the host's among them. */
export function identifiers(): u32 { return onIntel ? intel.identifiers() : amd.identifiers() }

/** What the CPU offers, in the words of capability/virtualization.ts. */
export function featureWord(index: u32): u64 { return onIntel ? intel.featureWord(index) : amd.featureWord(index) }

/** Whether guests can be given instructions that VT-x switches off unless a control allows them; AMD CPUs have no such switch. */
export function canGiveRdtscp(): bool { return !onIntel || intel.hasRdtscp() }
export function canGiveInvpcid(): bool { return !onIntel || intel.hasInvpcid() }
export function canGiveXsaves(): bool { return !onIntel || intel.hasXsaves() }
export function canGiveUserWait(): bool { return !onIntel || intel.hasUserWait() }

/** Bytes that the permission maps take. */
export function permissionBytes(): u64 { return onIntel ? intel.PermissionBytes : amd.PermissionBytes }

/** Fills the maps at `hpa`, `permissionBytes` of contiguous memory. */
export function fillPermissionMaps(hpa: u64): void { return onIntel ? intel.fillPermissionMaps(hpa) : amd.fillPermissionMaps(hpa) }

/** Whether the hardware can virtualize a local APIC in this ApicMode; on AMD it is left to the nucleus. */
export function canVirtualizeApic(mode: u32): bool { return onIntel && intel.canVirtualizeApic(mode) }

/** Has the hardware virtualize the context's APIC in a mode that it can, or not at all. `accessPage` is the hpa of what nested tables have at its address. */
export function setApicMode(context: Context, mode: u32, accessPage: u64): void { if (onIntel) intel.setApicMode(context, mode, accessPage) }

/** Tells the hardware that virtualizes the APIC the highest vectors that wait and that are in service, 0 for none. */
export function offerInterrupts(context: Context, waiting: u32, inService: u32): void { intel.offerInterrupts(context, waiting, inService) }

/** Maps the 4 KiB at `gpa` to `hpa`, or to nothing if that is 0, for an APIC's access page. False when there is no frame for a table. */
export function mapPage(root: u64, gpa: u64, hpa: u64, frames: FrameSource): bool { return intel.mapPage(root, gpa, hpa, frames) }

/** A task switch has left its old task: with `paging`, CR3 is the new one's. AMD CPUs switch tasks themselves. */
export function enterTask(context: Context, cr3: u32, paging: bool): void { if (onIntel) intel.enterTask(context, cr3, paging) }

/** Takes the context off the CPU for good: its control block may be given away. An AMD CPU keeps nothing of a VMCB that matters. */
export function retire(context: Context): void { if (onIntel) intel.retire(context) }

/** Gives the CPU what neither the control block nor an exit switches and the nucleus does not use: on AMD VMLOAD has it all. */
export function loadState(context: Context): void { if (onIntel) intel.loadState(context) }

/** Saves it to its owner. */
export function saveState(context: Context): void { if (onIntel) intel.saveState(context) }

/** Gives the context an ASID or VPID that nothing stale is cached under. Called when the context is switched to. */
export function assignIdentifier(context: Context): void { return onIntel ? intel.assignIdentifier(context) : amd.assignIdentifier(context) }

/** The context comes from another CPU, which has set it down: nothing that it has of that one's, or that this one cached long ago, means anything now. */
export function adopt(context: Context): void { return onIntel ? intel.adopt(context) : amd.adopt(context) }

/** Lets the next run start with none of this guest's translations. */
export function flushGuest(context: Context): void { return onIntel ? intel.flushGuest(context) : amd.flushGuest(context) }

/** Makes the control block of a zeroed page. `permissions` is the hpa of the maps, `pauses` whether a loop of PAUSEs leaves the guest, `each` whether, where the CPU cannot tell a loop, each PAUSE does; `nestedRoot`, `control` and `virtualApic` with their hpas must be set. */
export function initializeControl(context: Context, permissions: u64, pauses: bool, each: bool): void { return onIntel ? intel.initializeControl(context, permissions, pauses, each) : amd.initializeControl(context, permissions, pauses, each) }

/** Registers as after INIT or power-on. */
export function resetState(context: Context): void { return onIntel ? intel.resetState(context) : amd.resetState(context) }

/** `index` and `attributes` as in capability/start.ts. */
export function setSegment(context: Context, index: u32, selector: u32, base: u64, limit: u32, attributes: u32): void { return onIntel ? intel.setSegment(context, index, selector, base, limit, attributes) : amd.setSegment(context, index, selector, base, limit, attributes) }

/** `table` is a Table. */
export function setTableBase(context: Context, table: u32, base: u64): void { return onIntel ? intel.setTableBase(context, table, base) : amd.setTableBase(context, table, base) }

export function setTableLimit(context: Context, table: u32, limit: u32): void { return onIntel ? intel.setTableLimit(context, table, limit) : amd.setTableLimit(context, table, limit) }

/** Values that the guest may have; the vendor adds what the hardware wants. */
export function setControlRegisters(context: Context, cr0: u64, cr3: u64, cr4: u64, efer: u64): void { return onIntel ? intel.setControlRegisters(context, cr0, cr3, cr4, efer) : amd.setControlRegisters(context, cr0, cr3, cr4, efer) }

export function readEfer(context: Context): u64 { return onIntel ? intel.readEfer(context) : amd.readEfer(context) }

/** Guest TSC = host TSC + offset. */
export function setTscOffset(context: Context, offset: u64): void { return onIntel ? intel.setTscOffset(context, offset) : amd.setTscOffset(context, offset) }

export function readPat(context: Context): u64 { return onIntel ? intel.readPat(context) : amd.readPat(context) }

export function writePat(context: Context, value: u64): void { return onIntel ? intel.writePat(context, value) : amd.writePat(context, value) }

/** True when an external interrupt would be taken at once. */
export function isInterruptible(context: Context): bool { return onIntel ? intel.isInterruptible(context) : amd.isInterruptible(context) }

/** Asks for an exit as soon as the guest can take an interrupt. */
export function openWindow(context: Context): void { return onIntel ? intel.openWindow(context) : amd.openWindow(context) }

export function closeWindow(context: Context): void { return onIntel ? intel.closeWindow(context) : amd.closeWindow(context) }

/** The guest's CR8. */
export function readTaskPriority(context: Context): u32 { return onIntel ? intel.readTaskPriority(context) : amd.readTaskPriority(context) }

export function writeTaskPriority(context: Context, value: u32): void { return onIntel ? intel.writeTaskPriority(context, value) : amd.writeTaskPriority(context, value) }

/** While an interrupt waits for the guest to lower its priority, that is to be seen. */
export function watchTaskPriority(context: Context, watch: bool): void { return onIntel ? intel.watchTaskPriority(context, watch) : amd.watchTaskPriority(context, watch) }

/** Injects an NMI at the next entry and asks to be told when its handler returns. */
export function injectNmi(context: Context): void { return onIntel ? intel.injectNmi(context) : amd.injectNmi(context) }

/** The handler has returned: NMIs may come again. */
export function nmiReturned(context: Context): void { return onIntel ? intel.nmiReturned(context) : amd.nmiReturned(context) }

export function injectException(context: Context, vector: u32, hasError: bool, error: u32): void { return onIntel ? intel.injectException(context, vector, hasError, error) : amd.injectException(context, vector, hasError, error) }

/** What an instruction that was carried out for the guest leaves behind: no interrupt shadow, and a trap if it is single-stepped. */
@inline export function completeInstruction(context: Context): void { return onIntel ? intel.completeInstruction(context) : amd.completeInstruction(context) }

/** The guest's DR7. */
export function readDr7(context: Context): u64 { return onIntel ? intel.readDr7(context) : amd.readDr7(context) }

/** After an instruction that met `conditions` (bits of DR6): the guest takes #DB. */
export function trapDebug(context: Context, conditions: u64): void { return onIntel ? intel.trapDebug(context, conditions) : amd.trapDebug(context, conditions) }

/** Whether nested tables can have pages of 1 GiB. */
export function hasHugePages(): bool { return onIntel ? intel.hasHugePages() : amd.hasHugePages() }

/** Maps the 2 MiB (`level` 1) or the 1 GiB (2, only with `hasHugePages`) at `gpa` to `hpa`, or to nothing if that is 0; false when there is no frame for a table. */
export function mapLarge(root: u64, gpa: u64, hpa: u64, level: u32, writable: bool, frames: FrameSource): bool {
  return onIntel ? intel.mapLarge(root, gpa, hpa, level, writable, frames) : amd.mapLarge(root, gpa, hpa, level, writable, frames)
}

/** Enters the guest and returns when it has left, with the exit record filled. */
@inline export function run(context: Context): void { return onIntel ? intel.run(context) : amd.run(context) }

/** Bytes of the instruction that caused the exit; 0 where the hardware does not say. */
@inline export function hardwareLength(context: Context): u32 { return onIntel ? intel.hardwareLength(context) : amd.hardwareLength(context) }

/** The hardware's own code for the last exit. */
export function rawReason(context: Context): u64 { return onIntel ? intel.rawReason(context) : amd.rawReason(context) }

/** After Exit.Invalid: whether the guest ran into it. QEMU's AMD-V leaves a guest so after a MOV to CR3 that processors fault. */
export function wasEntered(context: Context): bool { return !onIntel && amd.wasEntered(context) }

/** A field of the control block, by the keys of capability/refusal.ts. */
export function controlField(context: Context, key: u32): u64 { return onIntel ? intel.controlField(context, key) : amd.controlField(context, key) }

/** Whether PAE paging with this CR3 must be refused, as a processor that loads its four pointers at once does. SDM vol. 3, 4.4.1. */
export function hasReservedPointer(cr3: u64): bool { return onIntel && intel.hasReservedPointer(cr3) }

/** Fills what finding the instruction at CS:RIP needs. */
@inline export function readCodeState(context: Context): void { return onIntel ? intel.readCodeState(context) : amd.readCodeState(context) }

/** Fills what is not kept current: RSP, RFLAGS, control registers, bases, modes. */
export function readProcessor(context: Context): void { return onIntel ? intel.readProcessor(context) : amd.readProcessor(context) }

/** Puts back what an emulated instruction can change beyond the general registers and RIP: RSP and RFLAGS. */
export function writeProcessor(context: Context): void { return onIntel ? intel.writeProcessor(context) : amd.writeProcessor(context) }

export function writeCr2(context: Context, value: u64): void { return onIntel ? intel.writeCr2(context, value) : amd.writeCr2(context, value) }
