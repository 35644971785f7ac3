/** Processors and interrupt controllers: the multiple APIC description table. ACPI specification 6.5, 5.2.12. */
import * as hw from '../hw'
import { AcpiTable, Signature } from './acpi'
import { Problem, report } from './problems'

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

/** A processor that can be started. */
@unmanaged export class Cpu {
  apicId: u32 // 00h
  uid: u32 //    04h  ACPI's number for it
}

/** An I/O APIC. */
@unmanaged export class IoApic {
  address: u64 //             00h
  id: u32 //                  08h
  globalInterruptBase: u32 // 0Ch
}

/** An ISA interrupt that is wired otherwise than one to one. */
@unmanaged export class InterruptOverride {
  source: u32 //          00h  ISA interrupt
  globalInterrupt: u32 // 04h
  flags: u32 //           08h  bits 1:0 polarity, 3:2 trigger mode; 0 is the bus's own, 1 high or edge, 3 low or level
}

/** A local interrupt pin wired to NMI. */
@unmanaged export class LocalNmi {
  uid: u32 //   00h  all ones: every processor
  pin: u32 //   04h  LINT0 or LINT1
  flags: u32 // 08h  as InterruptOverride's
}

const CpuCapacity: u32 = 512
const IoApicCapacity: u32 = 32
const OverrideCapacity: u32 = 32
const NmiCapacity: u32 = 32
const cpus: usize = memory.data(512 * 8, 8)
const ioApics: usize = memory.data(32 * 16, 8)
const overrides: usize = memory.data(32 * 12, 8)
const nmis: usize = memory.data(32 * 12, 8)

/** Processors that can be started. */
export let cpuCount: u32 = 0
/** I/O APICs. */
export let ioApicCount: u32 = 0
/** Interrupt source overrides. */
export let overrideCount: u32 = 0
/** Local NMIs. */
export let localNmiCount: u32 = 0
/** Where the local APICs' registers are. */
export let localApicAddress: u64 = 0
/** True where there is a pair of 8259s to be masked. */
export let hasLegacyPic: bool = true

/** One processor; the others below are one of their kind each. */
export function cpu(index: u32): Cpu { return changetype<Cpu>(cpus + <usize>index * offsetof<Cpu>()) }
export function ioApic(index: u32): IoApic { return changetype<IoApic>(ioApics + <usize>index * offsetof<IoApic>()) }
export function interruptOverride(index: u32): InterruptOverride { return changetype<InterruptOverride>(overrides + <usize>index * offsetof<InterruptOverride>()) }
export function localNmi(index: u32): LocalNmi { return changetype<LocalNmi>(nmis + <usize>index * offsetof<LocalNmi>()) }

/** The global system interrupt that an ISA interrupt arrives as. */
export function globalInterruptOf(isa: u32): u32 {
  for (let index: u32 = 0; index < overrideCount; index++) if (interruptOverride(index).source == isa) return interruptOverride(index).globalInterrupt
  return isa
}

/** Reads the table. */
export function readMadt(table: AcpiTable | null): void {
  cpuCount = 0
  ioApicCount = 0
  overrideCount = 0
  localNmiCount = 0
  localApicAddress = 0xFEE0_0000
  hasLegacyPic = true
  if (table === null) return
  if (table.length < 44) {
    report(Problem.TableLength, table.hpa, Signature.Madt)
    return
  }
  localApicAddress = hw.load32(table.hpa + 36)
  hasLegacyPic = (hw.load32(table.hpa + 40) & 1) != 0
  const end = table.hpa + table.length
  let at = table.hpa + 44
  while (at + 2 <= end) {
    const type = hw.load8(at)
    const length = hw.load8(at + 1)
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
    case Structure.LocalApic: return addCpu(at, hw.load8(at + 3), hw.load8(at + 2), hw.load32(at + 4))
    case Structure.LocalX2Apic: return addCpu(at, hw.load32(at + 4), hw.load32(at + 12), hw.load32(at + 8))
    case Structure.IoApic: return addIoApic(at)
    case Structure.InterruptSourceOverride: return addOverride(at)
    case Structure.LocalApicNmi: {
      const uid = hw.load8(at + 2)
      return addNmi(at, uid == 0xFF ? u32.MAX_VALUE : uid, hw.load8(at + 5), hw.load16(at + 3))
    }
    case Structure.LocalX2ApicNmi: return addNmi(at, hw.load32(at + 4), hw.load8(at + 8), hw.load16(at + 2))
    case Structure.LocalApicAddressOverride: {
      localApicAddress = hw.load64(at + 4)
      return
    }
  }
}

function addCpu(at: u64, apicId: u32, uid: u32, flags: u32): void {
  // Only what is enabled now: an "online capable" slot has no processor in it yet.
  if ((flags & 1) == 0) return
  for (let index: u32 = 0; index < cpuCount; index++) if (cpu(index).apicId == apicId) return
  if (cpuCount == CpuCapacity) return report(Problem.TooManyEntries, at, Signature.Madt)
  const processor = cpu(cpuCount++)
  processor.apicId = apicId
  processor.uid = uid
}

function addIoApic(at: u64): void {
  if (ioApicCount == IoApicCapacity) return report(Problem.TooManyEntries, at, Signature.Madt)
  const controller = ioApic(ioApicCount++)
  controller.id = hw.load8(at + 2)
  controller.address = hw.load32(at + 4)
  controller.globalInterruptBase = hw.load32(at + 8)
}

function addOverride(at: u64): void {
  // Bus 0 is ISA, the only one defined.
  if (hw.load8(at + 2) != 0) return
  if (overrideCount == OverrideCapacity) return report(Problem.TooManyEntries, at, Signature.Madt)
  const wiring = interruptOverride(overrideCount++)
  wiring.source = hw.load8(at + 3)
  wiring.globalInterrupt = hw.load32(at + 4)
  wiring.flags = hw.load16(at + 8)
}

function addNmi(at: u64, uid: u32, pin: u32, flags: u32): void {
  if (localNmiCount == NmiCapacity) return report(Problem.TooManyEntries, at, Signature.Madt)
  const nmi = localNmi(localNmiCount++)
  nmi.uid = uid
  nmi.pin = pin & 1
  nmi.flags = flags
}
