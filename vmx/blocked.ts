/** Why guests cannot run here. The low 8 bits of a reason; those above are which one of several. */
export namespace Blocked {
  export const No: u32 = 0
  export const NoExtension: u32 = 1
  export const Disabled: u32 = 2
  export const DisabledAndLocked: u32 = 3
  export const NoNestedPaging: u32 = 4
  export const NoMemory: u32 = 5
  export const NoVmx: u32 = 7
  export const VmxLockedOff: u32 = 8
  export const NoEpt: u32 = 9
  export const NoUnrestrictedGuest: u32 = 10
  export const ControlRefused: u32 = 11
  export const ControlInsisted: u32 = 12
  export const VmxonRefused: u32 = 13
}

/** What is wrong and what to change, for an administrator. */
export function blockedText(reason: u32): string {
  switch (reason & 0xFF) {
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
    case Blocked.NoVmx:
      return 'this CPU offers no hardware virtualization (Intel VT-x: CPUID 1 ECX bit 5 is clear). Use a CPU with VT-x, or enable nested virtualization in the hypervisor below.'
    case Blocked.VmxLockedOff:
      return 'Intel VT-x is disabled and locked by the firmware (IA32_FEATURE_CONTROL bit 0 is set, bit 2 is clear). Enable "Intel Virtualization Technology" in the firmware setup and power-cycle the machine.'
    case Blocked.NoEpt:
      return 'this CPU has Intel VT-x but no EPT (IA32_VMX_PROCBASED_CTLS2 bit 33) of four write-back levels with INVEPT (IA32_VMX_EPT_VPID_CAP bits 6, 14, 20 and 26), which Typervisor needs. Use a newer CPU, or let the hypervisor below offer EPT.'
    case Blocked.NoUnrestrictedGuest:
      return 'this CPU has Intel VT-x and EPT but no unrestricted guests (IA32_VMX_PROCBASED_CTLS2 bit 39 is clear), which Typervisor needs for guests in real mode. Use a newer CPU (Westmere or later), or let the hypervisor below offer it.'
    case Blocked.ControlRefused:
      return 'this CPU\'s Intel VT-x, or the hypervisor below, lacks a control that Typervisor needs. Use a newer CPU or update the hypervisor below. The control is: '
    case Blocked.ControlInsisted:
      return 'this CPU\'s Intel VT-x insists on exits at CR3 accesses or INVLPG (IA32_VMX_TRUE_PROCBASED_CTLS bits 9, 15 and 16), which EPT makes needless. Use a newer CPU or update the hypervisor below.'
    case Blocked.VmxonRefused:
      return 'this CPU offers Intel VT-x but refused VMXON. Something else may be using VT-x: boot Typervisor directly, not from another hypervisor or system, and power-cycle the machine.'
  }
  return 'unknown reason'
}
