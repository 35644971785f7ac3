/** The error status register. Intel SDM vol. 3, 11.5.3. */
import { Action, getRegister, LocalApic, setRegister } from './localapic'
import { accept } from './priority'
import { Lvt, Offset } from '../../capability/localapic'

/** Notes an error; true when that made an error interrupt wait. The first error after a write to the ESR interrupts, those that follow only add their bits. */
export function reportError(apic: LocalApic, error: u32): bool {
  const before = apic.errors
  apic.errors |= error
  const entry = getRegister(apic, Offset.Error)
  return before == 0 && (entry & Lvt.Masked) == 0 && accept(apic, entry & Lvt.Vector, false)
}

/** A write of any value shows the errors since the last one, and arms the error interrupt again. */
export function latchErrors(apic: LocalApic): void {
  setRegister(apic, Offset.ErrorStatus, apic.errors)
  apic.errors = 0
}

/** `reportError` as an action. */
export function errorAction(apic: LocalApic, error: u32): i32 { return reportError(apic, error) ? Action.Evaluate : Action.None }
