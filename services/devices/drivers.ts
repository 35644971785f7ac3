/** Which driver a function is for, by what it says it is. PCI Code and ID Assignment Specification, 1. */
import { DriverModule } from '../../capability/devices'

/** Vendor and device of virtio's block device, and of a transitional one. VIRTIO 1.2, 4.1.2. */
const VirtioBlock: u32 = 0x1042_1af4
const TransitionalBlock: u32 = 0x1001_1af4
const VirtioNet: u32 = 0x1041_1af4
const TransitionalNet: u32 = 0x1000_1af4
/** Those of Intel's controllers whose registers drivers/e1000 knows: 82540EM, 82545EM and 82574L. */
const I82540: u32 = 0x100e_8086
const I82545: u32 = 0x100f_8086
const I82574: u32 = 0x10d3_8086

/** One of DriverModule. */
export function driverFor(identity: u32, classCode: u32): u32 {
  // NVM Express Base Specification 1.4, 2.1.5: mass storage, non-volatile memory, NVM Express.
  if (classCode >> 8 == 0x01_0802) return DriverModule.Nvme
  // Serial ATA AHCI 1.3.1, 2.1.5: mass storage, Serial ATA, AHCI.
  if (classCode >> 8 == 0x01_0601) return DriverModule.Ahci
  if (identity == VirtioBlock || identity == TransitionalBlock) return DriverModule.VirtioBlock
  if (identity == VirtioNet || identity == TransitionalNet) return DriverModule.VirtioNet
  if (identity == I82540 || identity == I82545 || identity == I82574) return DriverModule.E1000
  return DriverModule.None
}
