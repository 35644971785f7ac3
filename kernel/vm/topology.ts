/** CPUID's account of the vCPUs: cores of one package, one thread each; a vCPU's number is its APIC id. */
import { Vcpu } from './vcpu'
import { vmAt } from './vm'

@inline const ApicId: u32 = 24
@inline const HyperThreading: u64 = 1 << 28 // more than one APIC id in the package, and 'legacy' below: they are all cores
@inline const CmpLegacy: u64 = 1 << 1

@inline function count(vcpu: Vcpu): u32 { return vmAt(vcpu.vm).vcpuCount }

/** Bits of an APIC id that tell the cores of a package apart. */
function coreBits(vcpu: Vcpu): u32 { return 32 - clz(count(vcpu) - 1) }

/** Leaf 1: the APIC id and how many there are. */
export function completeIdentity(vcpu: Vcpu): void {
  vcpu.rbx |= <u64>(vcpu.index << ApicId | count(vcpu) << 16)
  if (count(vcpu) > 1) vcpu.rdx |= HyperThreading
}

/** Leaf 0Bh, extended topology: threads, then cores. SDM vol. 2, CPUID. */
export function topologyLeaf(vcpu: Vcpu, level: u32): void {
  vcpu.rax = level == 1 ? coreBits(vcpu) : 0
  vcpu.rbx = level == 0 ? 1 : level == 1 ? count(vcpu) : 0
  vcpu.rcx = level < 2 ? level + 1 << 8 | level : level
  vcpu.rdx = vcpu.index
}

/** Leaves 8000_0001h and 8000_0008h of AMD's: core count and the bits of the APIC id that it takes. APM vol. 3, E.4. */
export function completeExtended(vcpu: Vcpu, leaf: u32): void {
  if (count(vcpu) == 1) return
  if (leaf == 0x8000_0001) vcpu.rcx |= CmpLegacy
  else vcpu.rcx = coreBits(vcpu) << 12 | count(vcpu) - 1
}
