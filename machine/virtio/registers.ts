/** virtio's numbers. Virtual I/O Device (VIRTIO) Version 1.2. */

/** Device types. Chapter 5. */
export namespace DeviceType {
  export const Network: u32 = 1
  export const Block: u32 = 2
  export const Entropy: u32 = 4
  export const Balloon: u32 = 5
}

/** Feature bits that are not of one device type. Chapter 6. */
@inline export const RingIndirectDescriptors: u64 = 1 << 28
@inline export const RingEventIndex: u64 = 1 << 29
@inline export const Version1: u64 = 1 << 32
@inline export const RingPacked: u64 = 1 << 34
@inline export const RingReset: u64 = 1 << 40

/** Device status. 2.1. */
export namespace DeviceStatus {
  export const Acknowledge: u32 = 1
  export const Driver: u32 = 2
  export const DriverOk: u32 = 4
  export const FeaturesOk: u32 = 8
  export const NeedsReset: u32 = 64
  export const Failed: u32 = 128
}

/** Identity of a function. 4.1.2. */
export namespace VirtioFunction {
  export const Vendor: u32 = 0x1af4
  export const FirstDevice: u32 = 0x1040 // plus the device type
  export const Revision: u32 = 1
}

/** The structures that capabilities point at. 4.1.4. */
export namespace Structure {
  export const Common: u32 = 1
  export const Notify: u32 = 2
  export const InterruptStatus: u32 = 3
  export const Device: u32 = 4
  export const ConfigurationAccess: u32 = 5
}

/** A vendor-specific capability of PCI, by the distance from its first byte. 4.1.4. */
export namespace Capability {
  export const Identity: u32 = 0x09
  export const Bytes: u32 = 16
  export const LengthShift: u32 = 16
  export const StructureShift: u32 = 24
  export const Bar: u32 = 0x04
  export const Offset: u32 = 0x08
  export const Length: u32 = 0x0c
  export const NotifyMultiplier: u32 = 0x10 // Structure.Notify
  export const AccessData: u32 = 0x10 // Structure.ConfigurationAccess
  export const LongBytes: u32 = 20
}

/** Common configuration. 4.1.4.3. */
export namespace Common {
  export const DeviceFeatureSelect: u32 = 0x00
  export const DeviceFeature: u32 = 0x04
  export const DriverFeatureSelect: u32 = 0x08
  export const DriverFeature: u32 = 0x0c
  export const ConfigurationVector: u32 = 0x10
  export const QueueCount: u32 = 0x12
  export const DeviceStatus: u32 = 0x14
  export const ConfigurationGeneration: u32 = 0x15
  export const QueueSelect: u32 = 0x16
  export const QueueSize: u32 = 0x18
  export const QueueVector: u32 = 0x1a
  export const QueueEnable: u32 = 0x1c
  export const QueueNotifyOffset: u32 = 0x1e
  export const QueueDescriptors: u32 = 0x20 // 64 bits
  export const QueueDriver: u32 = 0x28
  export const QueueDevice: u32 = 0x30
  export const QueueReset: u32 = 0x3a
  export const Bytes: u32 = 0x3c
}

/** Interrupt status. 4.1.4.5. */
export namespace InterruptStatus {
  export const Queue: u32 = 1 << 0
  export const Configuration: u32 = 1 << 1
}

/** Instead of an MSI-X vector. 4.1.4.3. */
export const NoVector: u32 = 0xffff

/** Descriptor flags. 2.7.5 and 2.8.1. */
export namespace DescriptorFlag {
  export const Next: u32 = 1 << 0
  export const Write: u32 = 1 << 1
  export const Indirect: u32 = 1 << 2
  export const Available: u32 = 1 << 7 // packed
  export const Used: u32 = 1 << 15 // packed
}

/** The first flag of an available ring, that the driver wants no interrupts, and of a used ring, that the device wants no notifications. 2.7.6 and 2.7.8. */
export const Unwanted: u32 = 1 << 0

/** The upper half of an event suppression structure of a packed ring. 2.8.10. */
export namespace EventFlag {
  export const Enable: u32 = 0
  export const Disable: u32 = 1
  export const Descriptor: u32 = 2
  export const All: u32 = 3
}
