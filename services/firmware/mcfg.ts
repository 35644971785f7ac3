/** PCI Express configuration space in memory (ECAM). PCI Firmware specification 3.3, 4.1.2. */
import { Capacity } from '../../capability/firmware'
import { AcpiTable, Signature } from './acpi'
import { load8, load16, load64 } from './physical'
import { Problem, report } from './problems'
import { record } from './record'

const EntryBytes: u64 = 16

/** Reads the table. */
export function readMcfg(table: AcpiTable | null): void {
  if (table === null) return
  for (let at = table.hpa + 44; at + EntryBytes <= table.hpa + table.length; at += EntryBytes) {
    const first = load8(at + 10)
    const last = load8(at + 11)
    const base = load64(at)
    if (first > last || base == 0 || (base & 0xF_FFFF) != 0) report(Problem.EntryBroken, at, Signature.Mcfg)
    else if (record().configurationSpaceCount == Capacity.ConfigurationSpaces) report(Problem.TooManyEntries, at, Signature.Mcfg)
    else {
      const space = record().configurationSpace(record().configurationSpaceCount++)
      space.base = base
      space.segment = load16(at + 8)
      space.firstBus = <u16>first
      space.lastBus = <u16>last
    }
  }
}
