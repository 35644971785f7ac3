/** Processors and interrupt controllers: the multiple APIC description table. ACPI specification 6.5, 5.2.12. */
import { Capacity, IoApicBytes, isDevice } from '../../capability/firmware'
import { AcpiTable, Signature } from './acpi'
import { load8, load16, load32, load64 } from './physical'
import { Problem, report } from './problems'
import { record } from './record'

/** Interrupt controller structures. Table 5.21. */
namespace Structure {
  export const LocalApic: u32 = 0
  export const IoApic: u32 = 1
  export const InterruptSourceOverride: u32 = 2
  export const LocalApicNmi: u32 = 4
  export const LocalApicAddressOverride: u32 = 5
  export const LocalX2Apic: u32 = 9
  export const LocalX2ApicNmi: u32 = 10
}

/** Reads the table. */
export function readMadt(table: AcpiTable | null): void {
  if (table === null) return
  if (table.length < 44) {
    report(Problem.TableLength, table.hpa, Signature.Madt)
    return
  }
  record().localApicAddress = load32(table.hpa + 36)
  record().hasLegacyPic = load32(table.hpa + 40) & 1
  const end = table.hpa + table.length
  let at = table.hpa + 44
  while (at + 2 <= end) {
    const type = load8(at)
    const length = load8(at + 1)
    if (length < 2 || at + length > end || length < minimum(type)) {
      report(Problem.EntryBroken, at, Signature.Madt)
      return
    }
    readStructure(type, at)
    at += length
  }
}

/** The least length of a structure that is read. */
function minimum(type: u32): u32 {
  switch (type) {
    case Structure.LocalApic: return 8
    case Structure.IoApic: return 12
    case Structure.InterruptSourceOverride: return 10
    case Structure.LocalApicNmi: return 6
    case Structure.LocalApicAddressOverride: return 12
    case Structure.LocalX2Apic: return 16
    case Structure.LocalX2ApicNmi: return 12
  }
  return 2
}

function readStructure(type: u32, at: u64): void {
  switch (type) {
    case Structure.LocalApic: return addCpu(at, load8(at + 3), load8(at + 2), load32(at + 4))
    case Structure.LocalX2Apic: return addCpu(at, load32(at + 4), load32(at + 12), load32(at + 8))
    case Structure.IoApic: return addIoApic(at)
    case Structure.InterruptSourceOverride: return addOverride(at)
    case Structure.LocalApicNmi: {
      const uid = load8(at + 2)
      return addNmi(at, uid == 0xFF ? u32.MAX_VALUE : uid, load8(at + 5), load16(at + 3))
    }
    case Structure.LocalX2ApicNmi: return addNmi(at, load32(at + 4), load8(at + 8), load16(at + 2))
    case Structure.LocalApicAddressOverride: {
      record().localApicAddress = load64(at + 4)
      return
    }
  }
}

function addCpu(at: u64, apicId: u32, uid: u32, flags: u32): void {
  // Only what is enabled now: an "online capable" slot has no processor in it yet.
  if ((flags & 1) == 0) return
  for (let index: u32 = 0; index < record().cpuCount; index++) if (record().cpu(index).apicId == apicId) return
  if (record().cpuCount == Capacity.Cpus) return report(Problem.TooManyEntries, at, Signature.Madt)
  const processor = record().cpu(record().cpuCount++)
  processor.apicId = apicId
  processor.uid = uid
}

function addIoApic(at: u64): void {
  const address = load32(at + 4)
  if (!isDevice(address, IoApicBytes)) return report(Problem.RegisterBroken, at, Signature.Madt)
  if (record().ioApicCount == Capacity.IoApics) return report(Problem.TooManyEntries, at, Signature.Madt)
  const controller = record().ioApic(record().ioApicCount++)
  controller.id = load8(at + 2)
  controller.address = address
  controller.globalInterruptBase = load32(at + 8)
}

function addOverride(at: u64): void {
  // Bus 0 is ISA, the only one defined.
  const irq = load8(at + 3)
  if (load8(at + 2) != 0 || irq >= Capacity.Isa) return
  const wiring = record().isaInterrupt(irq)
  wiring.globalInterrupt = load32(at + 4)
  wiring.flags = load16(at + 8)
}

function addNmi(at: u64, uid: u32, pin: u32, flags: u32): void {
  if (record().localNmiCount == Capacity.LocalNmis) return report(Problem.TooManyEntries, at, Signature.Madt)
  const nmi = record().localNmi(record().localNmiCount++)
  nmi.uid = uid
  nmi.pin = pin & 1
  nmi.flags = flags
}
