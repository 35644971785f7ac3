/** Bits of control registers and of IA32_EFER. SDM vol. 3, 2.2.1 and 2.5. */
export namespace Cr0 {
  @inline export const PE: u64 = 1 << 0
  @inline export const TS: u64 = 1 << 3
  @inline export const ET: u64 = 1 << 4
  @inline export const NE: u64 = 1 << 5
  @inline export const WP: u64 = 1 << 16
  @inline export const NW: u64 = 1 << 29
  @inline export const CD: u64 = 1 << 30
  @inline export const PG: u64 = 1 << 31
}

export namespace Cr4 {
  @inline export const PSE: u64 = 1 << 4
  @inline export const PAE: u64 = 1 << 5
  @inline export const SMEP: u64 = 1 << 20
  @inline export const SMAP: u64 = 1 << 21
}

export namespace Efer {
  @inline export const LMA: u64 = 1 << 10
  @inline export const NXE: u64 = 1 << 11
}
