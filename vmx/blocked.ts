/** Why guests cannot run here. */
export namespace Blocked {
  export const No: u32 = 0
  export const NoExtension: u32 = 1
  export const Disabled: u32 = 2
  export const DisabledAndLocked: u32 = 3
  export const NoNestedPaging: u32 = 4
  export const NoMemory: u32 = 5
  export const IntelNotYet: u32 = 6
}

/** What is wrong and what to change, for an administrator. */
export function blockedText(reason: u32): string {
  switch (reason) {
    case Blocked.No: return ''
    case Blocked.NoExtension:
      return 'this CPU offers no hardware virtualization (AMD-V: CPUID 8000_0001h ECX bit 2 is clear). Use a CPU with AMD-V, or enable nested virtualization in the hypervisor below.'
    case Blocked.Disabled:
      return 'AMD-V is disabled by the firmware (VM_CR.SVMDIS is set). Enable "SVM Mode" in the firmware setup and power-cycle the machine.'
    case Blocked.DisabledAndLocked:
      return 'AMD-V is disabled and locked by the firmware (VM_CR.SVMDIS and VM_CR.LOCK are set). Enable "SVM Mode" in the firmware setup, or unlock it with the firmware\'s SVM key, and power-cycle the machine.'
    case Blocked.NoNestedPaging:
      return 'this CPU has AMD-V but no nested paging (CPUID 8000_000Ah EDX bit 0 is clear), which Typervisor needs. Use a newer CPU.'
    case Blocked.NoMemory: return 'not enough memory was free at boot for the control structures. Give the host more RAM.'
    case Blocked.IntelNotYet: return 'this CPU has Intel VT-x, which this version does not drive yet. Use a CPU with AMD-V.'
  }
  return 'unknown reason'
}
