/** Configuration space of the host's PCI functions. PCI Local Bus Specification 3.0, chapter 6 and appendix H; PCI-to-PCI Bridge Architecture 1.2, 3.2. */
export namespace Header {
  export const Identity: u32 = 0x00 // vendor, device
  export const Command: u32 = 0x04 // status in the upper half
  export const Class: u32 = 0x08 // revision, interface, subclass, class
  export const Type: u32 = 0x0C // in bits 22:16; bit 23: the device has several functions
  export const BaseAddresses: u32 = 0x10
  export const Buses: u32 = 0x18 // of a bridge: primary, secondary, subordinate
  export const MemoryWindow: u32 = 0x20 // of a bridge: base, limit
  export const PrefetchableWindow: u32 = 0x24 // likewise; the upper halves of both follow
  export const PrefetchableBaseUpper: u32 = 0x28
  export const PrefetchableLimitUpper: u32 = 0x2C
  export const ExpansionRom: u32 = 0x30
  export const Capabilities: u32 = 0x34
  export const BridgeExpansionRom: u32 = 0x38
  export const InterruptLine: u32 = 0x3C // line, pin
}
export namespace HeaderType {
  export const Several: u32 = 1 << 23
  export const Mask: u32 = 0x7F << 16
  export const Function: u32 = 0 << 16
  export const Bridge: u32 = 1 << 16
}
export namespace Command {
  export const MemorySpace: u32 = 1 << 1
  export const BusMaster: u32 = 1 << 2
  export const InterruptDisable: u32 = 1 << 10
  export const Mask: u32 = 0xFFFF // the status above is cleared by ones
}
export namespace Status { export const Capabilities: u32 = 1 << 20 }
export namespace BaseAddress {
  export const Ports: u32 = 1 << 0
  export const Wide: u32 = 2 << 1 // of two registers
  export const TypeMask: u32 = 3 << 1
  export const Prefetchable: u32 = 1 << 3
  export const MemoryMask: u32 = ~(<u32>0xF)
}
/** Class and subclass; and of a bridge that passes on what nobody else answers for, its interface too. PCI Code and ID Assignment Specification, 1. */
export namespace Class {
  export const HostBridge: u32 = 0x0600
  export const SubtractiveBridge: u32 = 0x06_0401
}
/** Identities of capabilities. */
export namespace Capability {
  export const Msi: u32 = 0x05
  export const MsiX: u32 = 0x11
}
/** MSI's control register, in the upper half of the capability's first. 6.8.1.3. */
export namespace Msi {
  export const Enable: u32 = 1 << 16
  export const Several: u32 = 7 << 20
  export const Wide: u32 = 1 << 23 // its address has 64 bits
}
/** MSI-X's. 6.8.2.3. */
export namespace MsiX {
  export const Enable: u32 = 1 << 31
  export const FunctionMask: u32 = 1 << 30
}
