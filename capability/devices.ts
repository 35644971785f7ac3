/** What the sandbox that looks through the host's PCI buses (services/devices) leaves to the nucleus: the functions for which there is a driver. */

/** A range of the host's physical addresses at which a function has registers. */
@unmanaged export class Window {
  base: u64
  bytes: u64 // 0: none
}
/** Base address registers of a function. PCI Local Bus Specification 3.0, 6.2.5. */
export const WindowCount: u32 = 6

@unmanaged export class DeviceFunction {
  address: u32 //  00h  bus in bits 23:16, device 15:11, function 10:8
  identity: u32 // 04h  vendor, device in the upper half
  class: u32 //    08h  revision, interface, subclass, class in the upper byte
  msi: u32 //      0Ch  offset of its MSI capability, or 0. PCI Local Bus Specification 3.0, 6.8.1
  msix: u32 //     10h  of its MSI-X capability, or 0. 6.8.2
  msixTable: u32 //14h  that capability's second register: offset of the table, in the low three bits the base address register
  driver: u32 //   18h  its module, by the place in driverModules
  line: u32 //     1Ch  the 8259s' input at which its interrupt line arrives; 0: none that is known
  // 20h  its windows
  @inline window(index: u32): Window { return changetype<Window>(changetype<usize>(this) + 0x20 + (<usize>index << 4)) }
  // 80h  the address in words, as in 00:1F.2
  @inline get place(): usize { return changetype<usize>(this) + 0x80 }
}
/** Characters of `place`. */
export const PlaceLength: u32 = 7
export const DeviceFunctionBytes: u32 = 0x88

/** The modules of drivers of PCI functions. */
export const driverModules: StaticArray<string> = ['nvme', 'ahci', 'virtioblk', 'virtionet', 'e1000']
export namespace DriverModule {
  export const Nvme: u32 = 0
  export const Ahci: u32 = 1
  export const VirtioBlock: u32 = 2
  export const VirtioNet: u32 = 3
  export const E1000: u32 = 4
  export const None: u32 = u32.MAX_VALUE
}

/** Drivers that there can be at once. */
export const DeviceLimit: u32 = 8

@unmanaged export class DeviceRecord {
  count: u32
  reserved: u32
  @inline function(index: u32): DeviceFunction { return changetype<DeviceFunction>(changetype<usize>(this) + 8 + <usize>index * DeviceFunctionBytes) }
}
/** Bytes of a DeviceRecord with all its functions. */
export const DeviceRecordBytes: u32 = 8 + DeviceLimit * DeviceFunctionBytes
