/**
 * The processors in the DSDT: devices in a container, those after the first with the methods by which they come and go while the guest runs. ACPI 6.5, 8.4,
 * 6.3 and 5.6.4.
 */
import { BlockLength, Port } from '../addresses'
import { Notification } from '../processors/registers'
import { close, fieldUnit, integer, name, nameInteger, numberedPath, openBytes, openDevice, openField, openNumberedDevice, openScope, path, portRegion, rootPath, stringTerm } from './aml'
import { andTerm, argument, local, noTarget, notifyTerm, openIf, openMethod, openSerializedMethod, returnTerm, shiftLeftTerm, storeTerm } from './amlMethod'
import { writeLocalApic } from './madt'

/** _STA: present, enabled, shown, working. 6.3.7. */
const STATUS_PRESENT: u32 = 15

/** Writes the container, in \_SB, with as many processors as there can be. */
export function writeProcessors(possible: u32): void {
  const container = openDevice('CPUS')
  name('_HID')
  stringTerm('ACPI0010')
  nameInteger('_UID', 0)
  if (possible > 1) {
    writeRegisters()
    writeStatusMethod()
    writeReportMethod()
  }
  for (let i: u32 = 0; i < possible; i++) writeProcessor(i)
  if (possible > 1) writeScanMethod(possible)
  close(container)
}

/** Writes what the event that tells of them does. */
export function writeProcessorEvent(): void {
  const scope = openScope('_GPE')
  const method = openMethod('_E00', 0) // GeneralEvent.Processors, whose status is cleared before the method runs: what comes meanwhile is seen by its next run
  rootPath('_SB_CPUSCSCN', 3)
  close(method)
  close(scope)
}

/** machine/processors/registers.ts. */
function writeRegisters(): void {
  portRegion('PREG', Port.Processors, BlockLength.Processors)
  const field = openField('PREG')
  fieldUnit('PRES', 32)
  fieldUnit('INSR', 32)
  fieldUnit('ASKD', 32)
  fieldUnit('EJCT', 8)
  fieldUnit('OSTN', 8)
  fieldUnit('OSTE', 8)
  fieldUnit('OSTS', 8)
  close(field)
}

/** `_UID` is the processor UID of the MADT. The first one stays, and needs no methods. */
function writeProcessor(number: u32): void {
  const processor = openNumberedDevice('C', number)
  name('_HID')
  stringTerm('ACPI0007')
  nameInteger('_UID', number)
  if (number != 0) {
    writeMethods(number)
    // Its entry in the MADT as it is when it is there: nobody asks before.
    const entry = openBytes('_MAT', 8)
    writeLocalApic(number, true)
    close(entry)
  }
  close(processor)
}

function writeMethods(number: u32): void {
  const status = openMethod('_STA', 0)
  returnTerm()
  path('CSTA')
  integer(number)
  close(status)
  const eject = openMethod('_EJ0', 1)
  storeTerm()
  integer(number)
  path('EJCT')
  close(eject)
  const report = openMethod('_OST', 3)
  path('COST')
  integer(number)
  argument(0)
  argument(1)
  close(report)
}

/** `CSTA (number)`: the status of a processor. */
function writeStatusMethod(): void {
  const method = openMethod('CSTA', 1)
  const present = openIf()
  andTerm()
  path('PRES')
  shiftLeftTerm()
  integer(1)
  argument(0)
  noTarget()
  noTarget()
  returnTerm()
  integer(STATUS_PRESENT)
  close(present)
  returnTerm()
  integer(0)
  close(method)
}

/** `COST (number, event, status)`: what became of what a processor was notified of. */
function writeReportMethod(): void {
  const method = openSerializedMethod('COST', 3)
  assign('OSTN', 0)
  assign('OSTE', 1)
  assign('OSTS', 2)
  close(method)
}

function assign(register: string, from: u32): void {
  storeTerm()
  argument(from)
  path(register)
}

/** `CSCN ()`: notifies the processors that have come or are wanted back. */
function writeScanMethod(possible: u32): void {
  const method = openMethod('CSCN', 0)
  take('INSR', 0)
  take('ASKD', 1)
  for (let i: u32 = 1; i < possible; i++) {
    writeNotification(i, 0, Notification.DeviceCheck)
    writeNotification(i, 1, Notification.EjectRequest)
  }
  close(method)
}

/** Reads a register in which ones are cleared by writing them, and clears what was read. */
function take(register: string, variable: u32): void {
  storeTerm()
  path(register)
  local(variable)
  storeTerm()
  local(variable)
  path(register)
}

function writeNotification(number: u32, variable: u32, value: u32): void {
  const chosen = openIf()
  andTerm()
  local(variable)
  integer(1 << number)
  noTarget()
  notifyTerm()
  numberedPath('C', number)
  integer(value)
  close(chosen)
}
