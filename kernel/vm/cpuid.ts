/**
 * What guests see of the CPU: the host's own model with only those features that the nucleus gives them. The tables are made
 * once; what depends on the vCPU is filled in at the exit. docs/architecture.md says why each group is there or not.
 */
import * as hw from '../hw'
import { ApicBase } from '../../capability/localapic'
import { canGiveInvpcid, canGiveRdtscp, canGiveUserWait, canGiveXsaves, readProcessor } from '../../vmx/operations'
import { StealTimeFeature } from './steal'
import { completeExtended, completeIdentity, topologyLeaf } from './topology'
import { apicOf, Vcpu } from './vcpu'

const LeafCount: u32 = 0x21
const basic: usize = memory.data(0x21 * 16, 8)
const extended: usize = memory.data(0x21 * 16, 8)

/** XCR0 components that guests may enable: x87, SSE and AVX, as far as the host has them. */
export let guestXcr0: u64 = 3
/** Physical address bits. */
export let addressBits: u32 = 36
/** CR4 bits that guests may set. */
export let guestCr4: u64 = 0
/** CPUID 8000_0001h EDX as guests see it. */
export let guestExtended: u32 = 0
export let hasXsave = false
export let hasXsaves = false
/** RDTSCP or RDPID, which read IA32_TSC_AUX. */
export let hasTscAux = false
/** UMWAIT and TPAUSE, which read IA32_UMWAIT_CONTROL. */
export let hasUserWait = false
/** Bytes of the XSAVE area for all of guestXcr0. */
let stateBytes: u32 = 576

// What VT-x may keep from guests: leaf 7 EBX, ECX, ECX; leaf 8000_0001h EDX; leaf 0Dh.1 EAX.
const Invpcid: u32 = 1 << 10
const UserWait: u32 = 1 << 5
const Rdpid: u32 = 1 << 22
const Rdtscp: u32 = 1 << 27
const Xsaves: u32 = 1 << 3
const Compacting: u32 = Xsaves | 1 << 1 // XSAVEC

/** Leaf 1 ECX: SSE3, PCLMULQDQ, SSSE3, FMA, CX16, SSE4.1, SSE4.2, MOVBE, POPCNT, AES, XSAVE, AVX, F16C, RDRAND. */
const Leaf1Ecx: u32 = 1 << 0 | 1 << 1 | 1 << 9 | 1 << 12 | 1 << 13 | 1 << 19 | 1 << 20 | 1 << 22 | 1 << 23 | 1 << 25 | 1 << 26 | 1 << 28 | 1 << 29 | 1 << 30
/** The nucleus's own local APIC offers x2APIC and TSC-deadline whatever the host has; bit 31 says there is a hypervisor. */
const Leaf1EcxEmulated: u32 = 1 << 21 | 1 << 24 | 1 << 31
/** All but PSN, DS, ACPI, SS, TM and PBE; HTT follows from the number of vCPUs. */
const Leaf1Edx: u32 = 0x078B_FBFF & ~(1 << 18)
/** Leaf 7 EBX: FSGSBASE, BMI1, AVX2, SMEP, BMI2, ERMS, INVPCID, RDSEED, ADX, SMAP, CLFLUSHOPT, CLWB, SHA. */
const Leaf7Ebx: u32 = 1 << 0 | 1 << 3 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | Invpcid | 1 << 18 | 1 << 19 | 1 << 20 | 1 << 23 | 1 << 24 | 1 << 29
const TscAdjust: u32 = 1 << 1
/** UMIP, UMWAIT, VAES, VPCLMULQDQ, RDPID. */
const Leaf7Ecx: u32 = 1 << 2 | UserWait | 1 << 9 | 1 << 10 | Rdpid
/** FSRM. */
const Leaf7Edx: u32 = 1 << 4
/** LAHF, CR8 by LOCK MOV CR0, LZCNT, SSE4A, misaligned SSE, PREFETCHW. */
const ExtendedEcx: u32 = 1 << 0 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8
/** Those of leaf 1, and SYSCALL, NX, MMX extensions, fast FXSAVE, 1 GiB pages, RDTSCP, long mode. */
const ExtendedEdx: u32 = 0x0183_FBFF & ~(1 << 18) | 1 << 11 | 1 << 20 | 1 << 22 | 1 << 25 | 1 << 26 | Rdtscp | 1 << 29
const HypervisorLast: u32 = 0x4000_0001

function put(table: usize, index: u32, eax: u32, ebx: u32, ecx: u32, edx: u32): void {
  const at = table + (<usize>index << 4)
  store<u32>(at, eax)
  store<u32>(at, ebx, 4)
  store<u32>(at, ecx, 8)
  store<u32>(at, edx, 12)
}

/** Reads the host's CPUID into the tables. */
export function initializeCpuid(): void {
  const lastBasic = min(hw.cpuid(0, 0, 0), 0x0D)
  const lastExtended = min(hw.cpuid(0x8000_0000, 0, 0), 0x8000_0008)
  hasXsave = (hw.cpuid(1, 0, 2) >> 26 & 1) != 0
  if (hasXsave) {
    guestXcr0 = <u64>hw.cpuid(0x0D, 0, 0) & 7
    hasXsaves = canGiveXsaves() && (hw.cpuid(0x0D, 1, 0) & Xsaves) != 0
    if ((guestXcr0 & 4) != 0) stateBytes = hw.cpuid(0x0D, 2, 1) + hw.cpuid(0x0D, 2, 0)
  }
  const avx: u32 = (guestXcr0 & 4) != 0 ? u32.MAX_VALUE : ~<u32>(1 << 28 | 1 << 12 | 1 << 29)
  put(basic, 0, max(lastBasic, 0x0B), hw.cpuid(0, 0, 1), hw.cpuid(0, 0, 2), hw.cpuid(0, 0, 3))
  const ecx = hw.cpuid(1, 0, 2) & Leaf1Ecx & avx | Leaf1EcxEmulated
  // EBX: CLFLUSH size; the rest is the vCPU's.
  put(basic, 1, hw.cpuid(1, 0, 0), hw.cpuid(1, 0, 1) & 0xFF00, ecx, hw.cpuid(1, 0, 3) & Leaf1Edx)
  let ebx7 = TscAdjust
  let ecx7: u32 = 0
  if (lastBasic >= 7) {
    ebx7 |= hw.cpuid(7, 0, 1) & Leaf7Ebx & ~(canGiveInvpcid() ? 0 : Invpcid)
    ecx7 = hw.cpuid(7, 0, 2) & Leaf7Ecx & ~(canGiveRdtscp() ? 0 : Rdpid) & ~(canGiveUserWait() ? 0 : UserWait)
    put(basic, 7, 0, ebx7, ecx7, hw.cpuid(7, 0, 3) & Leaf7Edx)
  } else put(basic, 7, 0, ebx7, 0, 0)
  put(extended, 0, lastExtended, hw.cpuid(0x8000_0000, 0, 1), hw.cpuid(0x8000_0000, 0, 2), hw.cpuid(0x8000_0000, 0, 3))
  guestExtended = hw.cpuid(0x8000_0001, 0, 3) & ExtendedEdx & ~(canGiveRdtscp() ? 0 : Rdtscp)
  hasTscAux = (guestExtended & Rdtscp | ecx7 & Rdpid) != 0
  hasUserWait = (ecx7 & UserWait) != 0
  put(extended, 1, hw.cpuid(0x8000_0001, 0, 0), hw.cpuid(0x8000_0001, 0, 1), hw.cpuid(0x8000_0001, 0, 2) & ExtendedEcx, guestExtended)
  for (let leaf: u32 = 2; leaf <= 6; leaf++) copyExtended(leaf)
  put(extended, 7, 0, 0, 0, 1 << 8) // invariant TSC: every clock here is the host's, and the guest's stands still while its VM does
  const sizes = hw.cpuid(0x8000_0008, 0, 0)
  addressBits = sizes & 0xFF
  put(extended, 8, sizes & 0xFFFF, 0, 0, 0)
  guestCr4 = cr4Mask(ecx, ebx7, ecx7)
}

function copyExtended(leaf: u32): void {
  const index = 0x8000_0000 | leaf
  put(extended, leaf, hw.cpuid(index, 0, 0), hw.cpuid(index, 0, 1), hw.cpuid(index, 0, 2), hw.cpuid(index, 0, 3))
}

/** CR4: what the features that guests see allow. SDM vol. 3, 2.5. */
function cr4Mask(ecx1: u32, ebx7: u32, ecx7: u32): u64 {
  let mask: u64 = 0x7FF // VME to OSXMMEXCPT
  if ((ecx7 & 1 << 2) != 0) mask |= 1 << 11
  if ((ebx7 & 1 << 0) != 0) mask |= 1 << 16
  if ((ecx1 & 1 << 26) != 0) mask |= 1 << 18
  if ((ebx7 & 1 << 7) != 0) mask |= 1 << 20
  if ((ebx7 & 1 << 20) != 0) mask |= 1 << 21
  return mask
}

/** Answers the CPUID that the vCPU executed. */
export function executeCpuid(vcpu: Vcpu): void {
  const leaf = <u32>vcpu.rax
  const subleaf = <u32>vcpu.rcx
  if (leaf < LeafCount) answer(vcpu, basic + (<usize>leaf << 4))
  else if (leaf - 0x8000_0000 < LeafCount) answer(vcpu, extended + (<usize>(leaf - 0x8000_0000) << 4))
  else {
    hypervisorLeaf(vcpu, leaf)
    return
  }
  if (leaf == 1) completeLeaf1(vcpu)
  else if (leaf == 0x0D) stateLeaf(vcpu, subleaf)
  else if (leaf == 0x0B) topologyLeaf(vcpu, subleaf & 0xFF)
  else if ((leaf == 0x8000_0001 || leaf == 0x8000_0008) && load<u32>(basic, 4) == 0x6874_7541) completeExtended(vcpu, leaf) // 'Auth', of AMD's name
  else if (leaf == 7 && subleaf != 0) clear(vcpu)
}

@inline function answer(vcpu: Vcpu, at: usize): void {
  vcpu.rax = load<u32>(at)
  vcpu.rbx = load<u32>(at, 4)
  vcpu.rcx = load<u32>(at, 8)
  vcpu.rdx = load<u32>(at, 12)
}

function clear(vcpu: Vcpu): void { vcpu.rax = vcpu.rbx = vcpu.rcx = vcpu.rdx = 0 }

/** The APIC's id and whether it is on, and OSXSAVE, which follows CR4. */
function completeLeaf1(vcpu: Vcpu): void {
  readProcessor(vcpu)
  completeIdentity(vcpu)
  if ((vcpu.cr4 & 1 << 18) != 0) vcpu.rcx |= 1 << 27
  if ((apicOf(vcpu).base & ApicBase.Enabled) == 0) vcpu.rdx &= ~(<u64>1 << 9)
}

/** XSAVE's layout: the host's, for the components that guests may use. None of them is a supervisor's. */
function stateLeaf(vcpu: Vcpu, subleaf: u32): void {
  clear(vcpu)
  if (!hasXsave) return
  if (subleaf == 0) {
    vcpu.rax = guestXcr0
    vcpu.rbx = hw.cpuid(0x0D, 0, 1) // the host runs with the guest's XCR0: the size is for what it has enabled
    vcpu.rcx = stateBytes
  } else if (subleaf == 1) {
    vcpu.rax = hw.cpuid(0x0D, 1, 0) & (hasXsaves ? 15 : 7) // XSAVEOPT, XSAVEC, XGETBV with ECX = 1, XSAVES
    // The compact area is as large as the other: AVX, the only component that may be left out, comes first in both. SDM vol. 1, 13.4.3.
    if ((vcpu.rax & Compacting) != 0) vcpu.rbx = hw.cpuid(0x0D, 0, 1)
  } else if (subleaf < 63 && (guestXcr0 >> subleaf & 1) != 0) {
    vcpu.rax = hw.cpuid(0x0D, subleaf, 0)
    vcpu.rbx = hw.cpuid(0x0D, subleaf, 1)
    vcpu.rcx = hw.cpuid(0x0D, subleaf, 2) & 2 // aligned in the compact area
  }
}

/** 4000_0000h names this hypervisor; 4000_0100h says KVM, so that Linux uses the x2APIC without interrupt remapping and asks for its steal time. */
function hypervisorLeaf(vcpu: Vcpu, leaf: u32): void {
  clear(vcpu)
  if (leaf == 0x4000_0000) {
    vcpu.rax = HypervisorLast
    vcpu.rbx = 0x6570_7954 // 'Type'
    vcpu.rcx = 0x7369_7672 // 'rvis'
    vcpu.rdx = 0x2020_726F // 'or  '
  } else if (leaf == 0x4000_0100) {
    vcpu.rax = 0x4000_0101
    vcpu.rbx = 0x4B4D_564B // 'KVMK'
    vcpu.rcx = 0x564B_4D56 // 'VMKV'
    vcpu.rdx = 0x4D // 'M'
  } else if (leaf == 0x4000_0101) vcpu.rax = StealTimeFeature
}
