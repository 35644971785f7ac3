/** What CPUID says about the processor. */
import { cpuid } from './hw'
import { put } from './serial'

/** Highest hypervisor leaf's base, and the bit that says there is a hypervisor (AMD APM vol. 3, E.3.2, Fn0000_0001 ECX bit 31). */
@inline const HypervisorLeaf: u32 = 0x40000000

export function underHypervisor(): bool { return (cpuid(1, 0, 2) & (1 << 31)) != 0 }

/** Whether the maker is Intel: leaf 0 begins with EBX 'Genu'. */
export function isIntel(): bool { return cpuid(0, 0, 1) == 0x756E6547 }

function printRegister(value: u32): void {
  for (let shift: u32 = 0; shift < 32; shift += 8) {
    const character = (value >> shift) & 0xFF
    if (character) put(character)
  }
}

/** Prints the vendor's name, leaf 0. */
export function printVendor(): void {
  printRegister(cpuid(0, 0, 1))
  printRegister(cpuid(0, 0, 3))
  printRegister(cpuid(0, 0, 2))
}

/** Prints the model's name, leaves 8000_0002h to 8000_0004h. */
export function printModel(): void {
  if (cpuid(0x80000000, 0, 0) < 0x80000004) return
  for (let leaf: u32 = 0x80000002; leaf <= 0x80000004; leaf++) {
    for (let register: u32 = 0; register < 4; register++) printRegister(cpuid(leaf, 0, register))
  }
}

/** Prints the hypervisor's signature. */
export function printHypervisor(): void {
  for (let register: u32 = 1; register < 4; register++) printRegister(cpuid(HypervisorLeaf, 0, register))
}
