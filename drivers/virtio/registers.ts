/** A virtio device's registers. Virtual I/O Device (VIRTIO) 1.2, 4.1.4. */

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

/** Features that devices of all kinds may have. 6. */
@inline export const IndirectDesc: u64 = 1 << 28
@inline export const Version1: u64 = 1 << 32
@inline export const AccessPlatform: u64 = 1 << 33
@inline export const OrderPlatform: u64 = 1 << 36

/** What every register of a function that is no longer there reads, in 8 bits and in 16. */
export const Nothing8: u32 = 0xff
export const Nothing16: u32 = 0xffff
