/** The frame table's layout: a header, one record per 2 MiB block, then one 16-bit owner per 4 KiB frame. */
import { Owner } from '../../capability/owner'

export namespace Frame {
  export const Shift: u32 = 12
  export const Bytes: u32 = 1 << 12
  export const LargeShift: u32 = 21
  export const LargeBytes: u32 = 1 << 21
  export const PerBlock: u32 = 512
  export const LargePerHuge: u32 = 512 // 1 GiB
}

/** The owner of a frame that is not RAM. */
export const Absent: u16 = 0xFFFF

/** Ends a list of blocks. */
export const NoBlock: u32 = 0xFFFF_FFFF

/** How a block's frames are given out; `Partial` and `Whole` blocks are on the list of that name. */
export namespace BlockState {
  export const Full: u32 = 0 // no frame is free
  export const Partial: u32 = 1
  export const Whole: u32 = 2 // all 512 frames are RAM and free
  export const Large: u32 = 3 // given out as one 2 MiB frame, `owner` has it
}

/** One 2 MiB block. */
@unmanaged export class Block {
  next: u32 //      00h  doubly linked list of blocks in the same state
  previous: u32 //  04h
  free: u16 //      08h  free frames
  ram: u16 //       0Ah  frames that are RAM
  state: u16 //     0Ch  BlockState
  owner: u16 //     0Eh  of a Large block
  bitmap: u64 //    10h  eight words; bit n of word w: frame 64 w + n is free
  bitmap1: u64 //   18h
  bitmap2: u64 //   20h
  bitmap3: u64 //   28h
  bitmap4: u64 //   30h
  bitmap5: u64 //   38h
  bitmap6: u64 //   40h
  bitmap7: u64 //   48h

  /** Address of one of the eight bitmap words. */
  @inline word(index: u32): usize { return changetype<usize>(this) + offsetof<Block>('bitmap') + (<usize>index << 3) }
}

/** The head of the table: everything the allocator knows is behind this one address, so that another CPU can take it over. */
@unmanaged export class FrameTable {
  blocks: u32 //    00h  records that follow
  whole: u32 //     04h  first block of each list
  partial: u32 //   08h
  reserved: u32 //  0Ch
  total: u64 //     10h  frames of RAM
  free: u64 //      18h

  /** Address of the count of one owner's frames, a u32. */
  @inline count(owner: u32): usize { return changetype<usize>(this) + offsetof<FrameTable>() + (<usize>owner << 2) }

  @inline block(index: u32): Block {
    return changetype<Block>(changetype<usize>(this) + HeaderBytes + <usize>index * offsetof<Block>())
  }

  /** Address of one frame's 16-bit owner. */
  @inline frame(index: u32): usize {
    return changetype<usize>(this) + HeaderBytes + <usize>this.blocks * offsetof<Block>() + (<usize>index << 1)
  }
}

/** Bytes before the first block's record: the header and the owners' counts. */
@inline export const HeaderBytes: usize = offsetof<FrameTable>() + (<usize>Owner.Limit << 2)
/** Bytes of table for each block: its record and 512 owners. */
@inline export const BytesPerBlock: usize = offsetof<Block>() + (<usize>Frame.PerBlock << 1)
