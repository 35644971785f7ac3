/** The HPET description table. IA-PC HPET specification 1.0a, 3.2.4. */
import * as hw from '../hw'
import { AcpiTable, Signature } from './acpi'
import { AddressSpace } from './genericaddress'
import { isRegisterReachable } from './physical'
import { Problem, report } from './problems'

const Bytes: u32 = 56
/** Of the register block. 2.3.1. */
const RegisterBytes: u64 = 1024

/** Where the HPET's registers are; 0 without one. */
export let hpetAddress: u64 = 0

/** Reads the table. */
export function readHpet(table: AcpiTable | null): void {
  hpetAddress = 0
  if (table === null) return
  if (table.length < Bytes) report(Problem.TableLength, table.hpa, Signature.Hpet)
  else if (hw.load8(table.hpa + 40) != AddressSpace.Memory || !isRegisterReachable(hw.load64(table.hpa + 44), RegisterBytes)) {
    report(Problem.RegisterBroken, table.hpa + 40, Signature.Hpet)
  } else hpetAddress = hw.load64(table.hpa + 44)
}
