/** Local interrupts: the vector table and the pins LINT0 (the 8259 pair's INTR) and LINT1 (NMI). Intel SDM vol. 3, 11.5.1. */
import { Action, getRegister, LocalApic, setRegister } from './localapic'
import { accept } from './priority'
import { ApicBase, DeliveryMode, Lvt, Offset, Spurious } from '../../capability/localapic'

/** Delivers the interrupt of one local vector table entry: Evaluate, Nmi or nothing. */
export function raise(apic: LocalApic, offset: u32): i32 {
  const entry = getRegister(apic, offset)
  if ((entry & Lvt.Masked) != 0) return Action.None
  // The timer's and the error entry have no delivery mode: those bits are 0, which is Fixed.
  switch (entry & Lvt.DeliveryMode) {
    case DeliveryMode.Fixed: return accept(apic, entry & Lvt.Vector, false) ? Action.Evaluate : Action.None
    case DeliveryMode.Nmi: return Action.Nmi
    // INIT through a pin is the chipset's reset, which the machine does itself, and there is no SMM.
  }
  return Action.None
}

/** Sets the level of LINT0 (`pin` 0) or LINT1 (1). An ExtINT stays with its 8259 until `acceptsExtInt` allows it. */
export function setPin(apic: LocalApic, pin: u32, level: bool): i32 {
  const before = apic.pins
  apic.pins = level ? before | 1 << pin : before & ~(1 << pin)
  if (apic.pins == before) return Action.None
  const offset = Offset.Lint0 + (pin << 4)
  const entry = getRegister(apic, offset)
  if ((entry & Lvt.DeliveryMode) == DeliveryMode.ExtInt) return Action.Evaluate
  if (isLevel(pin, entry)) return raiseLevel(apic, offset)
  return level ? raise(apic, offset) : Action.None
}

/** True while an interrupt of the 8259 pair may reach this vCPU: through LINT0, or past an APIC that is switched off. 11.4.3. */
export function acceptsExtInt(apic: LocalApic): bool {
  return (apic.base & ApicBase.Enabled) == 0 || (getRegister(apic, Offset.Lint0) & (Lvt.Masked | Lvt.DeliveryMode)) == DeliveryMode.ExtInt
}

/** Sets the pins as a BIOS leaves them on the boot processor, for kernels that know only the 8259: virtual wire mode. MultiProcessor specification 1.4, 3.6.2.2. */
export function enterVirtualWire(apic: LocalApic): void {
  setRegister(apic, Offset.SpuriousVector, Spurious.Enabled | Spurious.Vector)
  apic.accepts = 1
  setRegister(apic, Offset.Lint0, DeliveryMode.ExtInt)
  setRegister(apic, Offset.Lint1, DeliveryMode.Nmi)
}

/** Writes LINT0's or LINT1's entry; a level that is there already interrupts when it is unmasked. */
export function writePin(apic: LocalApic, offset: u32, value: u32): i32 {
  const remote = getRegister(apic, offset) & Lvt.RemoteIrr
  setRegister(apic, offset, value | ((value & Lvt.Level) != 0 ? remote : 0))
  if (isLevel((offset - Offset.Lint0) >> 4, value)) return raiseLevel(apic, offset) | Action.Evaluate
  return Action.Evaluate
}

/** The end of a level-triggered interrupt: a pin that is still asserted interrupts again. */
export function endLevel(apic: LocalApic, vector: u32): i32 {
  let action = Action.None
  for (let offset = Offset.Lint0; offset <= Offset.Lint1; offset += 16) {
    const entry = getRegister(apic, offset)
    if ((entry & Lvt.RemoteIrr) == 0 || (entry & Lvt.Vector) != vector) continue
    setRegister(apic, offset, entry & ~Lvt.RemoteIrr)
    action |= raiseLevel(apic, offset)
  }
  return action
}

/** LINT1 is edge-triggered whatever its bit says. */
@inline function isLevel(pin: u32, entry: u32): bool {
  return pin == 0 && (entry & (Lvt.Level | Lvt.DeliveryMode)) == (Lvt.Level | DeliveryMode.Fixed)
}

function raiseLevel(apic: LocalApic, offset: u32): i32 {
  const entry = getRegister(apic, offset)
  const asserted = (apic.pins >> ((offset - Offset.Lint0) >> 4) & 1) != 0
  if (!asserted || (entry & (Lvt.Masked | Lvt.RemoteIrr)) != 0 || !accept(apic, entry & Lvt.Vector, true)) return Action.None
  setRegister(apic, offset, entry | Lvt.RemoteIrr)
  return Action.Evaluate
}
