/**
 * The permission maps, shared by all VMs: everything is intercepted but the MSRs that the VMCS switches with the guest, and those that
 * change hands with the vCPU. SDM vol. 3, 25.6.4 and 25.6.9.
 */
import * as hw from '../../kernel/hw'

/** Bytes: two maps of 4 KiB for ports, one for MSRs, and one for MSRs where the hardware virtualizes an x2APIC. */
const PortMapBytes: u64 = 8192
const MsrMapBytes: u64 = 4096
export const PermissionBytes: u64 = PortMapBytes + 2 * MsrMapBytes

// Where the MSR map has the reads of the low and of the extended range, a bit an MSR; the writes are 2 KiB behind.
const ExtendedOffset: u64 = 0x400
const WriteOffset: u64 = 0x800
const ExtendedRange: u32 = 0xC000_0000

let maps: u64 = 0

/** hpa of the map of MSRs. */
export function msrMap(hasX2Apic: bool): u64 { return maps + PortMapBytes + (hasX2Apic ? MsrMapBytes : 0) }

/** Fills the maps at `hpa`, PermissionBytes of contiguous memory. */
export function fillPermissionMaps(hpa: u64): void {
  for (let at: u64 = 0; at < PermissionBytes; at += 8) hw.store64(hpa + at, u64.MAX_VALUE)
  maps = hpa
  fillMsrMap(msrMap(false))
  fillMsrMap(msrMap(true))
  allowX2Apic(msrMap(true))
}

function fillMsrMap(msrs: u64): void {
  for (let msr: u32 = 0x174; msr <= 0x176; msr++) allow(msrs, msr) // SYSENTER_CS, ESP, EIP
  for (let msr: u32 = 0xC000_0081; msr <= 0xC000_0084; msr++) allow(msrs, msr) // STAR, LSTAR, CSTAR, SFMASK
  for (let msr: u32 = 0xC000_0100; msr <= 0xC000_0102; msr++) allow(msrs, msr) // FS.base, GS.base, KernelGSBase
}

function allow(map: u64, msr: u32): void {
  allowRead(map, msr)
  allowRead(map + WriteOffset, msr)
}

function allowRead(map: u64, msr: u32): void {
  const at = map + (msr >= ExtendedRange ? ExtendedOffset + ((msr - ExtendedRange) >> 3) : msr >> 3)
  hw.store8(at, hw.load8(at) & ~(1 << (msr & 7)))
}

/**
 * What the hardware does right by itself: reads of the registers that exist, but of the current count, which nobody counts, and of the command, whose
 * halves it would take from one place; writes of TPR, EOI and SELF IPI. 30.5.
 */
function allowX2Apic(map: u64): void {
  allowRead(map, 0x802)
  allowRead(map, 0x803)
  allowRead(map, 0x80A)
  allowRead(map, 0x80D)
  allowRead(map, 0x80F)
  for (let msr: u32 = 0x810; msr <= 0x828; msr++) allowRead(map, msr) // ISR, TMR, IRR, ESR
  for (let msr: u32 = 0x832; msr <= 0x838; msr++) allowRead(map, msr) // local vector table and initial count
  allowRead(map, 0x83E)
  allow(map, 0x808)
  allowRead(map + WriteOffset, 0x80B)
  allowRead(map + WriteOffset, 0x83F)
}
