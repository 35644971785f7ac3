/** The table that describes the HPET. IA-PC HPET Specification 1.0a, 3.2.4. */
import { HpetFact, Mmio } from '../addresses'
import { beginTable, finishTable, put16, put32, put8 } from './buffer'
import { AccessSize, AddressSpaceId, genericAddress } from './genericAddress'

const REVISION: u32 = 1

/** Writes the table at `gpa`; its length. */
export function writeHpetTable(gpa: u64): u32 {
  beginTable('HPET', REVISION)
  put32(HpetFact.BlockId)
  genericAddress(AddressSpaceId.SystemMemory, 64, AccessSize.Undefined, Mmio.Hpet)
  put8(0) // number of this HPET
  put16(HpetFact.MinimumTick)
  put8(0) // no page protection
  return finishTable(gpa)
}
