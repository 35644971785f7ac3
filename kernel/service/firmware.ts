/** The sandbox that reads the firmware's tables: it lives for that, and what it found outlives it. */
import { AcpiRecordBytes } from '../../capability/firmware'
import { acpi, assumeIoApic, clearAcpi, isSound } from '../firmware/acpi'
import { armTimer } from '../interrupts/localapic'
import { say } from '../log/log'
import { call, findExport, release, sandbox, takeBytes } from '../sandbox/sandbox'
import { SandboxKind } from '../security/policy'
import { watchdogPeriod } from '../time/timer'
import { begin, create } from './served'

/** Fills `acpi()`. Whatever the sandbox does, the host goes on. */
export function readFirmware(): void {
  const subject = create(SandboxKind.Firmware, 'firmware', 'firmware')
  const box = sandbox(subject)
  armTimer(watchdogPeriod())
  const isRead = begin(subject) && takeBytes(box, changetype<usize>(acpi()), <usize>call(box, findExport(box, 'results')), AcpiRecordBytes)
  if (!isRead || !isSound()) {
    clearAcpi()
    say('firmware: running without ACPI')
  }
  if (acpi().ioApicCount == 0) assumeIoApic()
  release(subject)
}
