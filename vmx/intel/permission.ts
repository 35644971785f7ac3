/**
 * The permission maps, shared by all VMs: everything is intercepted but the MSRs that the VMCS switches with the guest, and those that
 * change hands with the vCPU. SDM vol. 3, 25.6.4 and 25.6.9.
 */
import * as hw from '../../kernel/hw'

/** Bytes: two maps of 4 KiB for ports, then one for MSRs. */
export const PortMapBytes: u64 = 8192
const MsrMapBytes: u64 = 4096
export const PermissionBytes: u64 = PortMapBytes + MsrMapBytes

// Where the MSR map has the reads of the low and of the extended range, a bit an MSR; the writes are 2 KiB behind.
const ExtendedOffset: u64 = 0x400
const WriteOffset: u64 = 0x800
const ExtendedRange: u32 = 0xC000_0000

/** Fills the maps at `hpa`, PermissionBytes of contiguous memory. */
export function fillPermissionMaps(hpa: u64): void {
  for (let at: u64 = 0; at < PermissionBytes; at += 8) hw.store64(hpa + at, u64.MAX_VALUE)
  const msrs = hpa + PortMapBytes
  allow(msrs, 0x174) // SYSENTER_CS, ESP, EIP
  allow(msrs, 0x175)
  allow(msrs, 0x176)
  allow(msrs, 0xC000_0081) // STAR, LSTAR, CSTAR, SFMASK
  allow(msrs, 0xC000_0082)
  allow(msrs, 0xC000_0083)
  allow(msrs, 0xC000_0084)
  allow(msrs, 0xC000_0100) // FS.base, GS.base, KernelGSBase
  allow(msrs, 0xC000_0101)
  allow(msrs, 0xC000_0102)
}

function allow(map: u64, msr: u32): void {
  const offset: u64 = msr >= ExtendedRange ? ExtendedOffset + ((msr - ExtendedRange) >> 3) : msr >> 3
  for (let at = map + offset, end = at + WriteOffset; at <= end; at += WriteOffset) hw.store8(at, hw.load8(at) & ~(1 << (msr & 7)))
}
