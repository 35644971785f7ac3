/**
 * Control words and control registers that this CPU accepts. The low half of a control word's capability MSR is its allowed-0 settings: a 1 there
 * must be 1 in the word; the high half its allowed-1 settings: a 0 there must be 0. SDM vol. 3, A.2; A.7 and A.8 for the control registers.
 */

/** The control word: what is required, what is optional and allowed, and what the CPU insists on. */
export function controlWord(required: u32, optional: u32, capability: u64): u32 {
  return <u32>capability | (required | optional) & <u32>(capability >> 32)
}

/** Those of the bits that must stay 0 which the CPU insists on. */
export function insistedBits(unwanted: u32, capability: u64): u32 { return unwanted & <u32>capability }

/** CR0 or CR4 with its fixed bits as VMX operation wants them: 1 where `fixed0` is 1, 0 where `fixed1` is 0. */
export function withFixedBits(value: u64, fixed0: u64, fixed1: u64): u64 { return (value | fixed0) & fixed1 }

/** CR0's bits that an unrestricted guest must hold at 1: not PE, not PG. 27.3.1.1. */
export function guestCr0Fixed0(fixed0: u64): u64 { return fixed0 & 0xFFFF_FFFF_7FFF_FFFE }
