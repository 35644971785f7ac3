/** The root system description pointer. ACPI specification 6.5, 5.2.5. */
import { RootPointers, rootPointers, RsdpCapacity, RsdpCopy } from '../../capability/firmware'
import { isReachable, load8, load16, load64 } from './physical'
import { Problem, report } from './problems'

@inline const Signature: u64 = 0x2052_5450_2044_5352 // 'RSD PTR '

/** Offsets in the structure. */
namespace Field {
  export const Revision: usize = 15
  export const Rsdt: usize = 16
  export const Length: usize = 20
  export const Xsdt: usize = 24
}

const OldBytes: u32 = 20
const NewBytes: u32 = 36
const candidate: usize = memory.data(64, 8)
const pointers: usize = memory.data(144, 8)

/** The RSDT's address; 0 where there is none. */
export let rsdtAddress: u64 = 0
/** The XSDT's. */
export let xsdtAddress: u64 = 0
/** 0 is ACPI 1.0, 2 is ACPI 2.0 and later. */
export let rsdpRevision: u32 = 0

/** Sum of `bytes` bytes, modulo 256: 0 for a table that is whole. */
export function checksum(hpa: u64, bytes: u64): u32 {
  let sum: u32 = 0
  for (let at = hpa; at < hpa + bytes; at++) sum += load8(at)
  return sum & 0xFF
}

/** Finds a valid RSDP and reads its pointers: the boot loader's copies first, then EFI's, then where a BIOS keeps it. */
export function findRsdp(): bool {
  rsdtAddress = 0
  xsdtAddress = 0
  rsdpRevision = 0
  const told = changetype<RootPointers>(pointers)
  rootPointers(pointers)
  if (readCopy(told.newer) || readCopy(told.older)) return true
  if (told.efiSystemTable != 0 && searchEfi(told.efiSystemTable)) return true
  // The EBDA's first KiB; its segment is at 40Eh. Then the BIOS's read-only memory. 5.2.5.1.
  const ebda = <u64>load16(0x40E) << 4
  if (ebda >= 0x400 && ebda < 0xA_0000 && search(ebda, ebda + 1024)) return true
  if (search(0xE_0000, 0x10_0000)) return true
  report(Problem.RsdpMissing, 0)
  return false
}

function readCopy(rsdp: RsdpCopy): bool { return rsdp.bytes != 0 && (readRsdp(rsdp.copy, min(rsdp.bytes, RsdpCapacity)) || broken()) }

function broken(): bool {
  report(Problem.RsdpBroken, 0)
  return false
}

/** On 16-byte boundaries. */
function search(from: u64, to: u64): bool {
  for (let at = (from + 15) & ~15; at < to; at += 16) if (load64(at) == Signature && readAt(at)) return true
  return false
}

function readAt(hpa: u64): bool {
  const bytes = isReachable(hpa, RsdpCapacity) ? RsdpCapacity : OldBytes
  if (!isReachable(hpa, bytes)) return false
  for (let index: u32 = 0; index < bytes; index++) store<u8>(candidate + index, <u8>load8(hpa + index))
  return readRsdp(candidate, bytes)
}

/** Reads a copied RSDP, if its first 20 bytes are whole. */
function readRsdp(rsdp: usize, bytes: u32): bool {
  if (bytes < OldBytes || load<u64>(rsdp) != Signature || sum(rsdp, OldBytes) != 0) return false
  rsdtAddress = load<u32>(rsdp, Field.Rsdt)
  rsdpRevision = load<u8>(rsdp, Field.Revision)
  xsdtAddress = 0
  if (rsdpRevision < 2) return true
  const length: u32 = bytes < NewBytes ? 0 : load<u32>(rsdp, Field.Length)
  // Where only the extension is broken or cut off, ACPI 1.0's part still stands.
  if (length < NewBytes || length > bytes || sum(rsdp, length) != 0) broken()
  else xsdtAddress = load<u64>(rsdp, Field.Xsdt)
  return true
}

function sum(rsdp: usize, bytes: u32): u32 {
  let total: u32 = 0
  for (let index: u32 = 0; index < bytes; index++) total += load<u8>(rsdp + index)
  return total & 0xFF
}

@inline const EfiSystemTableSignature: u64 = 0x5453_5953_2049_4249 // 'IBI SYST'
const EfiTableLimit: u64 = 256

/** The vendor tables of UEFI specification 2.10, 4.6; GUIDs EB9D2D30-… for ACPI 1.0 and 8868E871-… for 2.0. */
function searchEfi(hpa: u64): bool {
  if (!isReachable(hpa, 120) || load64(hpa) != EfiSystemTableSignature) return false
  const count = min(load64(hpa + 104), EfiTableLimit)
  const tables = load64(hpa + 112)
  if (!isReachable(tables, count * 24)) return false
  let old: u64 = 0
  for (let index: u64 = 0; index < count; index++) {
    const low = load64(tables + index * 24)
    const high = load64(tables + index * 24 + 8)
    const address = load64(tables + index * 24 + 16)
    if (low == 0x11D3_E4F1_8868_E871 && high == 0x8188_3CC7_8000_22BC && readAt(address)) return true
    if (low == 0x11D3_2D88_EB9D_2D30 && high == 0x4DC1_3F27_9000_169A) old = address
  }
  return old != 0 && readAt(old)
}
