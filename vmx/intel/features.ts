/** What this CPU's VMX offers. CPUID 1 ECX[5] and the capability MSRs; SDM vol. 3, appendix A. */
import * as hw from '../../kernel/hw'
import { ControlWord } from '../../capability/virtualization'

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
export function hasEpt(): bool { return has(ControlWord.Secondary + 1) && has(ControlWord.EptVpid + 6) && has(ControlWord.EptVpid + 14) && has(ControlWord.EptVpid + 20) && has(ControlWord.EptVpid + 26) }
export function hasUnrestrictedGuest(): bool { return has(ControlWord.Secondary + 7) }
/** VPIDs and an INVVPID that forgets what they were given to. */
export function hasVpid(): bool { return has(ControlWord.Secondary + 5) && has(ControlWord.EptVpid + 32) && has(ControlWord.EptVpid + 42) }
export function hasLargeEptPages(): bool { return has(ControlWord.EptVpid + 16) }
export function hasHugePages(): bool { return hasLargeEptPages() && has(ControlWord.EptVpid + 17) }
export function hasEptAccessedDirty(): bool { return has(ControlWord.EptVpid + 21) }
export function hasInvvpidSingle(): bool { return has(ControlWord.EptVpid + 41) }
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

/** One of the record's words; 0 beyond them. */
export function featureWord(index: u32): u64 { return index < offsetof<Capabilities>() >> 3 ? load<u64>(changetype<usize>(capabilities) + (index << 3)) : 0 }
