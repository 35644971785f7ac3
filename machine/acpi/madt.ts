/** The MADT: local APICs, the I/O APIC and how the ISA interrupts reach it. ACPI 6.5, 5.2.12. */
import { IoApicFact, Line, Mmio } from '../addresses'
import { beginTable, finishTable, put16, put32, put8 } from './buffer'

const REVISION: u32 = 5
const PCAT_COMPAT: u32 = 1 // there is an 8259 pair as well

/** Structure types. */
namespace Structure {
  export const LocalApic: u32 = 0
  export const IoApic: u32 = 1
  export const InterruptSourceOverride: u32 = 2
  export const LocalApicNmi: u32 = 4
}

const ENABLED: u32 = 1
const ONLINE_CAPABLE: u32 = 2 // not there, but may come
const ISA_BUS: u32 = 0
const ALL_PROCESSORS: u32 = 0xff
const NMI_PIN: u32 = 1 // LINT1

/** MPS INTI flags. Table 5.25. */
namespace Inti {
  export const Conforms: u32 = 0
  export const LevelActiveHigh: u32 = 3 << 2 | 1
}

/** Writes the MADT at `gpa`, of a board with room for `possible` processors, the first `vcpuCount` of which are there; its length. */
export function writeMadt(gpa: u64, possible: u32, vcpuCount: u32): u32 {
  beginTable('APIC', REVISION)
  put32(<u32>Mmio.LocalApic)
  put32(PCAT_COMPAT)
  for (let i: u32 = 0; i < possible; i++) writeLocalApic(i, i < vcpuCount)
  put8(Structure.IoApic)
  put8(12)
  put8(possible & 0xf) // its id: see IoApicFact
  put8(0)
  put32(<u32>Mmio.IoApic)
  put32(0) // its first global system interrupt
  interruptOverride(Line.Timer, IoApicFact.TimerPin, Inti.Conforms)
  interruptOverride(Line.Sci, Line.Sci, Inti.LevelActiveHigh)
  put8(Structure.LocalApicNmi)
  put8(6)
  put8(ALL_PROCESSORS)
  put16(Inti.Conforms)
  put8(NMI_PIN)
  return finishTable(gpa)
}

/** Writes an entry: local APIC n has id n and belongs to processor UID n. 5.2.12.2. */
export function writeLocalApic(number: u32, isPresent: bool): void {
  put8(Structure.LocalApic)
  put8(8)
  put8(number)
  put8(number)
  put32(isPresent ? ENABLED : ONLINE_CAPABLE)
}

function interruptOverride(line: u32, gsi: u32, flags: u32): void {
  put8(Structure.InterruptSourceOverride)
  put8(10)
  put8(ISA_BUS)
  put8(line)
  put32(gsi)
  put16(flags)
}
