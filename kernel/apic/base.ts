/** IA32_APIC_BASE: where the registers are, and in which mode. Intel SDM vol. 3, 11.4.4, 11.12.5. */
import { Action, initialize, isX2Apic, LocalApic, setIdentity, setRegister } from './localapic'
import { ApicBase, Offset } from '../../capability/localapic'

/** Writes the MSR; `addressBits` is the guest's physical address width. A transition that figure 11-27 does not have is #GP(0). */
export function writeApicBase(apic: LocalApic, value: u64, addressBits: u64): i32 {
  const writable = ((<u64>1 << addressBits) - 1) & ~0xFFF | ApicBase.BootProcessor | ApicBase.Extended | ApicBase.Enabled
  if ((value & ~writable) != 0) return Action.Fault
  const enabled = (value & ApicBase.Enabled) != 0
  const extended = (value & ApicBase.Extended) != 0
  if (extended && !enabled) return Action.Fault
  const wasEnabled = (apic.base & ApicBase.Enabled) != 0
  const wasExtended = isX2Apic(apic)
  // Out of x2APIC mode only to disabled, and into it only from xAPIC mode.
  if (wasExtended && enabled && !extended || extended && !wasEnabled) return Action.Fault
  // Which vCPU is the boot processor is not the guest's to say.
  apic.base = value & ~ApicBase.BootProcessor | apic.base & ApicBase.BootProcessor
  if (wasEnabled && !enabled) initialize(apic)
  else if (extended != wasExtended) {
    setIdentity(apic)
    setRegister(apic, Offset.InterruptCommandHigh, 0)
  }
  return Action.Base | Action.Evaluate | Action.Timer
}
