/** Detection of VT-x on a CPU that a test makes up. */
import { blockedText } from '../../../services/console/blocked'
import { capabilities } from '../../../vmx/intel/features'

export { check, disable, enable } from '../../../vmx/intel/enable'
export { controlWord, guestCr0Fixed0, insistedBits, withFixedBits } from '../../../vmx/intel/controls'
export { requiredBits } from '../../../vmx/intel/requirements'
export * from '../../../vmx/intel/features'

/** One of the record's 64-bit fields, by its offset. */
export function capability(offset: usize): u64 { return load<u64>(changetype<usize>(capabilities) + offset) }

/** A string, whose length is in the 4 bytes before them. */
export function reasonText(reason: u32): usize { return changetype<usize>(blockedText(reason)) }
