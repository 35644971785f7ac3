/** What was wrong with what the boot loader and the firmware handed over: kept in a table and shown once there is a console. */

/** Kinds of problem. `signature` names the ACPI table, where there is one. */
export namespace Problem {
  export const NotMultiboot: u32 = 0
  export const InformationUnreachable: u32 = 1
  export const MemoryMapMissing: u32 = 2
  export const MemoryMapBroken: u32 = 3
  export const TooManyRanges: u32 = 4
  export const ModuleBroken: u32 = 5
  export const TooManyModules: u32 = 6
  export const TextCut: u32 = 7
  export const TagBroken: u32 = 8
  export const RsdpMissing: u32 = 9
  export const RsdpBroken: u32 = 10
  export const TableUnreachable: u32 = 11
  export const TableLength: u32 = 12
  export const TableChecksum: u32 = 13
  export const TableMissing: u32 = 14
  export const TooManyTables: u32 = 15
  export const EntryBroken: u32 = 16
  export const TooManyEntries: u32 = 17
  export const SleepStateMissing: u32 = 18
  export const RegisterBroken: u32 = 19
}

@unmanaged class Record {
  kind: u32
  signature: u32
  hpa: u64
}

const Capacity: u32 = 32
const records: usize = memory.data(32 * 16, 8)
let count: u32 = 0

/** Notes a problem; past the table's end they are only counted. */
export function report(kind: u32, hpa: u64, signature: u32 = 0): void {
  if (count < Capacity) {
    const record = at(count)
    record.kind = kind
    record.signature = signature
    record.hpa = hpa
  }
  count++
}

/** How many problems there were. Those from 32 on have no text of their own. */
export function problemCount(): u32 { return count }

/** The kind of one problem. */
export function problemKind(index: u32): u32 { return index < min(count, Capacity) ? at(index).kind : u32.MAX_VALUE }

/** Forgets all. */
export function clearProblems(): void { count = 0 }

/** One problem in words: writes at most `capacity` bytes of UTF-8 and returns the full length; 0 when there is no such problem. */
export function problemText(index: u32, target: usize, capacity: u32): u32 {
  if (index >= min(count, Capacity)) return 0
  const record = at(index)
  cursor = target
  room = capacity
  length = 0
  if (record.signature != 0) {
    write('ACPI table ')
    for (let shift: u32 = 0; shift < 32; shift += 8) writeByte(printable(record.signature >> shift & 0xFF))
  }
  if (record.hpa != 0) {
    write(record.signature != 0 ? ' at ' : 'at ')
    writeHexadecimal(record.hpa)
  }
  if (length != 0) write(': ')
  write(words(record.kind))
  return length
}

function words(kind: u32): string {
  switch (kind) {
    case Problem.NotMultiboot: return 'the boot loader does not speak Multiboot 1 or 2; boot with GRUB or another Multiboot loader'
    case Problem.InformationUnreachable: return 'boot information lies outside mapped memory and was not read'
    case Problem.MemoryMapMissing: return 'the boot loader gave no memory map; only the memory sizes of its basic information are used'
    case Problem.MemoryMapBroken: return 'an entry of the memory map is malformed; the rest of the map was not read'
    case Problem.TooManyRanges: return 'the memory map has more ranges than can be kept; the RAM of the rest is not used'
    case Problem.ModuleBroken: return 'a boot module lies outside mapped memory or ends before it begins; it is not used'
    case Problem.TooManyModules: return 'there are more boot modules than can be kept; the rest is not used'
    case Problem.TextCut: return 'a text from the boot loader is too long and was cut'
    case Problem.TagBroken: return 'a tag of the boot information is malformed; the tags behind it were not read'
    case Problem.RsdpMissing: return 'no ACPI RSDP was found in the boot information, the EBDA or E0000h-FFFFFh; running without ACPI'
    case Problem.RsdpBroken: return 'the ACPI RSDP has a wrong signature or checksum and is not used'
    case Problem.TableUnreachable: return 'the table lies outside mapped memory and is not used'
    case Problem.TableLength: return 'the length in the table header is impossible; the table is not used'
    case Problem.TableChecksum: return 'the checksum is wrong; the table is not used'
    case Problem.TableMissing: return 'the firmware has no usable table of this name'
    case Problem.TooManyTables: return 'there are more tables than can be kept; the rest is not used'
    case Problem.EntryBroken: return 'an entry has an impossible length; the entries behind it were not read'
    case Problem.TooManyEntries: return 'there are more entries than can be kept; the rest is not used'
    case Problem.SleepStateMissing: return 'no _S5_ package was found; the host cannot be switched off by software'
    case Problem.RegisterBroken: return 'a register has an address space or an address that cannot be used; it is left alone'
  }
  return 'unknown problem'
}

let cursor: usize = 0
let room: u32 = 0
let length: u32 = 0

@inline function at(index: u32): Record { return changetype<Record>(records + <usize>index * offsetof<Record>()) }

@inline function printable(byte: u32): u32 { return byte >= 0x20 && byte < 0x7F ? byte : 0x3F /* ? */ }

function writeByte(byte: u32): void {
  if (length < room) store<u8>(cursor + length, <u8>byte)
  length++
}

function write(text: string): void {
  for (let index = 0; index < text.length; index++) writeByte(text.charCodeAt(index))
}

function writeHexadecimal(value: u64): void {
  let shift = (63 - <i32>clz(value)) & ~3
  for (; shift >= 0; shift -= 4) {
    const digit = <u32>(value >> shift & 0xF)
    writeByte(digit < 10 ? 0x30 + digit : 0x37 + digit)
  }
  writeByte(0x68) // h
}
