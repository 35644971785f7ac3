/** PCI Express configuration space in memory (ECAM). PCI Firmware specification 3.3, 4.1.2. */
import * as hw from '../hw'
import { AcpiTable, Signature } from './acpi'
import { Problem, report } from './problems'

/** One segment's configuration space: the function at bus b, device d, function f is at `base` + (b << 20 | d << 15 | f << 12). */
@unmanaged export class ConfigurationSpace {
  base: u64 //     00h
  segment: u32 //  08h
  firstBus: u16 // 0Ch
  lastBus: u16 //  0Eh
}

const Capacity: u32 = 16
const EntryBytes: u64 = 16
const spaces: usize = memory.data(16 * 16, 8)

/** How many segments have their configuration space in memory. */
export let configurationSpaceCount: u32 = 0

/** One of them. */
export function configurationSpace(index: u32): ConfigurationSpace {
  return changetype<ConfigurationSpace>(spaces + <usize>index * offsetof<ConfigurationSpace>())
}

/** Reads the table. */
export function readMcfg(table: AcpiTable | null): void {
  configurationSpaceCount = 0
  if (table === null) return
  for (let at = table.hpa + 44; at + EntryBytes <= table.hpa + table.length; at += EntryBytes) {
    const first = hw.load8(at + 10)
    const last = hw.load8(at + 11)
    const base = hw.load64(at)
    if (first > last || base == 0 || (base & 0xF_FFFF) != 0) report(Problem.EntryBroken, at, Signature.Mcfg)
    else if (configurationSpaceCount == Capacity) report(Problem.TooManyEntries, at, Signature.Mcfg)
    else {
      const space = configurationSpace(configurationSpaceCount++)
      space.base = base
      space.segment = hw.load16(at + 8)
      space.firstBus = <u16>first
      space.lastBus = <u16>last
    }
  }
}
