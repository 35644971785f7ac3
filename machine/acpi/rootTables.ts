/** The tables that lead to all others: RSDP, RSDT and XSDT. ACPI 6.5, 5.2.5, 5.2.7 and 5.2.8. */
import { beginTable, checksum, finish, finishTable, patch8, put32, put64, put8, reset, text, zeros } from './buffer'

const RSDP_REVISION: u32 = 2
const RSDP_BYTES: u32 = 36
/** The part that ACPI 1.0 knew has a checksum of its own. */
const RSDP_FIRST_BYTES: u32 = 20
const RSDP_CHECKSUM: u32 = 8
const RSDP_EXTENDED_CHECKSUM: u32 = 32
const REVISION: u32 = 1

/** The tables listed so far. */
const CAPACITY: u32 = 8
const list = memory.data(8 * 8)
let count: u32 = 0

/** Forgets what was listed. */
export function clearList(): void { count = 0 }

/** Lists the table at `gpa`. */
export function listTable(gpa: u64): void {
  if (count == CAPACITY) unreachable() // the caller has a fixed set of tables
  store<u64>(list + <usize>count * 8, gpa)
  count++
}

/** Writes the RSDT, with addresses of 32 bits, at `gpa`; its length. */
export function writeRsdt(gpa: u64): u32 {
  beginTable('RSDT', REVISION)
  for (let i: u32 = 0; i < count; i++) put32(<u32>load<u64>(list + <usize>i * 8))
  return finishTable(gpa)
}

/** Writes the XSDT, with addresses of 64 bits, at `gpa`; its length. */
export function writeXsdt(gpa: u64): u32 {
  beginTable('XSDT', REVISION)
  for (let i: u32 = 0; i < count; i++) put64(load<u64>(list + <usize>i * 8))
  return finishTable(gpa)
}

/** Writes the RSDP at `gpa`, a multiple of 16; its length. */
export function writeRsdp(gpa: u64, rsdt: u64, xsdt: u64): u32 {
  reset()
  text('RSD PTR ')
  put8(0)
  text('TYPERV')
  put8(RSDP_REVISION)
  put32(<u32>rsdt)
  put32(RSDP_BYTES)
  put64(xsdt)
  zeros(4)
  patch8(RSDP_CHECKSUM, checksum(RSDP_FIRST_BYTES))
  patch8(RSDP_EXTENDED_CHECKSUM, checksum(RSDP_BYTES))
  return finish(gpa)
}
