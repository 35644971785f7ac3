/** Whose hardware virtualization this CPU has. */
import * as hw from '../kernel/hw'

/** True for Intel VT-x. A CPU with neither is told what its own vendor's would need. */
export function isIntel(): bool {
  // CPUID 1 ECX[5] is VMX, which makers other than Intel have too; the vendor 'GenuineIntel' begins with EBX 'Genu'.
  return (hw.cpuid(1, 0, 2) & 1 << 5) != 0 || hw.cpuid(0, 0, 1) == 0x756E_6547
}
