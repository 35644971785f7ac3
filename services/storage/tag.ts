/** What a completion is of: a kind and a number, packed into the tag that the capability gives back. */
export namespace Tag {
  export const Page: u32 = 0 // a page's block was read or written
  export const Part: u32 = 1 // a part of a request
  export const Table: u32 = 2 // a block of the tables was written
  export const Superblock: u32 = 3
  export const Flush: u32 = 4
  export const Load: u32 = 5 // the block that importing or looking at a device waits for
  export const Buffer: u32 = 6 // of what is imported or exported
}
@inline export function tagOf(kind: u32, number: u32): u32 { return kind << 24 | number }
@inline export function kindOf(tag: u32): u32 { return tag >> 24 }
@inline export function numberOf(tag: u32): u32 { return tag & 0xFF_FFFF }
