/** What this CPU's SVM offers. CPUID 8000_0001h ECX[2] and 8000_000Ah; APM vol. 3, E.4. */
import * as hw from '../../kernel/hw'
import { AmdWord } from '../../capability/virtualization'

/** CPUID 8000_000Ah EDX. */
export namespace SvmFeature {
  export const NestedPaging: u32 = 1 << 0
  export const NextRipSave: u32 = 1 << 3
  export const VmcbClean: u32 = 1 << 5
  export const FlushByAsid: u32 = 1 << 6
  export const PauseFilter: u32 = 1 << 10
}

let features: u64 = 0
@inline const HugePages: u64 = 1 << AmdWord.HugePages
let asidCount: u32 = 0

/** Reads the features; false without SVM. */
export function detectFeatures(): bool {
  if (hw.cpuid(0x8000_0000, 0, 0) < 0x8000_000A) return false
  if ((hw.cpuid(0x8000_0001, 0, 2) & 1 << 2) == 0) return false
  features = hw.cpuid(0x8000_000A, 0, 3) | ((hw.cpuid(0x8000_0001, 0, 3) & 1 << 26) != 0 ? HugePages : 0)
  asidCount = hw.cpuid(0x8000_000A, 0, 1)
  return true
}

export function hasNestedPaging(): bool { return (features & SvmFeature.NestedPaging) != 0 }
export function hasNextRipSave(): bool { return (features & SvmFeature.NextRipSave) != 0 }
export function hasVmcbClean(): bool { return (features & SvmFeature.VmcbClean) != 0 }
export function hasFlushByAsid(): bool { return (features & SvmFeature.FlushByAsid) != 0 }
export function hasPauseFilter(): bool { return (features & SvmFeature.PauseFilter) != 0 }
export function hasHugePages(): bool { return (features & HugePages) != 0 }
/** ASIDs, the host's 0 among them. */
export function identifiers(): u32 { return asidCount }

/** What was read, as one word; 0 for those beyond it. */
export function featureWord(index: u32): u64 { return index == 0 ? features : 0 }
