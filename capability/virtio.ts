/** What both ends of a virtio device over PCI know: machines are devices, drivers of the host use them. Virtual I/O Device (VIRTIO) Version 1.2. */

/** The common configuration structure. 4.1.4.3. */
export namespace Common {
  export const DeviceFeatureSelect: u32 = 0x00
  export const DeviceFeature: u32 = 0x04
  export const DriverFeatureSelect: u32 = 0x08
  export const DriverFeature: u32 = 0x0c
  export const ConfigurationVector: u32 = 0x10 // 16 bits
  export const QueueCount: u32 = 0x12 // 16 bits
  export const DeviceStatus: u32 = 0x14 // 8 bits
  export const ConfigurationGeneration: u32 = 0x15 // 8 bits
  export const QueueSelect: u32 = 0x16 // 16 bits, like the four that follow
  export const QueueSize: u32 = 0x18
  export const QueueVector: u32 = 0x1a
  export const QueueEnable: u32 = 0x1c
  export const QueueNotifyOffset: u32 = 0x1e
  export const QueueDescriptors: u32 = 0x20 // 64 bits, which may be written as two times 32
  export const QueueDriver: u32 = 0x28
  export const QueueDevice: u32 = 0x30
  export const LeastBytes: u32 = 0x38 // as virtio 1.0 has it
  export const QueueReset: u32 = 0x3a
  export const Bytes: u32 = 0x3c
}

/** Device status. 2.1. */
export namespace DeviceStatus {
  export const Acknowledge: u32 = 1
  export const Driver: u32 = 2
  export const DriverOk: u32 = 4
  export const FeaturesOk: u32 = 8
  export const NeedsReset: u32 = 64
  export const Failed: u32 = 128
}

/** Feature bits that are not of one device type. Chapter 6. */
@inline export const RingIndirectDescriptors: u64 = 1 << 28
@inline export const RingEventIndex: u64 = 1 << 29
@inline export const Version1: u64 = 1 << 32
@inline export const AccessPlatform: u64 = 1 << 33
@inline export const RingPacked: u64 = 1 << 34
@inline export const OrderPlatform: u64 = 1 << 36
@inline export const RingReset: u64 = 1 << 40
