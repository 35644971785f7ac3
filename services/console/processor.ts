/** The host's CPU in words. */
import { cpuid, HostNumber, hostNumber } from '../../capability/admin'
import { AmdWord, ControlWord, Vendor } from '../../capability/virtualization'

/** Who made it. */
export function cpuVendor(): string {
  return fourBytes(cpuid(0, 1)) + fourBytes(cpuid(0, 3)) + fourBytes(cpuid(0, 2))
}

/** The brand string, without the blanks that pad it before or behind. */
export function cpuModel(): string {
  if (cpuid(0x80000000, 0) < 0x80000004) return ''
  let model = ''
  for (let leaf: u32 = 0x80000002; leaf <= 0x80000004; leaf++) {
    for (let register: u32 = 0; register < 4; register++) model += fourBytes(cpuid(leaf, register))
  }
  return model.trim()
}

function fourBytes(value: u32): string {
  let text = ''
  for (let shift: u32 = 0; shift < 32; shift += 8) if (value >> shift & 0xff) text += String.fromCharCode(value >> shift & 0xff)
  return text
}

/** Hardware virtualization and how many address spaces its TLB can tell apart. */
export function virtualizationName(): string {
  if (hostNumber(HostNumber.Blocked)) return 'none'
  return onIntel() ? `VT-x, EPT, ${hostNumber(HostNumber.Identifiers)} VPIDs` : `AMD-V, nested paging, ${hostNumber(HostNumber.Identifiers)} ASIDs`
}

function onIntel(): bool {
  return hostNumber(HostNumber.Vendor) == Vendor.Intel
}

/** Whether a feature is there, and whether it is used where it is. */
export namespace FeatureState {
  export const Absent: u32 = 0
  export const Found: u32 = 1
  export const Used: u32 = 2
}

// Of each vendor, first the optional features that are used where they are, then those that are not, and their bits in the same order.
const intelNames: StaticArray<string> = [
  'vpid', 'invvpid-single', 'ept-2m', 'ept-1g', 'ept-accessed-dirty',
  'tpr-shadow', 'wbinvd-exiting', 'rdtscp', 'invpcid', 'xsaves',
  'user-wait', 'pause-loop-exiting', 'apic-accesses', 'x2apic-virtualization', 'apic-register-virtualization', 'virtual-interrupt-delivery',
  'ept-execute-only', 'invvpid-address', 'invept-single', 'preemption-timer', 'posted-interrupts',
  'monitor-trap', 'interrupt-acknowledge', 'descriptor-table-exiting', 'vmfunc',
  'vmcs-shadowing', 'pml', 'ept-violation-ve', 'mode-based-execute', 'tsc-scaling',
]
const intelBits: StaticArray<u32> = [
  ControlWord.Secondary + 5, ControlWord.EptVpid + 41, ControlWord.EptVpid + 16, ControlWord.EptVpid + 17, ControlWord.EptVpid + 21,
  ControlWord.Processor + 21, ControlWord.Secondary + 6, ControlWord.Secondary + 3, ControlWord.Secondary + 12, ControlWord.Secondary + 20,
  ControlWord.Secondary + 26, ControlWord.Secondary + 10, ControlWord.Secondary + 0, ControlWord.Secondary + 4, ControlWord.Secondary + 8, ControlWord.Secondary + 9,
  ControlWord.EptVpid + 0, ControlWord.EptVpid + 40, ControlWord.EptVpid + 25, ControlWord.Pin + 6, ControlWord.Pin + 7,
  ControlWord.Processor + 27, ControlWord.Exit + 15, ControlWord.Secondary + 2, ControlWord.Secondary + 13,
  ControlWord.Secondary + 14, ControlWord.Secondary + 17, ControlWord.Secondary + 18, ControlWord.Secondary + 22, ControlWord.Secondary + 25,
]
const amdNames: StaticArray<string> = [
  'nrip', 'flush-by-asid', 'vmcb-clean', 'npt-1g', 'pause-filter',
  'decode-assists', 'lbr-virtualization', 'tsc-rate', 'avic', 'virtual-vmload', 'vgif', 'spec-ctrl-virtualization',
]
const amdBits: StaticArray<u32> = [
  AmdWord.Svm + 3, AmdWord.Svm + 6, AmdWord.Svm + 5, AmdWord.HugePages, AmdWord.Svm + 10,
  AmdWord.Svm + 7, AmdWord.Svm + 1, AmdWord.Svm + 4, AmdWord.Svm + 13, AmdWord.Svm + 15, AmdWord.Svm + 16, AmdWord.Svm + 20,
]
// Bits of CR4 that switch a feature on.
const controlledNames: StaticArray<string> = ['smep', 'smap', 'umip', 'xsave']
const controlledBits: StaticArray<u64> = [20, 21, 11, 18]

/** How many of them are used: on Intel the last four only together, for an APIC that delivers its own interrupts. */
function usedFeatures(): i32 {
  if (!onIntel()) return 5
  return isOffered(ControlWord.Processor + 21) && isOffered(ControlWord.Secondary + 9) ? 16 : 12
}

function isOffered(bit: u32): bool {
  return (hostNumber(HostNumber.Features + (bit >> 6)) >> (bit & 63) & 1) != 0
}

/** The names of the optional features in this state, in one line. Where guests cannot run, none of virtualization's is used. */
export function featuresIn(state: u32): string {
  const words: string[] = []
  const names = onIntel() ? intelNames : amdNames
  const bits = onIntel() ? intelBits : amdBits
  const used = hostNumber(HostNumber.Blocked) ? 0 : usedFeatures()
  for (let i = 0; i < names.length; i++) {
    const found = !isOffered(bits[i]) ? FeatureState.Absent : i < used ? FeatureState.Used : FeatureState.Found
    if (found == state) words.push(names[i])
  }
  for (let i = 0; i < controlledNames.length; i++) {
    const found = hostNumber(HostNumber.Cr4) >> controlledBits[i] & 1 ? FeatureState.Used : FeatureState.Absent
    if (found == state) words.push(controlledNames[i])
  }
  return words.join(' ')
}
