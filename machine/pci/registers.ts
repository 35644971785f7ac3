/** PCI configuration space. PCI Local Bus Specification 3.0, chapter 6 and 3.2.2.3.2. */

/** CONFIG_ADDRESS, port CF8h. */
export namespace ConfigurationAddress {
  export const Enable: u32 = 1 << 31
  export const Writable: u32 = 0x80ff_fffc
}

/** Offsets in the header, type 0. */
export namespace Header {
  export const Identification: u32 = 0x00 // vendor, device
  export const Command: u32 = 0x04
  export const Class: u32 = 0x08 // revision, interface, subclass, base class
  export const InterruptLine: u32 = 0x3c
}

/** Command register. */
export namespace Command {
  export const MemorySpace: u32 = 1 << 1
  export const BusMaster: u32 = 1 << 2
}

/** Class codes, in the upper three bytes of Header.Class. */
export namespace ClassCode {
  export const HostBridge: u32 = 0x06_0000 << 8
}

/** The Q35 memory controller hub. Intel 3 Series Express Chipset data sheet 316966, 5.1. */
export namespace Q35 {
  export const Identification: u32 = 0x29c0_8086
  export const EcamBase: u32 = 0x60 // PCIEXBAR
  export const EcamEnable: u32 = 1 << 0 // with a length field of 0: 256 MiB
}
