/**
 * The permission maps, shared by all VMs: everything is intercepted but the MSRs whose state VMRUN, VMLOAD and VMSAVE switch
 * with the guest. APM vol. 2, 15.10 and 15.11.
 */
import * as hw from '../../kernel/hw'

/** Bytes: 12 KiB of ports, then 8 KiB of MSRs. */
export const PortMapBytes: u64 = 12288
const MsrMapBytes: u64 = 8192
export const PermissionBytes: u64 = PortMapBytes + MsrMapBytes

// Offset in the map and first MSR of the ranges it covers, two bits an MSR. Table 15-9.
const LowRange: u32 = 0x0000_0000
const ExtendedRange: u32 = 0xC000_0000

/** Fills the maps at `hpa`, PermissionBytes of contiguous memory. */
export function fillPermissionMaps(hpa: u64): void {
  for (let at: u64 = 0; at < PermissionBytes; at += 8) hw.store64(hpa + at, u64.MAX_VALUE)
  const msrs = hpa + PortMapBytes
  for (let msr: u32 = 0x174; msr <= 0x176; msr++) allow(msrs, msr) // SYSENTER_CS, ESP, EIP
  for (let msr: u32 = 0xC000_0081; msr <= 0xC000_0084; msr++) allow(msrs, msr) // STAR, LSTAR, CSTAR, SFMASK
  for (let msr: u32 = 0xC000_0100; msr <= 0xC000_0102; msr++) allow(msrs, msr) // FS.base, GS.base, KernelGSBase
}

function allow(map: u64, msr: u32): void {
  const offset: u64 = msr >= ExtendedRange ? 0x800 + ((msr - ExtendedRange) >> 2) : (msr - LowRange) >> 2
  const at = map + offset
  hw.store8(at, hw.load8(at) & ~(3 << ((msr & 3) << 1)))
}
