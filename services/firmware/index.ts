/** Reads the firmware's ACPI tables and the clock that it keeps, once, at boot: the nucleus takes what `results` points at and ends this sandbox. */
import { readAcpi } from './acpi'
import { record } from './record'
import { readRtc } from './rtc'

/** Reads; always ready, since a machine without ACPI is one too. */
export function start(): i32 {
  readAcpi()
  record().epoch = readRtc()
  return 0
}

/** Where the AcpiRecord is. */
export function results(): usize { return changetype<usize>(record()) }
