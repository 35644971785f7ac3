/** The ACPI tables of a VM, in the firmware area below 1 MiB. */
import { ConfigNumber, number } from '../../capability/config'
import * as ram from '../../capability/ram'
import { Layout } from '../layout'
import { writeDsdt } from './dsdt'
import { writeFacs, writeFadt } from './fadt'
import { writeHpetTable } from './hpet'
import { writeMadt } from './madt'
import { writeMcfg } from './mcfg'
import { clearList, listTable, writeRsdp, writeRsdt, writeXsdt } from './rootTables'

/** The FACS has to lie at a multiple of 64. */
const FACS_OFFSET: u64 = 0x40
const FACS_BYTES: u64 = 0x40
const ALIGNMENT: u64 = 16

/** Writes all tables; the RSDP comes first in `Layout.Acpi`. Before `boot` of machine/loader, which passes them on. */
export function writeTables(): void {
  const possible = <u32>number(ConfigNumber.MaxVcpus)
  ram.zero(Layout.Acpi, Layout.AcpiSize)
  clearList()
  const facs = Layout.Acpi + FACS_OFFSET
  writeFacs(facs)
  const dsdt = facs + FACS_BYTES
  let next = after(dsdt, writeDsdt(dsdt, possible))
  next = listed(next, writeFadt(next, facs, dsdt))
  next = listed(next, writeMadt(next, possible, <u32>number(ConfigNumber.VcpuCount)))
  next = listed(next, writeHpetTable(next))
  next = listed(next, writeMcfg(next))
  const rsdt = next
  const xsdt = after(rsdt, writeRsdt(rsdt))
  writeXsdt(xsdt)
  writeRsdp(Layout.Acpi, rsdt, xsdt)
}

/** Lists a table that was just written; where the next one goes. */
function listed(gpa: u64, length: u32): u64 {
  listTable(gpa)
  return after(gpa, length)
}

function after(gpa: u64, length: u32): u64 { return (gpa + length + ALIGNMENT - 1) & ~(ALIGNMENT - 1) }
