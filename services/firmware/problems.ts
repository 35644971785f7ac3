/** What is wrong with the firmware's tables, said in the log. */
import { append, appendByte, appendHexadecimal, isEmpty, say } from '../logline'

/** Kinds of problem. */
export namespace Problem {
  export const RsdpMissing: string = 'no ACPI RSDP was found in the boot information, the EBDA or E0000h-FFFFFh; running without ACPI'
  export const RsdpBroken: string = 'the ACPI RSDP has a wrong signature or checksum and is not used'
  export const TableUnreachable: string = 'the table lies outside mapped memory and is not used'
  export const TableLength: string = 'the length in the table header is impossible; the table is not used'
  export const TableChecksum: string = 'the checksum is wrong; the table is not used'
  export const TableMissing: string = 'the firmware has no usable table of this name'
  export const TooManyTables: string = 'there are more tables than can be kept; the rest is not used'
  export const EntryBroken: string = 'an entry has an impossible length; the entries behind it were not read'
  export const TooManyEntries: string = 'there are more entries than can be kept; the rest is not used'
  export const SleepStateMissing: string = 'no _S5_ package was found; the host cannot be switched off by software'
  export const RegisterBroken: string = 'a register has an address space or an address that cannot be used; it is left alone'
}

const Limit: u32 = 32
let count: u32 = 0

/** Starts counting anew. */
export function clearProblems(): void { count = 0 }

/** Says what is wrong at `hpa`, if that is not 0, with the table of this signature, if there is one. Endless lists help nobody. */
export function report(problem: string, hpa: u64, signature: u32 = 0): void {
  count++
  if (count > Limit + 1) return
  if (count <= Limit) describe(problem, hpa, signature)
  else append('there are more problems, which are not listed')
  say()
}

function describe(problem: string, hpa: u64, signature: u32): void {
  if (signature != 0) {
    append('ACPI table ')
    for (let shift: u32 = 0; shift < 32; shift += 8) appendByte(printable(signature >> shift & 0xFF))
  }
  if (hpa != 0) {
    append(signature != 0 ? ' at ' : 'at ')
    appendHexadecimal(hpa)
  }
  if (!isEmpty()) append(': ')
  append(problem)
}

@inline function printable(byte: u32): u32 { return byte >= 0x20 && byte < 0x7F ? byte : 0x3F /* ? */ }
