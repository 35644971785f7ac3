/** What a VM entry found wrong: its checks once more, in words. SDM vol. 3, 27.2 and 27.3; how an entry fails is in 27.8, 27.9 and 31.4. */
import * as hw from '../../kernel/hw'
import { Context, EventErrorValid, EventType, EventValid } from '../context'
import { Cr0, Cr4, Efer, isPhysical } from '../guest/paging'
import { beginRefusal, look, must } from '../refusal'
import { controlWord, EntryControl, guestCr0Fixed0, withFixedBits } from './controls'
import { Capabilities, capabilities } from './features'
import { Field, Segment } from './fields'
import { isReservedPointer } from './pdpte'
import { select } from './structure'

const segments: StaticArray<string> = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS', 'LDTR', 'TR', 'GDTR', 'IDTR']
const pointers: StaticArray<string> = ['PDPTE 0', 'PDPTE 1', 'PDPTE 2', 'PDPTE 3']
// A bit for each S and type that a segment register may have, and what that is. 27.3.1.2.
const types: StaticArray<u32> = [0x88AA_0000, 0xAA08_0000, 0x0088_0000, 0x88AA_0000, 0x88AA_0000, 0x88AA_0000, 0x0004, 0x0808]
const typeRules: StaticArray<string> = ['it must be accessed data or readable code', 'it must be accessed code', 'it must be accessed data that can be written', 'it must be an LDT', 'it must be a busy TSS']
const ruleOfType: StaticArray<u8> = [0, 1, 2, 0, 0, 0, 3, 4]
// Control words in the order of their capability MSRs. A control's number is 32 for each word before its own, plus its bit.
const controlWords: StaticArray<u32> = [Field.PinControls, Field.PrimaryControls, Field.ExitControls, Field.EntryControls, Field.SecondaryControls]
const controlNames: StaticArray<string> = ['pin-based controls', 'processor-based controls', 'VM-exit controls', 'VM-entry controls', 'secondary controls']
// Pairs of controls, of which the first needs the second. 27.2.1.1.
const needs: StaticArray<u8> = [5, 3, 54, 5, 132, 53, 136, 53, 137, 53, 137, 0, 135, 129]
const needRules: StaticArray<string> = ['virtual NMIs need NMI exiting', 'NMI windows need virtual NMIs', 'virtual x2APIC mode needs the TPR shadow', 'virtual APIC registers need the TPR shadow', 'interrupt delivery needs the TPR shadow', 'interrupt delivery needs external-interrupt exiting', 'unrestricted guests need EPT']
// Pages that the controls name, and the controls that use them.
const pages: StaticArray<u32> = [Field.PortMapA, Field.PortMapB, Field.MsrMap, Field.VirtualApic, Field.ApicAccess]
const pageNames: StaticArray<string> = ['I/O bitmap A', 'I/O bitmap B', 'MSR bitmap', 'virtual-APIC page', 'APIC-access page']
const pageUsers: StaticArray<u8> = [57, 57, 60, 53, 128]
const hostAddresses: StaticArray<string> = ['FS', 'GS', 'TR', 'GDTR', 'IDTR', 'SYSENTER_ESP', 'SYSENTER_EIP']
/** Exceptions that push an error code, by their vectors. SDM vol. 3, table 6-1. */
const WithErrorCode: u32 = 0x2_7D00

function isHostSelector(selector: u64, isNeeded: bool): bool { return (selector & 7) == 0 && (selector != 0 || !isNeeded) }
function isCanonical(address: u64): bool { return <u64>(<i64>address << 16 >> 16) == address }
/** Eight memory types, none of them 2, 3 or above 7. SDM vol. 3, table 12-10. */
function isPat(pat: u64): bool { return (pat & 0xF8F8_F8F8_F8F8_F8F8 | pat >> 1 & ~(pat >> 2) & 0x0101_0101_0101_0101) == 0 }

/** Finds the rule that was broken when an entry failed. */
export function explainRefusal(context: Context): void {
  select(context)
  const error = context.exit.error, reason = hw.vmread(Field.ExitReason) & 0xFFFF
  beginRefusal(error == 7 ? 'invalid control fields' : error == 8 ? 'invalid host state' : error == u32.MAX_VALUE ? 'no VMCS was current' : error != 0 ? 'VM-instruction error'
    : reason == 34 ? 'an MSR could not be loaded' : reason == 41 ? 'machine check' : 'invalid guest state')
  if (error == 7) checkControls()
  else if (error == 8) checkHost()
  else if (error == 0 && reason == 33) checkGuest((hw.vmread(Field.EntryControls) & EntryControl.Ia32eModeGuest) != 0, hw.vmread(Field.GuestRflags))
}

function isOn(control: u32): bool { return (look(controlNames[control >> 5], hw.vmread(controlWords[control >> 5])) >> (control & 31) & 1) != 0 }
function isAllowed(word: u32, value: u32): bool { return value == controlWord(value, 0, load<u64>(changetype<usize>(capabilities) + (word == 4 ? offsetof<Capabilities>('secondary') : word + 1 << 3))) }

/** 27.2.1. */
function checkControls(): void {
  for (let word = 0; word < 5; word++) must(isAllowed(word, <u32>look(controlNames[word], hw.vmread(controlWords[word]))), 'its bits must be those that the CPU allows and insists on')
  for (let pair = 0; pair < needs.length; pair += 2) must(!isOn(needs[pair]) || isOn(needs[pair + 1]), needRules[pair >> 1])
  for (let page = 0; page < 5; page++) must(!isOn(pageUsers[page]) || isPhysical(look(pageNames[page], hw.vmread(pages[page])), 4096), 'it must be the physical address of a page')
  must(!isOn(133) || look('VPID', hw.vmread(Field.VirtualProcessor)) != 0, 'it must not be 0')
  must(isPhysical(look('EPT pointer', hw.vmread(Field.EptPointer))) && (hw.vmread(Field.EptPointer) & 0xFBF) == 0x1E, 'it must be the physical address of write-back tables of four levels')
  must(look('TPR threshold', hw.vmread(Field.TprThreshold)) < 16, 'it must be a task priority')
  const event = <u32>look('event to inject', hw.vmread(Field.EntryInterruptInformation))
  const type = event >> 8 & 7, vector = event & 0xFF
  const pushes = type == EventType.Exception && vector < 32 && (WithErrorCode >> vector & 1) != 0 && (hw.vmread(Field.GuestCr0) & Cr0.PE) != 0
  if ((event & <u32>EventValid) == 0) return
  must((event & 0x7FFF_F000) == 0 && type != 1 && type < 7 && (type != EventType.Nmi || vector == 2) && (type != EventType.Exception || vector < 32), 'its type and vector must exist')
  must(((event & <u32>EventErrorValid) != 0) == pushes, 'it must have an error code if its vector has one in protected mode, and only then')
}

/** 27.2.2 to 27.2.4. */
function checkHost(): void {
  checkFixed(look('CR0', hw.vmread(Field.HostCr0)), capabilities.cr0Fixed0, capabilities.cr0Fixed1)
  checkFixed(look('CR4', hw.vmread(Field.HostCr4)), capabilities.cr4Fixed0 | Cr4.PAE, capabilities.cr4Fixed1)
  must(isPhysical(look('CR3', hw.vmread(Field.HostCr3))), 'it must be a physical address')
  for (let index: u32 = 0; index < 7; index++) must(isCanonical(look(hostAddresses[index], hw.vmread(Field.HostFsBase + (index << 1)))), 'it must be canonical')
  must(isPat(look('IA32_PAT', hw.vmread(Field.HostPat))), 'each byte must be a memory type')
  must((look('IA32_EFER', hw.vmread(Field.HostEfer)) & ~0x801) == 0x500, 'LMA and LME must be 1, and reserved bits 0')
  for (let index: u32 = 0; index < 7; index++) must(isHostSelector(look(segments[index == 6 ? Segment.Tr : index], hw.vmread(Field.HostEsSelector + (index << 1))), index == Segment.Cs || index == 6), 'it must be one of the GDT with RPL 0, and that of CS and TR not 0')
  must(isCanonical(look('RIP', hw.vmread(Field.HostRip))), 'it must be canonical')
}

function checkFixed(value: u64, fixed0: u64, fixed1: u64): void { must(value == withFixedBits(value, fixed0, fixed1), 'bits that VMX fixes must have their values') }

/** 27.3.1, in its order. */
function checkGuest(isLong: bool, rflags: u64): void {
  const cr0 = look('CR0', hw.vmread(Field.GuestCr0)), isPaging = (cr0 & Cr0.PG) != 0, isVirtual = (rflags & 1 << 17) != 0
  checkFixed(cr0, guestCr0Fixed0(capabilities.cr0Fixed0), capabilities.cr0Fixed1)
  must(isPaging ? (cr0 & Cr0.PE) != 0 : !isLong, 'PG needs PE, and IA-32e mode needs PG')
  const cr4 = look('CR4', hw.vmread(Field.GuestCr4))
  checkFixed(cr4, capabilities.cr4Fixed0, capabilities.cr4Fixed1)
  must(isLong ? (cr4 & Cr4.PAE) != 0 : (cr4 & 1 << 17) == 0, 'IA-32e mode needs PAE, and PCIDE needs IA-32e mode')
  must(isPhysical(look('CR3', hw.vmread(Field.GuestCr3))), 'it must be a physical address')
  must(look('DR7', hw.vmread(Field.GuestDr7)) >> 32 == 0, 'its upper half must be 0')
  must(isCanonical(look('SYSENTER_ESP', hw.vmread(Field.GuestSysenterEsp))) && isCanonical(look('SYSENTER_EIP', hw.vmread(Field.GuestSysenterEip))), 'it must be canonical')
  must(isPat(look('IA32_PAT', hw.vmread(Field.GuestPat))), 'each byte must be a memory type')
  const efer = look('IA32_EFER', hw.vmread(Field.GuestEfer))
  must((efer & ~0xD01) == 0 && ((efer & Efer.LMA) != 0) == isLong && (!isPaging || ((efer & 1 << 8) != 0) == isLong), 'only SCE, LME, LMA and NXE can be 1; LMA, and LME where there is paging, must be as IA-32e mode is')
  for (let index: u32 = 0; index < Segment.Gdtr; index++) checkSegment(index, isLong, isVirtual)
  const code = <u32>look('CS', hw.vmread(Field.GuestCsAccessRights)), type = code & 15, dpl = code >> 5 & 3, cpl = <u32>hw.vmread(Field.GuestSsAccessRights) >> 5 & 3
  must(isVirtual || !isLong || (code >> 13 & 3) != 3, 'L and D must not both be 1')
  must(isVirtual || (type == 3 ? dpl == 0 : type >= 13 ? dpl <= cpl : dpl == cpl), 'its DPL must be that of SS, or lower for conforming code, or 0 for data')
  must(isVirtual || look('SS', hw.vmread(Field.GuestSsAccessRights) & 0x60) == 0 || type != 3 && (cr0 & Cr0.PE) != 0, 'its DPL must be 0 in real mode and where CS is data')
  for (let index = Segment.Gdtr; index <= Segment.Idtr; index++) must(isCanonical(look(segments[index], hw.vmread(Field.GuestEsBase + (index << 1)))), 'its base must be canonical')
  const rip = look('RIP', hw.vmread(Field.GuestRip))
  must(isLong && (code & 1 << 13) != 0 ? isCanonical(rip) : rip >> 32 == 0, 'it must be canonical, and below 4 GiB outside 64-bit code')
  must((look('RFLAGS', rflags) & ~0x3F_7FD5) == 2, 'bit 1 must be 1 and reserved bits 0')
  must(!isVirtual || !isLong && (cr0 & Cr0.PE) != 0, 'VM needs protected mode without IA-32e mode')
  checkEvents(rflags, cpl)
  must(look('VMCS link pointer', hw.vmread(Field.LinkPointer)) == u64.MAX_VALUE, 'it must be all ones')
  if (isLong || !isPaging || (cr4 & Cr4.PAE) == 0) return
  for (let index: u32 = 0; index < 4; index++) must(!isReservedPointer(look(pointers[index], hw.vmread(Field.GuestPdpte0 + (index << 1)))), 'it is present and has reserved bits')
}

/** 27.3.1.2. Of access rights, bit 7 is P, bit 15 G, bit 16 says that the register is unusable. */
function checkSegment(index: u32, isLong: bool, isVirtual: bool): void {
  const base = look(segments[index], hw.vmread(Field.GuestEsBase + (index << 1)))
  const selector = hw.vmread(Field.GuestEsSelector + (index << 1)), limit = hw.vmread(Field.GuestEsLimit + (index << 1)), rights = <u32>hw.vmread(Field.GuestEsAccessRights + (index << 1))
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
  const event = <u32>hw.vmread(Field.EntryInterruptInformation)
  const type = (event & <u32>EventValid) != 0 ? event >> 8 & 7 : u32.MAX_VALUE, hasIf = (rflags & 1 << 9) != 0
  must(type != EventType.External || hasIf, 'IF must be 1 where an interrupt is injected')
  const activity = look('activity state', hw.vmread(Field.Activity))
  const blocking = hw.vmread(Field.Interruptibility)
  must(activity == 0 || activity < 4 && (capabilities.misc >> (5 + activity) & 1) != 0 && (blocking & 3) == 0 && (activity != 1 || cpl == 0), 'it must exist, and be active where STI or MOV SS blocks interrupts, and at a CPL above 0')
  look('interruptibility', blocking)
  must(blocking >> 4 == 0 && (blocking & 3) != 3 && ((blocking & 1) == 0 || hasIf), 'only STI with IF, or MOV SS, and SMI and NMI can block')
  must(type == EventType.External ? (blocking & 3) == 0 : type != EventType.Nmi || (blocking & 10) == 0, 'nothing must block the event that is injected')
  const pending = look('pending debug exceptions', hw.vmread(Field.GuestPendingDebug))
  must((pending & ~0x1_500F) == 0 && ((blocking & 3) == 0 && activity != 1 || (pending >> 14 & 1) == (rflags >> 8 & 1 & ~(hw.vmread(Field.GuestDebugControl) >> 1))), 'reserved bits must be 0, and BS must be TF where interrupts are blocked')
}
