/** Writes methods in AML: terms that are carried out. ACPI 6.5, 20.2.5.2 to 20.2.6. */
import { close, openNamed } from './aml'
import { position, put8 } from './buffer'

/** Opcodes. */
namespace Op {
  export const Zero: u32 = 0x00
  export const Method: u32 = 0x14
  export const Local0: u32 = 0x60
  export const Arg0: u32 = 0x68
  export const Store: u32 = 0x70
  export const ShiftLeft: u32 = 0x79
  export const And: u32 = 0x7b
  export const Notify: u32 = 0x86
  export const If: u32 = 0xa0
  export const Return: u32 = 0xa4
}

const SERIALIZED: u32 = 1 << 3

/** `Method (label, argumentCount)`, with 0–7 arguments; what is opened is closed as in aml.ts. */
export function openMethod(label: string, argumentCount: u32): u32 {
  const start = openNamed(Op.Method, label)
  put8(argumentCount)
  return start
}

/** The same of a method that runs once at a time. */
export function openSerializedMethod(label: string, argumentCount: u32): u32 { return openMethod(label, argumentCount | SERIALIZED) }

/** A method that does nothing. */
export function emptyMethod(label: string, argumentCount: u32): void { close(openMethod(label, argumentCount)) }

/** `If (predicate)`: the predicate is the next term, what is done follows it. */
export function openIf(): u32 {
  put8(Op.If)
  return position()
}

// Each of these has its operands as the next terms, in the order given. A method is called by its path, and its arguments are the next terms.

/** `Store (value, target)`. */
export function storeTerm(): void { put8(Op.Store) }

/** `Return (value)`. */
export function returnTerm(): void { put8(Op.Return) }

/** `Notify (device, value)`. */
export function notifyTerm(): void { put8(Op.Notify) }

/** `And (one, other, target)`. */
export function andTerm(): void { put8(Op.And) }

/** `ShiftLeft (value, count, target)`. */
export function shiftLeftTerm(): void { put8(Op.ShiftLeft) }

/** Where a result goes that goes nowhere else. */
export function noTarget(): void { put8(Op.Zero) }

/** A method's argument, from 0 on. */
export function argument(number: u32): void { put8(Op.Arg0 + number) }

/** A method's local variable, from 0 on. */
export function local(number: u32): void { put8(Op.Local0 + number) }
