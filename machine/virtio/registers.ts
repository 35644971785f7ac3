/** virtio's numbers that only a device has to know; capability/virtio.ts has the others. VIRTIO 1.2. */

/** Device types. Chapter 5. */
export namespace DeviceType {
  export const Network: u32 = 1
  export const Block: u32 = 2
  export const Console: u32 = 3
  export const Entropy: u32 = 4
  export const Balloon: u32 = 5
}

/** Identity of a function. 4.1.2. */
export namespace VirtioFunction {
  export const Vendor: u32 = 0x1af4
  export const FirstDevice: u32 = 0x1040 // plus the device type
  export const FirstTransitional: u32 = 0x1000 // plus what `transitionalOf` says
  export const Revision: u32 = 1 // 0 of a transitional device
}

/** The registers from before virtio 1.0, by their distance from the first port. 4.1.4.10. */
export namespace LegacyRegister {
  export const DeviceFeatures: u32 = 0x00
  export const DriverFeatures: u32 = 0x04
  export const QueuePage: u32 = 0x08
  export const QueueSize: u32 = 0x0c // 16 bits, like the two that follow
  export const QueueSelect: u32 = 0x0e
  export const QueueNotify: u32 = 0x10
  export const DeviceStatus: u32 = 0x12 // 8 bits
  export const InterruptStatus: u32 = 0x13 // 8 bits
  export const End: u32 = 0x14
  export const ConfigurationVector: u32 = 0x14 // with MSI-X, 16 bits, like the one that follows
  export const QueueVector: u32 = 0x16
  export const EndWithVectors: u32 = 0x18
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
