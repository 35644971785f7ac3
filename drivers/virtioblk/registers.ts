/** A virtio device's registers, and a block device's configuration. Virtual I/O Device (VIRTIO) 1.2, 4.1.4 and 5.2. */

/** The common configuration structure. 4.1.4.3. */
export namespace Common {
  export const DeviceFeatureSelect: u32 = 0x00
  export const DeviceFeature: u32 = 0x04
  export const DriverFeatureSelect: u32 = 0x08
  export const DriverFeature: u32 = 0x0c
  export const ConfigVector: u32 = 0x10 // config_msix_vector, 16 bits
  export const QueueCount: u32 = 0x12 // num_queues, 16 bits
  export const Status: u32 = 0x14 // 8 bits
  export const Generation: u32 = 0x15 // config_generation, 8 bits
  export const QueueSelect: u32 = 0x16 // 16 bits, like the four that follow
  export const QueueSize: u32 = 0x18
  export const QueueVector: u32 = 0x1a
  export const QueueEnable: u32 = 0x1c
  export const QueueNotifyOffset: u32 = 0x1e
  export const QueueDesc: u32 = 0x20 // 64 bits, written as two times 32
  export const QueueDriver: u32 = 0x28
  export const QueueDevice: u32 = 0x30
  export const Bytes: u32 = 0x38
}

/** Device status. 2.1. */
export namespace Status {
  export const Acknowledge: u32 = 1
  export const Driver: u32 = 2
  export const DriverOk: u32 = 4
  export const FeaturesOk: u32 = 8
  export const NeedsReset: u32 = 64
  export const Failed: u32 = 128
}

/** Features: of the block device (5.2.3), and of all (6). */
@inline export const SizeMax: u64 = 1 << 1
@inline export const SegMax: u64 = 1 << 2
@inline export const ReadOnly: u64 = 1 << 5
@inline export const BlkSize: u64 = 1 << 6
@inline export const Flush: u64 = 1 << 9
@inline export const Topology: u64 = 1 << 10
@inline export const Discard: u64 = 1 << 13
@inline export const WriteZeroes: u64 = 1 << 14
@inline export const IndirectDesc: u64 = 1 << 28
@inline export const Version1: u64 = 1 << 32
@inline export const AccessPlatform: u64 = 1 << 33
@inline export const OrderPlatform: u64 = 1 << 36

/** The configuration. 5.2.4. */
export namespace BlockConfig {
  export const Capacity: u32 = 0x00 // sectors of 512 bytes, 64 bits
  export const SizeMax: u32 = 0x08 // bytes of a segment
  export const SegMax: u32 = 0x0c // segments of a request
  export const BlkSize: u32 = 0x14
  export const PhysicalBlockExponent: u32 = 0x18 // 8 bits
  export const MaxDiscardSectors: u32 = 0x24
  export const MaxWriteZeroesSectors: u32 = 0x30
  export const Bytes: u32 = 0x3c
}

/** What every register of a function that is no longer there reads, in 8 bits and in 16. */
export const Nothing8: u32 = 0xff
export const Nothing16: u32 = 0xffff
