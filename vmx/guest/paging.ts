import { forgetWalks } from './walkcache'

export { Cr0, Cr4, Efer } from '../../capability/registers'
export { Access } from '../../capability/vcpu'

/** Alignment check; with CR4.SMAP it allows the supervisor to touch user pages. Intel SDM vol. 3, 4.6.1. */
@inline export const AlignmentCheck: u64 = 1 << 18

/** Bits of an entry at every level. Intel SDM vol. 3, 4.3 to 4.5. */
export namespace Entry {
  @inline export const Present: u64 = 1 << 0
  @inline export const Write: u64 = 1 << 1
  @inline export const User: u64 = 1 << 2
  @inline export const Accessed: u64 = 1 << 5
  @inline export const Dirty: u64 = 1 << 6
  @inline export const PageSize: u64 = 1 << 7
  @inline export const Address: u64 = 0x000F_FFFF_FFFF_F000
  @inline export const NoExecute: u64 = 1 << 63
}

/** Further bits of a page fault's error code. */
export namespace PageFaultError {
  export const Present: u32 = 1 << 0
  export const Reserved: u32 = 1 << 3
}

/** What `translate` answers when the guest takes a fault instead. */
@inline export const Untranslated: u64 = u64.MAX_VALUE

/** Bits of an entry beyond the guest's physical addresses. */
export let beyondWidth: u64 = 0x000F_0000_0000_0000
/** The guest's physical-address width, at most 52. */
export let physicalWidth: u32 = 48

/** Sets the guest's physical-address width (CPUID 8000_0008h EAX 7:0): entries with address bits beyond it fault. */
export function setPhysicalWidth(bits: u32): void {
  physicalWidth = bits
  beyondWidth = Entry.Address & ~((<u64>1 << bits) - 1)
  forgetWalks()
}
