/** What this CPU's SVM offers. CPUID 8000_0001h ECX[2] and 8000_000Ah; APM vol. 3, E.4. */
import * as hw from '../../kernel/hw'

/** CPUID 8000_000Ah EDX. */
export namespace SvmFeature {
  export const NestedPaging: u32 = 1 << 0
  export const LbrVirtualization: u32 = 1 << 1
  export const NextRipSave: u32 = 1 << 3
  export const TscRateMsr: u32 = 1 << 4
  export const VmcbClean: u32 = 1 << 5
  export const FlushByAsid: u32 = 1 << 6
  export const DecodeAssists: u32 = 1 << 7
  export const PauseFilter: u32 = 1 << 10
  export const VirtualGif: u32 = 1 << 16
  export const SpecCtrlVirtualization: u32 = 1 << 20
}

let features: u32 = 0
let asidCount: u32 = 0

/** Reads the features; false without SVM. */
export function detectFeatures(): bool {
  if (hw.cpuid(0x8000_0000, 0, 0) < 0x8000_000A) return false
  if ((hw.cpuid(0x8000_0001, 0, 2) & 1 << 2) == 0) return false
  features = hw.cpuid(0x8000_000A, 0, 3)
  asidCount = hw.cpuid(0x8000_000A, 0, 1)
  return true
}

export function hasNestedPaging(): bool { return (features & SvmFeature.NestedPaging) != 0 }
export function hasNextRipSave(): bool { return (features & SvmFeature.NextRipSave) != 0 }
export function hasVmcbClean(): bool { return (features & SvmFeature.VmcbClean) != 0 }
export function hasFlushByAsid(): bool { return (features & SvmFeature.FlushByAsid) != 0 }
export function hasDecodeAssists(): bool { return (features & SvmFeature.DecodeAssists) != 0 }
/** ASIDs, the host's 0 among them. */
export function asids(): u32 { return asidCount }
