/** Switching VMX on, or saying why not. SDM vol. 3, 24.6 to 24.8. */
import * as hw from '../../kernel/hw'
import { Blocked } from '../../capability/virtualization'
import { withFixedBits } from './controls'
import { capabilities, detectFeatures, hasEpt, hasUnrestrictedGuest, vmcsRevision } from './features'
import { missingControl } from './requirements'

const FeatureControlMsr: u32 = 0x3A
@inline const FeatureControlLock: u64 = 1 << 0
@inline const FeatureControlVmx: u64 = 1 << 2 // VMXON outside SMX
@inline const Cr4Vmxe: u64 = 1 << 13

/** Why guests cannot run on this CPU; Blocked.No when they can. */
export function check(): u32 {
  if (!detectFeatures()) return Blocked.NoVmx
  if ((hw.readMsr(FeatureControlMsr) & (FeatureControlLock | FeatureControlVmx)) == FeatureControlLock) return Blocked.VmxLockedOff
  if (!hasEpt()) return Blocked.NoEpt
  if (!hasUnrestrictedGuest()) return Blocked.NoUnrestrictedGuest
  return missingControl()
}

/**
 * Enables VMX on this CPU and enters VMX operation; `save` is the hpa of a zeroed frame for the VMXON region. `hostState` is not needed: a VMCS holds the
 * host's state. Blocked.No when it worked.
 */
export function enable(save: u64, hostState: u64): u32 {
  const control = hw.readMsr(FeatureControlMsr)
  // VMXON is #GP unless this register is locked; firmware that did not lock it leaves the choice to us (24.7).
  if ((control & FeatureControlLock) == 0) hw.writeMsr(FeatureControlMsr, control | FeatureControlVmx | FeatureControlLock)
  const fixed = capabilities
  hw.writeCr0(withFixedBits(hw.readCr0(), fixed.cr0Fixed0, fixed.cr0Fixed1))
  hw.writeCr4(withFixedBits(hw.readCr4() | Cr4Vmxe, fixed.cr4Fixed0, fixed.cr4Fixed1))
  hw.store32(save, vmcsRevision())
  return hw.vmxOn(save) == 0 ? Blocked.No : Blocked.VmxonRefused
}

/** Leaves VMX operation, in which INIT would stay blocked, and with it the resets that are an INIT. 24.8. */
export function disable(): void {
  hw.vmxOff()
  hw.writeCr4(hw.readCr4() & ~Cr4Vmxe)
}
