/** The MCFG: where PCI configuration space lies in memory. PCI Firmware Specification 3.0, 4.1.2. */
import { Mmio, PciBus } from '../addresses'
import { beginTable, finishTable, put16, put32, put64, put8, zeros } from './buffer'

const REVISION: u32 = 1

/** Writes the MCFG at `gpa`; its length. */
export function writeMcfg(gpa: u64): u32 {
  beginTable('MCFG', REVISION)
  zeros(8)
  put64(Mmio.Ecam)
  put16(0) // segment group
  put8(PciBus.First)
  put8(PciBus.Last)
  put32(0)
  return finishTable(gpa)
}
