/** RFLAGS. SDM vol. 1, 3.4.3. */
export namespace Flag {
  @inline export const Carry: u64 = 1 << 0
  @inline export const Parity: u64 = 1 << 2
  @inline export const Auxiliary: u64 = 1 << 4
  @inline export const Zero: u64 = 1 << 6
  @inline export const Sign: u64 = 1 << 7
  @inline export const Trap: u64 = 1 << 8
  @inline export const Direction: u64 = 1 << 10
  @inline export const Overflow: u64 = 1 << 11
  @inline export const Resume: u64 = 1 << 16
}

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
