import { Window } from '../../capability/devices'

/**
 * What a sandbox may do, as its inline imports check it. Only the security manager writes it; boot/capability.h overlays it
 * as struct capabilities.
 */
@unmanaged export class Capabilities {
  linear: u64 //          00h  virtual address of the sandbox's linear memory
  subject: u32 //         08h  the sandbox's number
  vm: u32 //              0Ch  the VM it belongs to, or NoVm
  blocks: u64 //          10h  ram: virtual address of the VM's table of blocks, 0 for none
  blockCount: u32 //      18h
  portBase: u32 //        1Ch  port
  portCount: u32 //       20h
  granted: u32 //         24h  the set of spaces granted, bits of Space
  clockOffset: u64 //     28h  clock: added to the host's TSC to give the guest's
  clockMultiplier: u64 // 30h  nanoseconds per tick, times 2^32
  ramBytes: u64 //        38h
  aperture: u64 //        40h  screen: host physical address
  apertureBytes: u64 //   48h

  /** device: its registers, by base address register. */
  @inline window(index: u32): Window { return changetype<Window>(changetype<usize>(this) + 0x700 + (<usize>index << 4)) }
}

export const NoVm: u32 = 0xFFFF_FFFF

/** Spaces of imports, as bits. */
export namespace Space {
  export const Ram: u32 = 1 << 0
  export const File: u32 = 1 << 1
  export const Clock: u32 = 1 << 2
  export const Interrupt: u32 = 1 << 3
  export const Serial: u32 = 1 << 4
  export const Power: u32 = 1 << 5
  export const Log: u32 = 1 << 6
  export const Config: u32 = 1 << 7
  export const Start: u32 = 1 << 8
  export const Port: u32 = 1 << 9
  export const Stream: u32 = 1 << 10
  export const Admin: u32 = 1 << 11
  export const Screen: u32 = 1 << 12
  export const Env: u32 = 1 << 13 // AssemblyScript's abort
  export const Firmware: u32 = 1 << 14
  export const Modules: u32 = 1 << 15
  export const Entropy: u32 = 1 << 16
  export const Refusal: u32 = 1 << 17
  export const Device: u32 = 1 << 18
  export const Block: u32 = 1 << 19
  export const Disk: u32 = 1 << 20
  export const Storage: u32 = 1 << 21
  export const Vcpu: u32 = 1 << 22
  export const Net: u32 = 1 << 23
  export const Switch: u32 = 1 << 24
}
