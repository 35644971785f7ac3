/** Detection of VT-x on a CPU that a test makes up. */
import { blockedText } from '../../../vmx/blocked'
import { blockedDetail } from '../../../vmx/operations'
import { capabilities, has } from '../../../vmx/intel/features'

export { check, enable } from '../../../vmx/intel/enable'
export { controlWord, guestCr0Fixed0, insistedBits, isAllowed, refusedBits, withFixedBits } from '../../../vmx/intel/controls'
export { requiredBits } from '../../../vmx/intel/requirements'
export {
  detectFeatures, hasApicAccesses, hasApicRegisterVirtualization, hasEpt, hasEptAccessedDirty, hasHaltState, hasHugeEptPages, hasInterruptAcknowledge, hasInveptSingle,
  hasInvpcid, hasInvvpidAddress, hasInvvpidSingle, hasLargeEptPages, hasPml, hasPreemptionTimer, hasRdtscp, hasStringPortInformation, hasTprShadow, hasTscScaling,
  hasUnrestrictedGuest, hasUserWait, hasVirtualInterruptDelivery, hasVpid, hasX2ApicVirtualization, hasXsaves, preemptionTimerShift, vmcsRevision, vpids,
} from '../../../vmx/intel/features'

/** One of the record's 64-bit fields, by its offset. */
export function capability(offset: usize): u64 { return load<u64>(changetype<usize>(capabilities) + offset) }
export function hasFeature(feature: u32): bool { return has(feature) }

/** Strings, whose length is in the 4 bytes before them. */
export function reasonText(reason: u32): usize { return changetype<usize>(blockedText(reason)) }
export function reasonDetail(reason: u32): usize { return changetype<usize>(blockedDetail(reason)) }
