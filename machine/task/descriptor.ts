/** Segment descriptors. SDM vol. 3, 3.4.5. */

/** Of a descriptor's byte 5. */
export namespace Type {
  export const Accessed: u32 = 1 << 0
  export const ReadOrWrite: u32 = 1 << 1
  export const Conforming: u32 = 1 << 2
  export const Code: u32 = 1 << 3
  export const CodeOrData: u32 = 1 << 4
  export const Present: u32 = 1 << 7
  export const Ldt: u32 = 0x82 // present
}

/** The busy bit in the descriptor of a TSS. */
@inline export const Busy: u64 = 1 << 41

export function baseOf(descriptor: u64): u64 { return descriptor >> 16 & 0xFF_FFFF | descriptor >> 56 << 24 }

/** In bytes. */
export function limitOf(descriptor: u64): u32 {
  const limit = <u32>descriptor & 0xFFFF | <u32>(descriptor >> 32) & 0xF_0000
  return (descriptor >> 55 & 1) != 0 ? limit << 12 | 0xFFF : limit
}

/** As `task.segment` takes them. */
export function attributesOf(descriptor: u64): u32 { return <u32>(descriptor >> 40) & 0xFF | <u32>(descriptor >> 44) & 0xF00 }
