/** virtio-blk's numbers. VIRTIO 1.2, 5.2. */

/** Feature bits. 5.2.3. */
@inline export const SegmentMaximum: u64 = 1 << 2 // VIRTIO_BLK_F_SEG_MAX
@inline export const ReadOnly: u64 = 1 << 5
@inline export const BlockSize: u64 = 1 << 6
@inline export const Flush: u64 = 1 << 9
@inline export const Topology: u64 = 1 << 10
@inline export const MultipleQueues: u64 = 1 << 12
@inline export const Discard: u64 = 1 << 13
@inline export const WriteZeroes: u64 = 1 << 14

/** The configuration. 5.2.4. */
export namespace Configuration {
  export const Capacity: u32 = 0 // 64 bits, in sectors
  export const SegmentMaximum: u32 = 12
  export const BlockSize: u32 = 20
  export const PhysicalBlockExponent: u32 = 24 // 8 bits; logical blocks in a physical one
  export const MinimumIoSize: u32 = 26 // 16 bits, in logical blocks
  export const QueueCount: u32 = 34 // 16 bits
  export const MaximumDiscardSectors: u32 = 36
  export const MaximumDiscardSegments: u32 = 40
  export const DiscardSectorAlignment: u32 = 44
  export const MaximumWriteZeroesSectors: u32 = 48
  export const MaximumWriteZeroesSegments: u32 = 52
  export const Bytes: u32 = 60
}

/** Bytes of a sector, whatever the blocks are. */
export const SectorBytes: u32 = 512

/** The header that a request begins with. 5.2.6. */
export namespace Header {
  export const Type: u32 = 0
  export const Sector: u32 = 8 // 64 bits
  export const Bytes: u32 = 16
}

/** Types of requests. 5.2.6. */
export namespace RequestType {
  export const In: u32 = 0
  export const Out: u32 = 1
  export const Flush: u32 = 4
  export const GetId: u32 = 8
  export const Discard: u32 = 11
  export const WriteZeroes: u32 = 13
}

/** Bytes that GetId asks for; a shorter serial number ends with 0. 5.2.6. */
export const IdBytes: u32 = 20

/** What Discard and WriteZeroes have for data: struct virtio_blk_discard_write_zeroes. 5.2.6. */
export namespace Extent {
  export const Sector: u32 = 0 // 64 bits
  export const Sectors: u32 = 8
  export const Flags: u32 = 12
  export const Unmap: u32 = 1 << 0 // of the flags
  export const Bytes: u32 = 16
}

/** The status byte that a request ends with. 5.2.6. */
export namespace BlockStatus {
  export const Ok: u32 = 0
  export const IoError: u32 = 1
  export const Unsupported: u32 = 2
}
