/** Reads the firmware's ACPI tables, once, at boot: the nucleus takes what `results` points at and ends this sandbox. */
import { readAcpi } from './acpi'
import { record } from './record'

/** Reads; always ready, since a machine without ACPI is one too. */
export function start(): i32 {
  readAcpi()
  return 0
}

/** Where the AcpiRecord is. */
export function results(): usize { return changetype<usize>(record()) }
