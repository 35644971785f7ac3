/** The root system description pointer. ACPI specification 6.5, 5.2.5. */
import * as hw from '../hw'
import { efiSystemTable, rsdpNew, rsdpOld } from './bootinformation'
import { isReachable } from './physical'
import { Problem, report } from './problems'

@inline const Signature: u64 = 0x2052_5450_2044_5352 // 'RSD PTR '
const OldBytes: u64 = 20
const NewBytes: u64 = 36
// A longer structure is not an RSDP of any revision.
const LengthLimit: u32 = 4096

/** Where the RSDP's pointers lead; 0 where there is none. */
export let rsdtAddress: u64 = 0
export let xsdtAddress: u64 = 0
/** 0 is ACPI 1.0, 2 is ACPI 2.0 and later. */
export let rsdpRevision: u32 = 0

/** Sum of `bytes` bytes, modulo 256: 0 for a table that is whole. */
export function checksum(hpa: u64, bytes: u64): u32 {
  let sum: u32 = 0
  for (let at = hpa; at < hpa + bytes; at++) sum += hw.load8(at)
  return sum & 0xFF
}

/** Finds a valid RSDP and reads its pointers: the boot loader's copies first, then EFI's, then where a BIOS keeps it. */
export function findRsdp(): bool {
  rsdtAddress = 0
  xsdtAddress = 0
  rsdpRevision = 0
  if (rsdpNew != 0 && (readRsdp(rsdpNew) || broken(rsdpNew))) return true
  if (rsdpOld != 0 && (readRsdp(rsdpOld) || broken(rsdpOld))) return true
  if (efiSystemTable != 0 && searchEfi(efiSystemTable)) return true
  // The EBDA's first KiB; its segment is at 40Eh. Then the BIOS's read-only memory. 5.2.5.1.
  const ebda = <u64>hw.load16(0x40E) << 4
  if (ebda >= 0x400 && ebda < 0xA_0000 && search(ebda, ebda + 1024)) return true
  if (search(0xE_0000, 0x10_0000)) return true
  report(Problem.RsdpMissing, 0)
  return false
}

function broken(hpa: u64): bool {
  report(Problem.RsdpBroken, hpa)
  return false
}

/** On 16-byte boundaries. */
function search(from: u64, to: u64): bool {
  for (let at = (from + 15) & ~15; at < to; at += 16) if (hw.load64(at) == Signature && readRsdp(at)) return true
  return false
}

function readRsdp(hpa: u64): bool {
  if (!isReachable(hpa, OldBytes) || hw.load64(hpa) != Signature || checksum(hpa, OldBytes) != 0) return false
  const revision = hw.load8(hpa + 15)
  rsdtAddress = hw.load32(hpa + 16)
  rsdpRevision = revision
  xsdtAddress = 0
  if (revision < 2 || !isReachable(hpa, NewBytes)) return true
  const length = hw.load32(hpa + 20)
  // Where only the extension is broken, ACPI 1.0's part still stands.
  if (length < NewBytes || length > LengthLimit || !isReachable(hpa, length) || checksum(hpa, length) != 0) report(Problem.RsdpBroken, hpa)
  else xsdtAddress = hw.load64(hpa + 24)
  return true
}

@inline const EfiSystemTableSignature: u64 = 0x5453_5953_2049_4249 // 'IBI SYST'
const EfiTableLimit: u64 = 256

/** The vendor tables of UEFI specification 2.10, 4.6; GUIDs EB9D2D30-… for ACPI 1.0 and 8868E871-… for 2.0. */
function searchEfi(hpa: u64): bool {
  if (!isReachable(hpa, 120) || hw.load64(hpa) != EfiSystemTableSignature) return false
  const count = min(hw.load64(hpa + 104), EfiTableLimit)
  const tables = hw.load64(hpa + 112)
  if (!isReachable(tables, count * 24)) return false
  let old: u64 = 0
  for (let index: u64 = 0; index < count; index++) {
    const low = hw.load64(tables + index * 24)
    const high = hw.load64(tables + index * 24 + 8)
    const address = hw.load64(tables + index * 24 + 16)
    if (low == 0x11D3_E4F1_8868_E871 && high == 0x8188_3CC7_8000_22BC && readRsdp(address)) return true
    if (low == 0x11D3_2D88_EB9D_2D30 && high == 0x4DC1_3F27_9000_169A) old = address
  }
  return old != 0 && readRsdp(old)
}
