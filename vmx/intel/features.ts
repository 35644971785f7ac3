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
  vmFunctions: u64    // 491h  IA32_VMX_VMFUNC, A.11
}

/** All zero without VMX. */
export const capabilities = changetype<Capabilities>(memory.data(112, 8))

/** The allowed-1 settings of a control word, as the first VmxFeature there. */
export namespace ControlWord {
  export const Pin: u32 = 64 + 32
  export const Processor: u32 = 128 + 32
  export const Exit: u32 = 192 + 32
  export const Entry: u32 = 256 + 32
  export const Secondary: u32 = 704 + 32
}

/** A bit of a capability MSR: the field's offset in `Capabilities` times 8, plus the bit. */
export namespace VmxFeature {
  const EptVpid: u32 = 768
  export const StringPortInformation: u32 = 54
  export const TrueControls: u32 = 55
  export const VirtualNmis: u32 = ControlWord.Pin + 5
  export const PreemptionTimer: u32 = ControlWord.Pin + 6
  export const PostedInterrupts: u32 = ControlWord.Pin + 7
  export const TprShadow: u32 = ControlWord.Processor + 21
  export const MonitorTrap: u32 = ControlWord.Processor + 27
  export const SecondaryControls: u32 = ControlWord.Processor + 31
  export const InterruptAcknowledge: u32 = ControlWord.Exit + 15
  export const ExitSavesTimer: u32 = ControlWord.Exit + 22
  export const EntryLoadsCet: u32 = ControlWord.Entry + 20
  export const HaltState: u32 = 320 + 6
  export const WaitForSipiState: u32 = 320 + 8
  export const ApicAccesses: u32 = ControlWord.Secondary + 0
  export const Ept: u32 = ControlWord.Secondary + 1
  export const DescriptorTableExiting: u32 = ControlWord.Secondary + 2
  export const Rdtscp: u32 = ControlWord.Secondary + 3
  export const X2ApicVirtualization: u32 = ControlWord.Secondary + 4
  export const Vpid: u32 = ControlWord.Secondary + 5
  export const UnrestrictedGuest: u32 = ControlWord.Secondary + 7
  export const ApicRegisterVirtualization: u32 = ControlWord.Secondary + 8
  export const VirtualInterruptDelivery: u32 = ControlWord.Secondary + 9
  export const PauseLoopExiting: u32 = ControlWord.Secondary + 10
  export const Invpcid: u32 = ControlWord.Secondary + 12
  export const VmFunctions: u32 = ControlWord.Secondary + 13
  export const VmcsShadowing: u32 = ControlWord.Secondary + 14
  export const Pml: u32 = ControlWord.Secondary + 17
  export const Xsaves: u32 = ControlWord.Secondary + 20
  export const ModeBasedExecute: u32 = ControlWord.Secondary + 22
  export const TscScaling: u32 = ControlWord.Secondary + 25
  export const UserWait: u32 = ControlWord.Secondary + 26
  export const EptExecuteOnly: u32 = EptVpid + 0
  export const EptFourLevels: u32 = EptVpid + 6
  export const EptWriteBack: u32 = EptVpid + 14
  export const LargeEptPages: u32 = EptVpid + 16
  export const HugeEptPages: u32 = EptVpid + 17
  export const Invept: u32 = EptVpid + 20
  export const EptAccessedDirty: u32 = EptVpid + 21
  export const InveptSingle: u32 = EptVpid + 25
  export const InveptAll: u32 = EptVpid + 26
  export const Invvpid: u32 = EptVpid + 32
  export const InvvpidAddress: u32 = EptVpid + 40
  export const InvvpidSingle: u32 = EptVpid + 41
  export const InvvpidAll: u32 = EptVpid + 42
}

@inline const BasicMsr: u32 = 0x480
@inline const TrueMsr: u32 = 0x48D // the first of four
@inline const VmFunctionsMsr: u32 = 0x491

@inline function at(msr: u32): usize { return changetype<usize>(capabilities) + (msr - BasicMsr << 3) }
function read(msr: u32): void { store<u64>(at(msr), hw.readMsr(msr)) }

/** Reads the capability MSRs; false without VMX. */
export function detectFeatures(): bool {
  memory.fill(changetype<usize>(capabilities), 0, offsetof<Capabilities>())
  if ((hw.cpuid(1, 0, 2) & 1 << 5) == 0) return false
  for (let msr = BasicMsr; msr <= 0x489; msr++) read(msr)
  if (has(VmxFeature.TrueControls)) for (let i: u32 = 0; i < 4; i++) store<u64>(at(BasicMsr + 1 + i), hw.readMsr(TrueMsr + i))
  // Each of these exists only where the one before says so; reading it elsewhere is #GP.
  if (has(VmxFeature.SecondaryControls)) read(0x48B)
  if (has(VmxFeature.Ept) || has(VmxFeature.Vpid)) read(0x48C)
  if (has(VmxFeature.VmFunctions)) capabilities.vmFunctions = hw.readMsr(VmFunctionsMsr)
  return true
}

/** True where the CPU has this VmxFeature. */
@inline export function has(feature: u32): bool {
  return (load<u64>(changetype<usize>(capabilities) + (feature >> 6 << 3)) >> (feature & 63) & 1) != 0
}

/** Four levels of write-back tables, which is what EPT is on every CPU that has it. */
export function hasEpt(): bool { return has(VmxFeature.Ept) && has(VmxFeature.EptFourLevels) && has(VmxFeature.EptWriteBack) }
export function hasUnrestrictedGuest(): bool { return has(VmxFeature.UnrestrictedGuest) }
export function hasVpid(): bool { return has(VmxFeature.Vpid) && has(VmxFeature.Invvpid) }
export function hasLargeEptPages(): bool { return has(VmxFeature.LargeEptPages) }
export function hasHugeEptPages(): bool { return has(VmxFeature.HugeEptPages) }
export function hasEptAccessedDirty(): bool { return has(VmxFeature.EptAccessedDirty) }
export function hasPreemptionTimer(): bool { return has(VmxFeature.PreemptionTimer) }
export function hasTprShadow(): bool { return has(VmxFeature.TprShadow) }
export function hasApicAccesses(): bool { return has(VmxFeature.ApicAccesses) }
export function hasApicRegisterVirtualization(): bool { return has(VmxFeature.ApicRegisterVirtualization) }
export function hasVirtualInterruptDelivery(): bool { return has(VmxFeature.VirtualInterruptDelivery) }
export function hasX2ApicVirtualization(): bool { return has(VmxFeature.X2ApicVirtualization) }
export function hasTscScaling(): bool { return has(VmxFeature.TscScaling) }
export function hasPml(): bool { return has(VmxFeature.Pml) }
export function hasXsaves(): bool { return has(VmxFeature.Xsaves) }
export function hasInvpcid(): bool { return has(VmxFeature.Invpcid) }
export function hasRdtscp(): bool { return has(VmxFeature.Rdtscp) }
export function hasUserWait(): bool { return has(VmxFeature.UserWait) }
export function hasInterruptAcknowledge(): bool { return has(VmxFeature.InterruptAcknowledge) }
export function hasStringPortInformation(): bool { return has(VmxFeature.StringPortInformation) }
export function hasHaltState(): bool { return has(VmxFeature.HaltState) }
export function hasInveptSingle(): bool { return has(VmxFeature.Invept) && has(VmxFeature.InveptSingle) }
export function hasInvvpidAddress(): bool { return has(VmxFeature.Invvpid) && has(VmxFeature.InvvpidAddress) }
export function hasInvvpidSingle(): bool { return has(VmxFeature.Invvpid) && has(VmxFeature.InvvpidSingle) }
/** What stands at the start of every VMCS and of the VMXON region. A.1. */
export function vmcsRevision(): u32 { return <u32>capabilities.basic & 0x7FFF_FFFF }
/** The preemption timer counts down by 1 whenever this bit of the TSC changes. A.6. */
export function preemptionTimerShift(): u32 { return <u32>capabilities.misc & 31 }
/** VPIDs, the host's 0 among them. */
export function vpids(): u32 { return hasVpid() ? 0x1_0000 : 1 }
