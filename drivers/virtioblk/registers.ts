/** A virtio block device's features and configuration. Virtual I/O Device (VIRTIO) 1.2, 5.2. */

/** Features. 5.2.3. */
@inline export const SizeMax: u64 = 1 << 1
@inline export const SegMax: u64 = 1 << 2
@inline export const ReadOnly: u64 = 1 << 5
@inline export const BlkSize: u64 = 1 << 6
@inline export const Flush: u64 = 1 << 9
@inline export const Topology: u64 = 1 << 10
@inline export const Discard: u64 = 1 << 13
@inline export const WriteZeroes: u64 = 1 << 14

/** The configuration. 5.2.4. */
export namespace BlockConfig {
  export const Capacity: u32 = 0x00 // sectors of 512 bytes, 64 bits
  export const SizeMax: u32 = 0x08 // bytes of a segment
  export const SegMax: u32 = 0x0c // segments of a request
  export const BlkSize: u32 = 0x14
  export const PhysicalBlockExponent: u32 = 0x18 // 8 bits
  export const MaxDiscardSectors: u32 = 0x24
  export const MaxWriteZeroesSectors: u32 = 0x30
}
