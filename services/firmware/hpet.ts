/** The HPET description table. IA-PC HPET specification 1.0a, 3.2.4. */
import { HpetBytes, isDevice } from '../../capability/firmware'
import { AcpiTable, Signature } from './acpi'
import { AddressSpace } from './genericaddress'
import { load8, load64 } from './physical'
import { Problem, report } from './problems'
import { record } from './record'

const Bytes: u32 = 56

/** Reads the table. */
export function readHpet(table: AcpiTable | null): void {
  if (table === null) return
  if (table.length < Bytes) report(Problem.TableLength, table.hpa, Signature.Hpet)
  else if (load8(table.hpa + 40) != AddressSpace.Memory || !isDevice(load64(table.hpa + 44), HpetBytes)) {
    report(Problem.RegisterBroken, table.hpa + 40, Signature.Hpet)
  } else record().hpetAddress = load64(table.hpa + 44)
}
