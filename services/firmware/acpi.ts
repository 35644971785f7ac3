/** ACPI's tables: the root table and what it points at. ACPI specification 6.5, 5.2.6 to 5.2.8. What is broken is reported and left out. */
import { readFadt } from './fadt'
import { readHpet } from './hpet'
import { readMadt } from './madt'
import { readMcfg } from './mcfg'
import { forgetPage, isReachable, load32, load64 } from './physical'
import { clearProblems, Problem, report } from './problems'
import { clearRecord } from './record'
import { checksum, findRsdp, rsdtAddress, xsdtAddress } from './rsdp'
import { readSleepState } from './sleepstate'

/** Table signatures, first letter in the low byte. */
export namespace Signature {
  export const Rsdt: u32 = 0x5444_5352
  export const Xsdt: u32 = 0x5444_5358
  export const Madt: u32 = 0x4349_5041 // 'APIC'
  export const Fadt: u32 = 0x5043_4146 // 'FACP'
  export const Dsdt: u32 = 0x5444_5344
  export const Ssdt: u32 = 0x5444_5353
  export const Hpet: u32 = 0x5445_5048
  export const Mcfg: u32 = 0x4746_434D
}

/** Bytes of the header that every table begins with. 5.2.6. */
export const HeaderBytes: u32 = 36
// The largest tables known are DSDTs of about a MiB; more is not believed.
const LengthLimit: u32 = 8 << 20

/** A table that was found whole. */
@unmanaged export class AcpiTable {
  hpa: u64 //       00h
  signature: u32 // 08h
  length: u32 //    0Ch
}

const Capacity: u32 = 128
const tables: usize = memory.data(128 * 16, 8)
let count: u32 = 0

/** Finds and reads all the tables into the record; false when there is no ACPI. */
export function readAcpi(): bool {
  count = 0
  forgetPage()
  clearProblems()
  clearRecord()
  const found = findRsdp() && (readRoot(xsdtAddress, Signature.Xsdt, 8) || readRoot(rsdtAddress, Signature.Rsdt, 4))
  readMadt(find(Signature.Madt))
  readHpet(find(Signature.Hpet))
  readMcfg(find(Signature.Mcfg))
  const dsdt = readFadt(find(Signature.Fadt))
  if (dsdt != 0) addTable(dsdt)
  if (found) {
    require(Signature.Madt)
    require(Signature.Fadt)
    readSleepState()
  }
  return found
}

/** How many tables were found whole. */
export function acpiTableCount(): u32 { return count }
/** One of them, in the root table's order. */
export function acpiTable(index: u32): AcpiTable { return changetype<AcpiTable>(tables + <usize>index * offsetof<AcpiTable>()) }

/** The first table with this signature, or null. */
export function find(signature: u32): AcpiTable | null {
  for (let index: u32 = 0; index < count; index++) if (acpiTable(index).signature == signature) return acpiTable(index)
  return null
}

function require(signature: u32): void {
  if (find(signature) === null) report(Problem.TableMissing, 0, signature)
}

function readRoot(hpa: u64, signature: u32, size: u64): bool {
  if (hpa == 0) return false
  const length = validate(hpa)
  if (length == 0) return false
  if (load32(hpa) != signature) {
    report(Problem.RsdpBroken, hpa, signature)
    return false
  }
  for (let at = hpa + HeaderBytes; at + size <= hpa + length; at += size) {
    const table = size == 8 ? load64(at) : <u64>load32(at)
    if (table != 0) addTable(table)
  }
  return true
}

function addTable(hpa: u64): void {
  for (let index: u32 = 0; index < count; index++) if (acpiTable(index).hpa == hpa) return
  if (count == Capacity) {
    report(Problem.TooManyTables, hpa)
    return
  }
  const length = validate(hpa)
  if (length == 0) return
  const table = acpiTable(count++)
  table.hpa = hpa
  table.signature = load32(hpa)
  table.length = length
}

/** The length of a whole table, or 0. */
function validate(hpa: u64): u32 {
  if (!isReachable(hpa, HeaderBytes)) {
    report(Problem.TableUnreachable, hpa)
    return 0
  }
  const signature = load32(hpa)
  const length = load32(hpa + 4)
  if (length < HeaderBytes || length > LengthLimit) report(Problem.TableLength, hpa, signature)
  else if (!isReachable(hpa, length)) report(Problem.TableUnreachable, hpa, signature)
  else if (checksum(hpa, length) != 0) report(Problem.TableChecksum, hpa, signature)
  else return length
  return 0
}
