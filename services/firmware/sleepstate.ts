/**
 * The values that switch the machine off. They are in AML, as the package \_S5_ (ACPI specification 6.5, 7.4.2 and 20.2). There is
 * no AML interpreter, but every firmware writes this package as constants, and so its bytes can be looked for.
 */
import { acpiTable, acpiTableCount, HeaderBytes, Signature } from './acpi'
import { load8, load32 } from './physical'
import { Problem, report } from './problems'
import { record } from './record'

/** AML's encodings. 20.2.2 to 20.2.5. */
namespace Aml {
  export const Zero: u32 = 0x00
  export const One: u32 = 0x01
  export const Name: u32 = 0x08
  export const Byte: u32 = 0x0A
  export const Word: u32 = 0x0B
  export const DoubleWord: u32 = 0x0C
  export const Package: u32 = 0x12
  export const Root: u32 = 0x5C
}

const SleepStateName: u32 = 0x5F35_535F // '_S5_'

/** Looks through the DSDT and the SSDTs. */
export function readSleepState(): void {
  for (let index: u32 = 0; index < acpiTableCount() && record().hasSleepState5 == 0; index++) {
    const table = acpiTable(index)
    if (table.signature == Signature.Dsdt || table.signature == Signature.Ssdt) scan(table.hpa + HeaderBytes, table.hpa + table.length)
  }
  if (record().hasSleepState5 == 0) report(Problem.SleepStateMissing, 0, Signature.Dsdt)
}

let cursor: u64 = 0
let limit: u64 = 0

function scan(begin: u64, end: u64): void {
  for (let at = begin; at + 4 <= end; at++) {
    if (load8(at) != 0x5F || load32(at) != SleepStateName || !isNamed(begin, at)) continue
    cursor = at + 4
    limit = end
    if (readPackage()) {
      record().hasSleepState5 = 1
      return
    }
  }
}

/** A definition, not a use: NameOp stands before it, perhaps with a root prefix between. */
function isNamed(begin: u64, at: u64): bool {
  if (at < begin + 1) return false
  const before = load8(at - 1)
  return before == Aml.Name || before == Aml.Root && at >= begin + 2 && load8(at - 2) == Aml.Name
}

function readPackage(): bool {
  if (next() != Aml.Package) return false
  // The length's first byte says in bits 7:6 how many more there are.
  const more = next() >> 6
  cursor += more
  const elements = next()
  if (elements == 0 || elements > 255) return false
  const a = integer()
  if (a < 0) return false
  const b = elements > 1 ? integer() : a
  record().sleepTypeA = <u32>a & 7
  record().sleepTypeB = <u32>(b < 0 ? a : b) & 7
  return true
}

/** A constant, or -1 for anything else. */
function integer(): i64 {
  const code = next()
  if (code == Aml.Zero || code == Aml.One) return code
  let bytes: u32 = 0
  if (code == Aml.Byte) bytes = 1
  else if (code == Aml.Word) bytes = 2
  else if (code == Aml.DoubleWord) bytes = 4
  else return -1
  if (cursor + bytes > limit) return -1
  let value: i64 = 0
  for (let index: u32 = 0; index < bytes; index++) value |= <i64>next() << (index << 3)
  return value
}

/** The next byte, or 100h at the end. */
function next(): u32 { return cursor < limit ? load8(cursor++) : 0x100 }
