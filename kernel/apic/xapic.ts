/** The register page as a guest reads and writes it. Intel SDM vol. 3, 11.4. */
import { errorAction, latchErrors } from './errors'
import { send } from './icr'
import { Action, getRegister, LocalApic, setRegister } from './localapic'
import { writePin } from './pins'
import { endOfInterrupt, setTaskPriority } from './priority'
import { ErrorStatus, Icr, Lvt, Offset, Spurious } from '../../capability/localapic'
import { currentCount, writeDivide, writeInitialCount, writeTimer } from './timer'

/** True for the registers that exist. */
export function exists(offset: u32): bool {
  if (offset >= Offset.InService && offset <= Offset.ErrorStatus) return true
  if (offset >= Offset.InterruptCommand && offset <= Offset.CurrentCount) return true
  if (offset >= Offset.TaskPriority && offset <= Offset.SpuriousVector) return true
  return offset == Offset.Id || offset == Offset.Version || offset == Offset.DivideConfiguration
}

/**
 * A 32-bit read at `offset`, below 4096. `now` is the guest's TSC. Only the first 4 of a register's 16 bytes are defined.
 * Evaluate afterwards: reading what is not there may raise the error interrupt.
 */
export function readRegister(apic: LocalApic, offset: u32, now: u64): u32 {
  const register = offset & 0xFF0
  if (register == Offset.CurrentCount) setRegister(apic, register, currentCount(apic, now))
  else if (!exists(register)) {
    errorAction(apic, ErrorStatus.IllegalRegister)
    return 0
  } else if (register == Offset.Eoi) return 0 // write-only
  return (offset & 0xF) < 4 ? getRegister(apic, register) >> ((offset & 3) << 3) : 0
}

/** A 32-bit write at `offset`, below 4096. */
export function writeRegister(apic: LocalApic, offset: u32, value: u32, now: u64): i32 {
  switch (offset >> 4) {
    case Offset.Eoi >> 4: return endOfInterrupt(apic)
    case Offset.InterruptCommand >> 4: {
      setRegister(apic, Offset.InterruptCommand, value & ~Icr.DeliveryStatus)
      return send(apic)
    }
    case Offset.InterruptCommandHigh >> 4: return keep(apic, Offset.InterruptCommandHigh, value & 0xFF00_0000)
    case Offset.LogicalDestination >> 4: return keep(apic, Offset.LogicalDestination, value & 0xFF00_0000)
    case Offset.DestinationFormat >> 4: return keep(apic, Offset.DestinationFormat, value | 0x0FFF_FFFF)
  }
  return writeShared(apic, offset & 0xFF0, value, now)
}

/** What is written is what is read, and nothing else comes of it. */
function keep(apic: LocalApic, offset: u32, value: u32): i32 {
  setRegister(apic, offset, value)
  return Action.None
}

/** Registers that are written alike in both modes. */
export function writeShared(apic: LocalApic, offset: u32, value: u32, now: u64): i32 {
  switch (offset >> 4) {
    case Offset.TaskPriority >> 4: return setTaskPriority(apic, value)
    case Offset.SpuriousVector >> 4: return writeSpurious(apic, value)
    case Offset.ErrorStatus >> 4: {
      latchErrors(apic)
      return Action.None
    }
    case Offset.Timer >> 4: return writeTimer(apic, value & writableBits(offset) | forcedMask(apic), now)
    case Offset.Lint0 >> 4:
    case Offset.Lint1 >> 4: return writePin(apic, offset, value & writableBits(offset) | forcedMask(apic))
    case Offset.Thermal >> 4:
    case Offset.PerformanceCounter >> 4:
    case Offset.Error >> 4: return keep(apic, offset, value & writableBits(offset) | forcedMask(apic))
    case Offset.InitialCount >> 4: return writeInitialCount(apic, value, now)
    case Offset.DivideConfiguration >> 4: return writeDivide(apic, value, now)
  }
  return exists(offset) ? Action.None : errorAction(apic, ErrorStatus.IllegalRegister)
}

/** The bits of a local vector table entry that software sets. Figure 11-8. */
export function writableBits(offset: u32): u32 {
  switch (offset >> 4) {
    case Offset.Timer >> 4: return Lvt.Vector | Lvt.Masked | Lvt.TimerMode
    case Offset.Error >> 4: return Lvt.Vector | Lvt.Masked
    case Offset.Lint0 >> 4:
    case Offset.Lint1 >> 4: return Lvt.Vector | Lvt.DeliveryMode | Lvt.ActiveLow | Lvt.Level | Lvt.Masked
  }
  return Lvt.Vector | Lvt.DeliveryMode | Lvt.Masked
}

/** While software has the APIC disabled, entries stay masked. 11.4.7.2. */
@inline function forcedMask(apic: LocalApic): u32 { return apic.accepts == 0 ? Lvt.Masked : 0 }

function writeSpurious(apic: LocalApic, value: u32): i32 {
  setRegister(apic, Offset.SpuriousVector, value & Spurious.Writable)
  const accepts: u32 = (value & Spurious.Enabled) != 0 ? 1 : 0
  if (accepts == apic.accepts) return Action.None
  apic.accepts = accepts
  if (accepts == 0) for (let offset = Offset.Timer; offset <= Offset.Error; offset += 16) setRegister(apic, offset, getRegister(apic, offset) | Lvt.Masked)
  return Action.Evaluate | Action.Timer
}
