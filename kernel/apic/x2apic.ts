/** The registers as MSRs 800h–8FFh, in x2APIC mode. Intel SDM vol. 3, 11.12.1. */
import { selfIpi, send } from './icr'
import { Action, getRegister, isX2Apic, LocalApic, setRegister } from './localapic'
import { endOfInterrupt } from './priority'
import { Icr, Lvt, Offset, Spurious } from '../../capability/localapic'
import { currentCount } from './timer'
import { exists, writableBits, writeShared } from './xapic'

/** Bits 31:20, 17:16 and 13 of a command. Figure 11-28. */
const CommandReserved: u32 = 0xFFF3_2000
@inline const ReadOnly: u64 = u64.MAX_VALUE

/** Reads MSR `index`, 800h–8FFh; false is #GP(0). The value is in `apic.value`. */
export function readMsr(apic: LocalApic, index: u32, now: u64): bool {
  const offset = index - 0x800 << 4
  if (!isX2Apic(apic) || !isReadable(offset)) return false
  if (offset == Offset.CurrentCount) apic.value = currentCount(apic, now)
  else if (offset == Offset.InterruptCommand) apic.value = <u64>getRegister(apic, Offset.InterruptCommandHigh) << 32 | getRegister(apic, offset)
  else apic.value = getRegister(apic, offset)
  return true
}

/** Writes MSR `index`, 800h–8FFh. */
export function writeMsr(apic: LocalApic, index: u32, value: u64, now: u64): i32 {
  if (!isX2Apic(apic)) return Action.Fault
  const low = <u32>value
  if (index == 0x800 + (Offset.Eoi >> 4)) return value == 0 ? endOfInterrupt(apic) : Action.Fault
  if (index == 0x800 + (Offset.InterruptCommand >> 4)) {
    if ((low & CommandReserved) != 0) return Action.Fault
    setRegister(apic, Offset.InterruptCommandHigh, <u32>(value >> 32))
    setRegister(apic, Offset.InterruptCommand, low & ~Icr.DeliveryStatus)
    return send(apic)
  }
  const offset = index - 0x800 << 4
  const bits = allowed(offset)
  if (bits == ReadOnly || (value & ~bits) != 0) return Action.Fault
  if (offset == Offset.SelfIpi) return selfIpi(apic, low)
  return writeShared(apic, offset, low, now)
}

/** Some of the page's registers are no MSRs, and EOI cannot be read. Table 11-6. */
function isReadable(offset: u32): bool {
  switch (offset >> 4) {
    case Offset.ArbitrationPriority >> 4:
    case Offset.Eoi >> 4:
    case Offset.RemoteRead >> 4:
    case Offset.DestinationFormat >> 4:
    case Offset.InterruptCommandHigh >> 4: return false
  }
  return exists(offset)
}

/** The bits of a register that may be set in a write; ReadOnly where not even zero can be written. */
function allowed(offset: u32): u64 {
  switch (offset >> 4) {
    case Offset.TaskPriority >> 4:
    case Offset.SelfIpi >> 4: return 0xFF
    case Offset.SpuriousVector >> 4: return Spurious.Writable
    case Offset.ErrorStatus >> 4: return 0
    case Offset.InitialCount >> 4: return u32.MAX_VALUE
    case Offset.DivideConfiguration >> 4: return 0xB
  }
  // Software writes back what it read, status bits included.
  return offset >= Offset.Timer && offset <= Offset.Error ? writableBits(offset) | Lvt.DeliveryStatus | Lvt.RemoteIrr : ReadOnly
}
