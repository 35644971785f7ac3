/** The host's hardware virtualization in numbers: whose it is, why guests cannot run, and what the CPU offers. */

export namespace Vendor {
  export const Amd: u32 = 0
  export const Intel: u32 = 1
}

/** Why guests cannot run here. The low 8 bits of a reason; those above are the control that ControlRefused is about, as a bit of ControlWord's. */
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

/**
 * Where a word's bits begin among those that an Intel CPU offers, in 64-bit words in the order of the capability MSRs from 480h on: the
 * allowed-1 settings of control words, and IA32_VMX_EPT_VPID_CAP. SDM vol. 3, appendix A.
 */
export namespace ControlWord {
  export const Pin: u32 = 64 + 32
  export const Processor: u32 = 128 + 32
  export const Exit: u32 = 192 + 32
  export const Entry: u32 = 256 + 32
  export const Secondary: u32 = 704 + 32
  export const EptVpid: u32 = 768
}

/** Where bits begin among those that an AMD CPU offers, in one word. */
export namespace AmdWord {
  export const Svm: u32 = 0 // CPUID 8000_000Ah EDX; APM vol. 3, E.4.9
  export const HugePages: u32 = 32 // 1 GiB pages, in the host's own tables and in nested ones. CPUID 8000_0001h EDX[26]
}

/** Events as EVENTINJ and the VM-entry interruption-information field lay them out. APM vol. 2, 15.20; SDM vol. 3, 25.8.3. */
export namespace EventType {
  export const External: u32 = 0
  export const Nmi: u32 = 2
  export const Exception: u32 = 3
  export const Software: u32 = 4
  export const PrivilegedSoftware: u32 = 5 // Intel's ICEBP
}
@inline export const EventValid: u64 = 1 << 31
@inline export const EventErrorValid: u64 = 1 << 11
