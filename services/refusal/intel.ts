/** What a VM entry found wrong: its checks once more, in words. SDM vol. 3, 27.2 and 27.3; how an entry fails is in 27.8, 27.9 and 31.4. */
import { field, number, RefusalError, RefusalNumber } from '../../capability/refusal'
import { Cr0, Cr4, Efer } from '../../capability/registers'
import { EventErrorValid, EventType, EventValid } from '../../capability/virtualization'
import { EntryControl, Field, Segment } from '../../capability/vmcs'
import { isBeyondPhysical, isCanonical, isPhysical } from './address'
import { beginRefusal, look, must } from './rule'

const segments: StaticArray<string> = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS', 'LDTR', 'TR', 'GDTR', 'IDTR']
const pointers: StaticArray<string> = ['PDPTE 0', 'PDPTE 1', 'PDPTE 2', 'PDPTE 3']
// A bit for each S and type that a segment register may have, and what that is. 27.3.1.2.
const types: StaticArray<u32> = [0x88AA_0000, 0xAA08_0000, 0x0088_0000, 0x88AA_0000, 0x88AA_0000, 0x88AA_0000, 0x0004, 0x0808]
const typeRules: StaticArray<string> = ['it must be accessed data or readable code', 'it must be accessed code', 'it must be accessed data that can be written', 'it must be an LDT', 'it must be a busy TSS']
const ruleOfType: StaticArray<u8> = [0, 1, 2, 0, 0, 0, 3, 4]
// Control words in the order of their capability MSRs. A control's number is 32 for each word before its own, plus its bit.
const controlWords: StaticArray<u32> = [Field.PinControls, Field.PrimaryControls, Field.ExitControls, Field.EntryControls, Field.SecondaryControls]
const controlCapabilities: StaticArray<u32> = [0x481, 0x482, 0x483, 0x484, 0x48B]
const controlNames: StaticArray<string> = ['pin-based controls', 'processor-based controls', 'VM-exit controls', 'VM-entry controls', 'secondary controls']
// Pairs of controls, of which the first needs the second. 27.2.1.1.
const needs: StaticArray<u8> = [5, 3, 54, 5, 132, 53, 136, 53, 137, 53, 137, 0, 135, 129]
const needRules: StaticArray<string> = ['virtual NMIs need NMI exiting', 'NMI windows need virtual NMIs', 'virtual x2APIC mode needs the TPR shadow', 'virtual APIC registers need the TPR shadow', 'interrupt delivery needs the TPR shadow', 'interrupt delivery needs external-interrupt exiting', 'unrestricted guests need EPT']
// Pages that the controls name, and the controls that use them.
const pages: StaticArray<u32> = [Field.PortMapA, Field.PortMapB, Field.MsrMap, Field.VirtualApic, Field.ApicAccess]
const pageNames: StaticArray<string> = ['I/O bitmap A', 'I/O bitmap B', 'MSR bitmap', 'virtual-APIC page', 'APIC-access page']
const pageUsers: StaticArray<u8> = [57, 57, 60, 53, 128]
const hostAddresses: StaticArray<string> = ['FS', 'GS', 'TR', 'GDTR', 'IDTR', 'SYSENTER_ESP', 'SYSENTER_EIP']
/** Capability MSRs: IA32_VMX_MISC, and of CR0 and CR4 the bits that must be 1, the MSR behind it having those that can be. A.6 to A.8. */
const MiscMsr: u32 = 0x485
const Cr0Fixed0: u32 = 0x486
const Cr4Fixed0: u32 = 0x488
/** Exceptions that push an error code, by their vectors. SDM vol. 3, table 6-1. */
const WithErrorCode: u32 = 0x2_7D00

/** A capability MSR by its number. */
function capability(msr: u32): u64 { return number(RefusalNumber.Features + msr - 0x480) }
function isHostSelector(selector: u64, isNeeded: bool): bool { return (selector & 7) == 0 && (selector != 0 || !isNeeded) }
/** Eight memory types, none of them 2, 3 or above 7. SDM vol. 3, table 12-10. */
function isPat(pat: u64): bool { return (pat & 0xF8F8_F8F8_F8F8_F8F8 | pat >> 1 & ~(pat >> 2) & 0x0101_0101_0101_0101) == 0 }

/** Finds the rule that was broken when an entry failed. */
export function explainEntry(): void {
  const error = <u32>number(RefusalNumber.Error), reason = field(Field.ExitReason) & 0xFFFF
  beginRefusal(error == 7 ? 'invalid control fields' : error == 8 ? 'invalid host state' : error == RefusalError.NoVmcs ? 'no VMCS was current' : error != 0 ? 'VM-instruction error'
    : reason == 34 ? 'an MSR could not be loaded' : reason == 41 ? 'machine check' : 'invalid guest state')
  if (error == 7) checkControls()
  else if (error == 8) checkHost()
  else if (error == 0 && reason == 33) checkGuest((field(Field.EntryControls) & EntryControl.Ia32eModeGuest) != 0, field(Field.GuestRflags))
}

function isOn(control: u32): bool { return (look(controlNames[control >> 5], field(controlWords[control >> 5])) >> (control & 31) & 1) != 0 }
/** A capability MSR's low half has the bits that must be 1, its high half those that can be. A.2. */
function isAllowed(word: u32, value: u32): bool {
  const allowed = capability(controlCapabilities[word])
  return (value & <u32>allowed) == <u32>allowed && (value & ~<u32>(allowed >> 32)) == 0
}

/** 27.2.1. */
function checkControls(): void {
  for (let word = 0; word < 5; word++) must(isAllowed(word, <u32>look(controlNames[word], field(controlWords[word]))), 'its bits must be those that the CPU allows and insists on')
  for (let pair = 0; pair < needs.length; pair += 2) must(!isOn(needs[pair]) || isOn(needs[pair + 1]), needRules[pair >> 1])
  for (let page = 0; page < 5; page++) must(!isOn(pageUsers[page]) || isPhysical(look(pageNames[page], field(pages[page])), 4096), 'it must be the physical address of a page')
  must(!isOn(133) || look('VPID', field(Field.VirtualProcessor)) != 0, 'it must not be 0')
  must(isPhysical(look('EPT pointer', field(Field.EptPointer))) && (field(Field.EptPointer) & 0xFBF) == 0x1E, 'it must be the physical address of write-back tables of four levels')
  must(look('TPR threshold', field(Field.TprThreshold)) < 16, 'it must be a task priority')
  const event = <u32>look('event to inject', field(Field.EntryInterruptInformation))
  const type = event >> 8 & 7, vector = event & 0xFF
  const pushes = type == EventType.Exception && vector < 32 && (WithErrorCode >> vector & 1) != 0 && (field(Field.GuestCr0) & Cr0.PE) != 0
  if ((event & <u32>EventValid) == 0) return
  must((event & 0x7FFF_F000) == 0 && type != 1 && type < 7 && (type != EventType.Nmi || vector == 2) && (type != EventType.Exception || vector < 32), 'its type and vector must exist')
  must(((event & <u32>EventErrorValid) != 0) == pushes, 'it must have an error code if its vector has one in protected mode, and only then')
}

/** 27.2.2 to 27.2.4. */
function checkHost(): void {
  checkFixed(look('CR0', field(Field.HostCr0)), capability(Cr0Fixed0), capability(Cr0Fixed0 + 1))
  checkFixed(look('CR4', field(Field.HostCr4)), capability(Cr4Fixed0) | Cr4.PAE, capability(Cr4Fixed0 + 1))
  must(isPhysical(look('CR3', field(Field.HostCr3))), 'it must be a physical address')
  for (let index: u32 = 0; index < 7; index++) must(isCanonical(look(hostAddresses[index], field(Field.HostFsBase + (index << 1)))), 'it must be canonical')
  must(isPat(look('IA32_PAT', field(Field.HostPat))), 'each byte must be a memory type')
  must((look('IA32_EFER', field(Field.HostEfer)) & ~0x801) == 0x500, 'LMA and LME must be 1, and reserved bits 0')
  for (let index: u32 = 0; index < 7; index++) must(isHostSelector(look(segments[index == 6 ? Segment.Tr : index], field(Field.HostEsSelector + (index << 1))), index == Segment.Cs || index == 6), 'it must be one of the GDT with RPL 0, and that of CS and TR not 0')
  must(isCanonical(look('RIP', field(Field.HostRip))), 'it must be canonical')
}

function checkFixed(value: u64, fixed0: u64, fixed1: u64): void { must((value & fixed0) == fixed0 && (value & ~fixed1) == 0, 'bits that VMX fixes must have their values') }

/** 27.3.1, in its order. */
function checkGuest(isLong: bool, rflags: u64): void {
  const cr0 = look('CR0', field(Field.GuestCr0)), isPaging = (cr0 & Cr0.PG) != 0, isVirtual = (rflags & 1 << 17) != 0
  checkFixed(cr0, capability(Cr0Fixed0) & ~(Cr0.PE | Cr0.PG), capability(Cr0Fixed0 + 1)) // an unrestricted guest's
  must(isPaging ? (cr0 & Cr0.PE) != 0 : !isLong, 'PG needs PE, and IA-32e mode needs PG')
  const cr4 = look('CR4', field(Field.GuestCr4))
  checkFixed(cr4, capability(Cr4Fixed0), capability(Cr4Fixed0 + 1))
  must(isLong ? (cr4 & Cr4.PAE) != 0 : (cr4 & 1 << 17) == 0, 'IA-32e mode needs PAE, and PCIDE needs IA-32e mode')
  must(isPhysical(look('CR3', field(Field.GuestCr3))), 'it must be a physical address')
  must(look('DR7', field(Field.GuestDr7)) >> 32 == 0, 'its upper half must be 0')
  must(isCanonical(look('SYSENTER_ESP', field(Field.GuestSysenterEsp))) && isCanonical(look('SYSENTER_EIP', field(Field.GuestSysenterEip))), 'it must be canonical')
  must(isPat(look('IA32_PAT', field(Field.GuestPat))), 'each byte must be a memory type')
  const efer = look('IA32_EFER', field(Field.GuestEfer))
  must((efer & ~0xD01) == 0 && ((efer & Efer.LMA) != 0) == isLong && (!isPaging || ((efer & 1 << 8) != 0) == isLong), 'only SCE, LME, LMA and NXE can be 1; LMA, and LME where there is paging, must be as IA-32e mode is')
  for (let index: u32 = 0; index < Segment.Gdtr; index++) checkSegment(index, isLong, isVirtual)
  const code = <u32>look('CS', field(Field.GuestCsAccessRights)), type = code & 15, dpl = code >> 5 & 3, cpl = <u32>field(Field.GuestSsAccessRights) >> 5 & 3
  must(isVirtual || !isLong || (code >> 13 & 3) != 3, 'L and D must not both be 1')
  must(isVirtual || (type == 3 ? dpl == 0 : type >= 13 ? dpl <= cpl : dpl == cpl), 'its DPL must be that of SS, or lower for conforming code, or 0 for data')
  must(isVirtual || look('SS', field(Field.GuestSsAccessRights) & 0x60) == 0 || type != 3 && (cr0 & Cr0.PE) != 0, 'its DPL must be 0 in real mode and where CS is data')
  for (let index = Segment.Gdtr; index <= Segment.Idtr; index++) must(isCanonical(look(segments[index], field(Field.GuestEsBase + (index << 1)))), 'its base must be canonical')
  const rip = look('RIP', field(Field.GuestRip))
  must(isLong && (code & 1 << 13) != 0 ? isCanonical(rip) : rip >> 32 == 0, 'it must be canonical, and below 4 GiB outside 64-bit code')
  must((look('RFLAGS', rflags) & ~0x3F_7FD5) == 2, 'bit 1 must be 1 and reserved bits 0')
  must(!isVirtual || !isLong && (cr0 & Cr0.PE) != 0, 'VM needs protected mode without IA-32e mode')
  checkEvents(rflags, cpl)
  must(look('VMCS link pointer', field(Field.LinkPointer)) == u64.MAX_VALUE, 'it must be all ones')
  if (isLong || !isPaging || (cr4 & Cr4.PAE) == 0) return
  for (let index: u32 = 0; index < 4; index++) checkPointer(look(pointers[index], field(Field.GuestPdpte0 + (index << 1))))
}

/** 27.3.1.6 and table 4-8. */
function checkPointer(entry: u64): void { must((entry & 1) == 0 || (entry & 0x1E6) == 0 && !isBeyondPhysical(entry), 'it is present and has reserved bits') }

/** 27.3.1.2. Of access rights, bit 7 is P, bit 15 G, bit 16 says that the register is unusable. */
function checkSegment(index: u32, isLong: bool, isVirtual: bool): void {
  const base = look(segments[index], field(Field.GuestEsBase + (index << 1)))
  const selector = field(Field.GuestEsSelector + (index << 1)), limit = field(Field.GuestEsLimit + (index << 1)), rights = <u32>field(Field.GuestEsAccessRights + (index << 1))
  if (isVirtual && index < Segment.Ldtr) return must(base == selector << 4 && limit == 0xFFFF && rights == 0xF3, 'in virtual-8086 mode its base must be 16 times the selector, its limit FFFFh and its rights F3h')
  const isUnusable = index != Segment.Cs && index != Segment.Tr && (rights & 1 << 16) != 0
  must(isUnusable && (index < 4 || index == Segment.Ldtr) || (index < 4 ? base >> 32 == 0 : isCanonical(base)), 'its base must be canonical, and below 4 GiB for ES, CS, SS and DS')
  if (isUnusable) return
  must(index < Segment.Ldtr || (look(segments[index], selector) & 4) == 0, 'its selector must be one of the GDT')
  look(segments[index], rights)
  must((types[index] >> (rights & 31) & 1) != 0 && (index != Segment.Tr || !isLong || (rights & 15) == 11), typeRules[ruleOfType[index]])
  must((rights & 0xFFFE_0F80) == 0x80 && (index != Segment.Tr || (rights & 1 << 16) == 0), 'it must be present and usable, and reserved bits of its rights 0')
  must((rights & 1 << 15) != 0 ? (limit & 0xFFF) == 0xFFF : limit >> 20 == 0, 'its granularity must agree with its limit')
}

/** 27.3.1.5, and what 27.3.1.4 has of the event that is injected. */
function checkEvents(rflags: u64, cpl: u32): void {
  const event = <u32>field(Field.EntryInterruptInformation)
  const type = (event & <u32>EventValid) != 0 ? event >> 8 & 7 : u32.MAX_VALUE, hasIf = (rflags & 1 << 9) != 0
  must(type != EventType.External || hasIf, 'IF must be 1 where an interrupt is injected')
  const activity = look('activity state', field(Field.Activity))
  const blocking = field(Field.Interruptibility)
  must(activity == 0 || activity < 4 && (capability(MiscMsr) >> (5 + activity) & 1) != 0 && (blocking & 3) == 0 && (activity != 1 || cpl == 0), 'it must exist, and be active where STI or MOV SS blocks interrupts, and at a CPL above 0')
  look('interruptibility', blocking)
  must(blocking >> 4 == 0 && (blocking & 3) != 3 && ((blocking & 1) == 0 || hasIf), 'only STI with IF, or MOV SS, and SMI and NMI can block')
  must(type == EventType.External ? (blocking & 3) == 0 : type != EventType.Nmi || (blocking & 10) == 0, 'nothing must block the event that is injected')
  const pending = look('pending debug exceptions', field(Field.GuestPendingDebug))
  must((pending & ~0x1_500F) == 0 && ((blocking & 3) == 0 && activity != 1 || (pending >> 14 & 1) == (rflags >> 8 & 1 & ~(field(Field.GuestDebugControl) >> 1))), 'reserved bits must be 0, and BS must be TF where interrupts are blocked')
}
