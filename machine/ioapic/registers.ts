/** I/O APIC registers. Intel 82093AA data sheet 290566, chapter 3; the EOI register is that of version 20h, ICH9 data sheet, 13.5. */

/** Offsets in the MMIO window. */
export namespace Window {
  export const Select: u32 = 0x00 // IOREGSEL
  export const Data: u32 = 0x10 // IOWIN
  export const Eoi: u32 = 0x40
}

/** Values of IOREGSEL. */
export namespace Register {
  export const Id: u32 = 0x00
  export const Version: u32 = 0x01
  export const Arbitration: u32 = 0x02
  export const Redirection: u32 = 0x10 // two for each pin: low, high
}

/** The version that has an EOI register. */
export namespace Version {
  export const WithEoi: u32 = 0x20
}

/** Bits of a redirection entry's low half. */
export namespace Entry {
  export const Vector: u32 = 0xff
  export const DeliveryMode: u32 = 7 << 8
  export const DeliveryModeShift: u32 = 8
  export const Logical: u32 = 1 << 11
  export const ActiveLow: u32 = 1 << 13
  export const RemoteIrr: u32 = 1 << 14 // read only
  export const Level: u32 = 1 << 15
  export const Masked: u32 = 1 << 16
  export const Writable: u32 = Vector | DeliveryMode | Logical | ActiveLow | Level | Masked
  export const DestinationShift: u32 = 24 // in the high half
}

/** Delivery modes. */
export namespace Delivery {
  export const Fixed: u32 = 0
  export const LowestPriority: u32 = 1
}

/** The layout of an interrupt message. Intel SDM vol. 3, 11.11. */
export namespace Message {
  export const Address: u64 = 0xfee0_0000
  export const DestinationShift: u64 = 12
  export const RedirectionHint: u64 = 1 << 3
  export const Logical: u64 = 1 << 2
  export const Assert: u32 = 1 << 14
  export const Level: u32 = 1 << 15
}
