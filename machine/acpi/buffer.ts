/** One ACPI table under construction in this sandbox's memory. */
import * as ram from '../../capability/ram'

const CAPACITY: u32 = 0x8000
const bytes = memory.data(0x8000)
let used: u32 = 0

/** Offsets in the header that all tables but the FACS and the RSDP share. ACPI 6.5, 5.2.6. */
const LENGTH: u32 = 4
const CHECKSUM: u32 = 9

const OEM_ID = 'TYPERV'
const OEM_TABLE_ID = 'TYPERVSR'
const CREATOR_ID = 'TYPE'
const REVISION: u32 = 1

/** Starts an empty buffer. */
export function reset(): void { used = 0 }

/** Starts a table with the common header; `finishTable` fills in its length and checksum. */
export function beginTable(signature: string, revision: u32): void {
  reset()
  text(signature)
  put32(0)
  put8(revision)
  put8(0)
  text(OEM_ID)
  text(OEM_TABLE_ID)
  put32(REVISION)
  text(CREATOR_ID)
  put32(REVISION)
}

/** Completes the header and writes the table to guest RAM; its length. */
export function finishTable(gpa: u64): u32 {
  patch32(LENGTH, used)
  store<u8>(bytes + CHECKSUM, checksum(used))
  return finish(gpa)
}

/** Writes the buffer as it is to guest RAM; its length. */
export function finish(gpa: u64): u32 {
  ram.copyIn(gpa, bytes, used)
  return used
}

/** What makes the first `length` bytes add up to 0 when it takes the place of a zero among them. */
export function checksum(length: u32): u8 {
  let sum: u32 = 0
  for (let i: u32 = 0; i < length; i++) sum += load<u8>(bytes + i)
  return <u8>(0 - sum)
}

/** Bytes so far. */
export function position(): u32 { return used }

/** Appends a byte. */
export function put8(value: u32): void {
  // The largest table, a DSDT with 32 processors, fills a quarter of it: this would be a broken invariant.
  if (used == CAPACITY) unreachable()
  store<u8>(bytes + used, <u8>value)
  used++
}

/** Appends 16 bits, little-endian like all that follow. */
export function put16(value: u32): void {
  put8(value & 0xff)
  put8(value >> 8 & 0xff)
}

/** Appends 32 bits. */
export function put32(value: u32): void {
  put16(value & 0xffff)
  put16(value >> 16)
}

/** Appends 64 bits. */
export function put64(value: u64): void {
  put32(<u32>value)
  put32(<u32>(value >> 32))
}

/** ASCII without a terminator. */
export function text(value: string): void {
  for (let i = 0; i < value.length; i++) put8(value.charCodeAt(i))
}

/** Appends `count` zero bytes. */
export function zeros(count: u32): void {
  for (let i: u32 = 0; i < count; i++) put8(0)
}

/** Replaces the byte at `offset`. */
export function patch8(offset: u32, value: u32): void { store<u8>(bytes + offset, <u8>value) }

/** Replaces the 32 bits at `offset`. */
export function patch32(offset: u32, value: u32): void { store<u32>(bytes + offset, value) }

/** Makes room for `count` bytes at `offset` by moving up what follows. */
export function insert(offset: u32, count: u32): void {
  const tail = used - offset
  zeros(count)
  memory.copy(bytes + offset + count, bytes + offset, tail)
}
