/** Detection of VT-x on a CPU that a test makes up. */
import { blockedText } from '../../../vmx/blocked'
import { blockedDetail } from '../../../vmx/operations'
import { capabilities, featureNames } from '../../../vmx/intel/features'

export { check, disable, enable } from '../../../vmx/intel/enable'
export { controlWord, guestCr0Fixed0, insistedBits, withFixedBits } from '../../../vmx/intel/controls'
export { requiredBits } from '../../../vmx/intel/requirements'
export * from '../../../vmx/intel/features'

/** One of the record's 64-bit fields, by its offset. */
export function capability(offset: usize): u64 { return load<u64>(changetype<usize>(capabilities) + offset) }
export function featureName(index: i32): usize { return changetype<usize>(featureNames[index]) }
export function featureCount(): i32 { return featureNames.length }

/** Strings, whose length is in the 4 bytes before them. */
export function reasonText(reason: u32): usize { return changetype<usize>(blockedText(reason)) }
export function reasonDetail(reason: u32): usize { return changetype<usize>(blockedDetail(reason)) }
