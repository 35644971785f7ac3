/** PCI configuration space of the host's functions. PCI Local Bus Specification 3.0, chapter 6 and appendix H; PCI-to-PCI Bridge Architecture 1.2, 3.2. */
export namespace Header {
  export const Identity: u32 = 0x00 // vendor, device
  export const Command: u32 = 0x04 // status in the upper half
  export const Class: u32 = 0x08 // revision, interface, subclass, class
  export const Type: u32 = 0x0C // in bits 22:16; bit 23: the device has several functions
  export const BaseAddresses: u32 = 0x10
  export const Buses: u32 = 0x18 // of a bridge: primary, secondary, subordinate
  export const Capabilities: u32 = 0x34
}
export namespace HeaderType {
  export const Several: u32 = 1 << 23
  export const Mask: u32 = 0x7F << 16
  export const Function: u32 = 0 << 16
  export const Bridge: u32 = 1 << 16
}
export namespace Command {
  export const MemorySpace: u32 = 1 << 1
  export const Statuses: u32 = 0xFFFF << 16 // cleared by writing ones
}
export namespace Status { export const Capabilities: u32 = 1 << 20 }
export namespace BaseAddress {
  export const Ports: u32 = 1 << 0
  export const Wide: u32 = 2 << 1 // of two registers
  export const TypeMask: u32 = 3 << 1
  export const MemoryMask: u32 = ~(<u32>0xF)
}
export namespace Capability {
  export const Msi: u32 = 0x05
  export const MsiX: u32 = 0x11
}
