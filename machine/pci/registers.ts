/** PCI configuration space. PCI Local Bus Specification 3.0, chapter 6, appendix H and 3.2.2.3.2. */

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
  export const BaseAddresses: u32 = 0x10 // six, of 32 bits
  export const Subsystem: u32 = 0x2c // vendor, identity
  export const Capabilities: u32 = 0x34
  export const InterruptLine: u32 = 0x3c
  export const InterruptPin: u32 = 0x3d
}

/** The lowest bit of a base address register that is for I/O ports. 6.2.5.1. */
export const IoSpaceIndicator: u32 = 1 << 0

/** Command register, the low half of Header.Command. */
export namespace Command {
  export const IoSpace: u32 = 1 << 0
  export const MemorySpace: u32 = 1 << 1
  export const BusMaster: u32 = 1 << 2
  export const InterruptDisable: u32 = 1 << 10
}

/** Status register, the high half of Header.Command. */
export namespace Status {
  export const Interrupt: u32 = 1 << 19
  export const Capabilities: u32 = 1 << 20
}

/** Interrupt line register: not connected to an input of the 8259s. */
export const NotConnected: u32 = 0xff

/** The MSI-X capability, by the distance from its first byte. 6.8.2. */
export namespace MsiX {
  export const Control: u32 = 0x00 // message control is its upper half
  export const Table: u32 = 0x04 // offset, and which base address register in the low three bits
  export const Pending: u32 = 0x08
  export const Bytes: u32 = 12
  export const Identity: u32 = 0x11
  export const Enable: u32 = 1 << 31
  export const FunctionMask: u32 = 1 << 30
}

/** An entry of the MSI-X table. 6.8.2.6 to 6.8.2.9. */
export namespace MsiXEntry {
  export const Address: u32 = 0x00
  export const Data: u32 = 0x08
  export const Control: u32 = 0x0c
  export const Bytes: u32 = 16
  export const Masked: u32 = 1 << 0
}

/** Class codes, in the upper three bytes of Header.Class. */
export namespace ClassCode {
  export const HostBridge: u32 = 0x06_0000 << 8
  export const Other: u32 = 0xff_0000 << 8 // fits no class
}

/** The Q35 memory controller hub. Intel 3 Series Express Chipset data sheet 316966, 5.1. */
export namespace Q35 {
  export const Identification: u32 = 0x29c0_8086
  export const EcamBase: u32 = 0x60 // PCIEXBAR
  export const EcamEnable: u32 = 1 << 0 // with a length field of 0: 256 MiB
}
