/** What this CPU's VMX offers. CPUID 1 ECX[5] and the capability MSRs; SDM vol. 3, appendix A. */
import * as hw from '../../kernel/hw'

/** The capability MSRs, in their order. */
@unmanaged export class Capabilities {
  basic: u64          // 480h  IA32_VMX_BASIC, A.1
  pinBased: u64       // 481h  the TRUE_ ones of these four where IA32_VMX_BASIC[55] says that they are there, A.2
  processorBased: u64 // 482h
  exit: u64           // 483h
  entry: u64          // 484h
  misc: u64           // 485h  IA32_VMX_MISC, A.6
  cr0Fixed0: u64      // 486h  A.7
  cr0Fixed1: u64      // 487h
  cr4Fixed0: u64      // 488h  A.8
  cr4Fixed1: u64      // 489h
  vmcsEnum: u64       // 48Ah  not read: A.9 is for those who list fields
  secondary: u64      // 48Bh  IA32_VMX_PROCBASED_CTLS2, A.3.3
  eptVpid: u64        // 48Ch  IA32_VMX_EPT_VPID_CAP, A.10
}

/** All zero without VMX. */
export const capabilities = changetype<Capabilities>(memory.data(104, 8))

/** Where a word's bits begin among those of the record: the allowed-1 settings of control words, and the MSRs that are plain bits. */
export namespace ControlWord {
  export const Pin: u32 = 64 + 32
  export const Processor: u32 = 128 + 32
  export const Exit: u32 = 192 + 32
  export const Entry: u32 = 256 + 32
  export const Secondary: u32 = 704 + 32
}
const EptVpid: u32 = 768

@inline const BasicMsr: u32 = 0x480
@inline const TrueMsr: u32 = 0x48D // the first of four

@inline function at(msr: u32): usize { return changetype<usize>(capabilities) + (msr - BasicMsr << 3) }
function read(msr: u32): void { store<u64>(at(msr), hw.readMsr(msr)) }

/** Reads the capability MSRs; false without VMX. */
export function detectFeatures(): bool {
  memory.fill(changetype<usize>(capabilities), 0, offsetof<Capabilities>())
  if ((hw.cpuid(1, 0, 2) & 1 << 5) == 0) return false
  for (let msr = BasicMsr; msr <= 0x489; msr++) read(msr)
  if (has(55)) for (let i: u32 = 0; i < 4; i++) store<u64>(at(BasicMsr + 1 + i), hw.readMsr(TrueMsr + i))
  // Each of these exists only where the one before says so; reading it elsewhere is #GP.
  if (has(ControlWord.Processor + 31)) read(0x48B)
  if (has(ControlWord.Secondary + 1) || has(ControlWord.Secondary + 5)) read(0x48C)
  return true
}

/** True where this bit of the record is set: a ControlWord plus the number of a control. */
@inline export function has(bit: u32): bool { return (load<u64>(changetype<usize>(capabilities) + (bit >> 6 << 3)) >> (bit & 63) & 1) != 0 }

/** Four levels of write-back tables and an INVEPT that forgets them, which is what EPT is on every CPU that has it. */
export function hasEpt(): bool { return has(ControlWord.Secondary + 1) && has(EptVpid + 6) && has(EptVpid + 14) && has(EptVpid + 20) && has(EptVpid + 26) }
export function hasUnrestrictedGuest(): bool { return has(ControlWord.Secondary + 7) }
/** VPIDs and an INVVPID that forgets what they were given to. */
export function hasVpid(): bool { return has(ControlWord.Secondary + 5) && has(EptVpid + 32) && has(EptVpid + 42) }
export function hasLargeEptPages(): bool { return has(EptVpid + 16) }
export function hasHugePages(): bool { return hasLargeEptPages() && has(EptVpid + 17) }
export function hasEptAccessedDirty(): bool { return has(EptVpid + 21) }
export function hasInvvpidSingle(): bool { return has(EptVpid + 41) }
export function hasTprShadow(): bool { return has(ControlWord.Processor + 21) }
export function hasApicAccesses(): bool { return has(ControlWord.Secondary + 0) }
export function hasX2ApicVirtualization(): bool { return has(ControlWord.Secondary + 4) }
export function hasApicRegisterVirtualization(): bool { return has(ControlWord.Secondary + 8) }
export function hasPauseLoopExiting(): bool { return has(ControlWord.Secondary + 10) }
export function hasVirtualInterruptDelivery(): bool { return has(ControlWord.Secondary + 9) }
/** Instructions that are #UD in a guest unless a control lets it have them. */
export function hasRdtscp(): bool { return has(ControlWord.Secondary + 3) }
export function hasInvpcid(): bool { return has(ControlWord.Secondary + 12) }
export function hasXsaves(): bool { return has(ControlWord.Secondary + 20) }
export function hasUserWait(): bool { return has(ControlWord.Secondary + 26) }
/** What stands at the start of every VMCS and of the VMXON region. A.1. */
export function vmcsRevision(): u32 { return <u32>capabilities.basic & 0x7FFF_FFFF }
/** VPIDs, the host's 0 among them. */
export function identifiers(): u32 { return hasVpid() ? 0x1_0000 : 1 }

/** For `host info`: first the optional features that are used where they are, then those that are not, and their bits in the same order. */
export const featureNames: StaticArray<string> = [
  'vpid', 'invvpid-single', 'ept-2m', 'ept-1g', 'ept-accessed-dirty',
  'tpr-shadow', 'wbinvd-exiting', 'rdtscp', 'invpcid', 'xsaves',
  'user-wait', 'pause-loop-exiting', 'apic-accesses', 'x2apic-virtualization', 'apic-register-virtualization', 'virtual-interrupt-delivery',
  'ept-execute-only', 'invvpid-address', 'invept-single', 'preemption-timer', 'posted-interrupts',
  'monitor-trap', 'interrupt-acknowledge', 'descriptor-table-exiting', 'vmfunc',
  'vmcs-shadowing', 'pml', 'ept-violation-ve', 'mode-based-execute', 'tsc-scaling',
]
const bits: StaticArray<u32> = [
  ControlWord.Secondary + 5, EptVpid + 41, EptVpid + 16, EptVpid + 17, EptVpid + 21,
  ControlWord.Processor + 21, ControlWord.Secondary + 6, ControlWord.Secondary + 3, ControlWord.Secondary + 12, ControlWord.Secondary + 20,
  ControlWord.Secondary + 26, ControlWord.Secondary + 10, ControlWord.Secondary + 0, ControlWord.Secondary + 4, ControlWord.Secondary + 8, ControlWord.Secondary + 9,
  EptVpid + 0, EptVpid + 40, EptVpid + 25, ControlWord.Pin + 6, ControlWord.Pin + 7,
  ControlWord.Processor + 27, ControlWord.Exit + 15, ControlWord.Secondary + 2, ControlWord.Secondary + 13,
  ControlWord.Secondary + 14, ControlWord.Secondary + 17, ControlWord.Secondary + 18, ControlWord.Secondary + 22, ControlWord.Secondary + 25,
]
/** How many of them are used: the last four only together, for an APIC that delivers its own interrupts. */
export function usedFeatures(): i32 { return hasTprShadow() && hasVirtualInterruptDelivery() ? 16 : 12 }
export function isFeatureFound(index: i32): bool { return has(bits[index]) }
