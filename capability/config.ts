/** What the configuration says of this sandbox's VM. */
export namespace BootProtocol {
  export const Linux: u32 = 1
  export const Multiboot: u32 = 2
  export const Multiboot2: u32 = 3
  export const Pvh: u32 = 4
  export const Firmware: u32 = 5
}

/** Most bytes of a VM's firmware: above FF00_0000h there are no devices. */
@inline export const FirmwareLimit: u64 = 16 << 20

/** Keys of `number`. */
export namespace ConfigNumber {
  export const BootProtocol: u32 = 1
  export const VcpuCount: u32 = 2 // that the administrator wants it to have, also later on
  export const ModuleCount: u32 = 3
  export const TscFrequency: u32 = 4 // Hz, as the guest's TSC ticks
  export const ApicFrequency: u32 = 5 // Hz, the local APIC timer's input clock
  export const MaxVcpus: u32 = 6 // that it can have until its next start
  export const Devices: u32 = 7 // bits of VirtualDevice: what it has beyond what every VM has
  export const MemoryWanted: u32 = 9 // bytes of RAM that its administrator wants it to have
  export const PhysicalWidth: u32 = 8 // bits of a physical address, as CPUID says
}

/** Ports of a VM's console at most, and bytes of their names, line feeds included. */
@inline export const ConsolePortLimit: u32 = 8
@inline export const ConsolePortsLimit: u32 = ConsolePortLimit * 32

/** Devices that a VM can be without. */
export namespace VirtualDevice {
  export const Entropy: u32 = 1 << 0
  export const Balloon: u32 = 1 << 1
  export const MemoryReporting: u32 = 1 << 2 // with Balloon: its guest says which memory nobody uses
  export const Transitional: u32 = 1 << 3 // virtio devices that drivers from before virtio 1.0 find, too
}

/** Keys of `text`. ModuleCommandLine + n is module n's. ConsolePorts are the names of its console's ports, a line feed between two, the first one's first; empty: it has no console but its serial port. */
export namespace ConfigText {
  export const Name: u32 = 0
  export const CommandLine: u32 = 1
  export const ConsolePorts: u32 = 2
  export const ModuleCommandLine: u32 = 3
}

@external('config', 'number') export declare function number(key: u32): u64

/** Copies at most `capacity` bytes of UTF-8 (no terminator) to `target`; returns the text's full length. */
@external('config', 'text') export declare function text(key: u32, target: usize, capacity: u32): u32
