/** Why guests cannot run, in words. */
import { Blocked, ControlWord } from '../../capability/virtualization'

/** Controls that every guest needs, and their names in the manual, in the same order. SDM vol. 3, 25.6 to 25.8. */
const controls: StaticArray<u32> = [
  ControlWord.Pin + 0, ControlWord.Pin + 3, ControlWord.Pin + 5,
  ControlWord.Processor + 2, ControlWord.Processor + 3, ControlWord.Processor + 7, ControlWord.Processor + 10, ControlWord.Processor + 11,
  ControlWord.Processor + 22, ControlWord.Processor + 25, ControlWord.Processor + 28, ControlWord.Processor + 29, ControlWord.Processor + 31,
  ControlWord.Secondary + 1, ControlWord.Secondary + 7,
  ControlWord.Exit + 2, ControlWord.Exit + 9, ControlWord.Exit + 18, ControlWord.Exit + 19, ControlWord.Exit + 20, ControlWord.Exit + 21,
  ControlWord.Entry + 2, ControlWord.Entry + 9, ControlWord.Entry + 14, ControlWord.Entry + 15,
]
const names: StaticArray<string> = [
  'external-interrupt exiting', 'NMI exiting', 'virtual NMIs',
  'interrupt-window exiting', 'use TSC offsetting', 'HLT exiting', 'MWAIT exiting', 'RDPMC exiting',
  'NMI-window exiting', 'use I/O bitmaps', 'use MSR bitmaps', 'MONITOR exiting', 'activate secondary controls',
  'enable EPT', 'unrestricted guest',
  'save debug controls', 'host address-space size', 'save IA32_PAT', 'load IA32_PAT (exit)', 'save IA32_EFER', 'load IA32_EFER (exit)',
  'load debug controls', 'IA-32e mode guest', 'load IA32_PAT (entry)', 'load IA32_EFER (entry)',
]

/** What is wrong and what to change, for an administrator; '' when guests can run. `reason` is a Blocked. */
export function blockedText(reason: u32): string {
  switch (reason & 0xff) {
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
      return 'this CPU\'s Intel VT-x, or the hypervisor below, lacks a control that Typervisor needs. Use a newer CPU or update the hypervisor below. The control is: ' + nameOfControl(reason >> 8)
    case Blocked.ControlInsisted:
      return 'this CPU\'s Intel VT-x insists on exits at CR3 accesses or INVLPG (IA32_VMX_TRUE_PROCBASED_CTLS bits 9, 15 and 16), which EPT makes needless. Use a newer CPU or update the hypervisor below.'
    case Blocked.VmxonRefused:
      return 'this CPU offers Intel VT-x but refused VMXON. Something else may be using VT-x: boot Typervisor directly, not from another hypervisor or system, and power-cycle the machine.'
  }
  return 'unknown reason'
}

function nameOfControl(control: u32): string {
  for (let i = 0; i < controls.length; i++) if (controls[i] == control) return names[i]
  return 'unknown'
}
