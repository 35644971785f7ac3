/** What the tables were found to say, for the nucleus. */
import { AcpiRecord, AcpiRecordBytes, Capacity } from '../../capability/firmware'
import { ApicBase } from '../../capability/localapic'

const bytes: usize = memory.data(AcpiRecordBytes, 8)

/** The record that is filled. */
export function record(): AcpiRecord { return changetype<AcpiRecord>(bytes) }

/** A machine of which no table says anything: ISA interrupts arrive one to one, the local APIC is where it is after reset, and there is a pair of 8259s. */
export function clearRecord(): void {
  memory.fill(bytes, 0, AcpiRecordBytes)
  record().localApicAddress = <u32>ApicBase.Default
  record().hasLegacyPic = 1
  for (let irq: u32 = 0; irq < Capacity.Isa; irq++) record().isaInterrupt(irq).globalInterrupt = irq
}
