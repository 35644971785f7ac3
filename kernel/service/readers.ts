/** The sandboxes that read, once, what others wrote: each lives for that, and what it found outlives it. */
import { AcpiRecordBytes } from '../../capability/firmware'
import { RefusalBytes } from '../../capability/refusal'
import { ConfigurationBytes } from '../../capability/configuration'
import { clearConfiguration, configuration, isSound as isConfigurationSound } from '../config/configuration'
import { acpi, assumeIoApic, clearAcpi, isSound } from '../firmware/acpi'
import { armTimer } from '../interrupts/localapic'
import { say } from '../log/log'
import { Owner } from '../../capability/owner'
import { call, findExport, release, sandbox, takeBytes } from '../sandbox/sandbox'
import { SandboxKind } from '../security/policy'
import { watchdogPeriod } from '../time/timer'
import { mapWindow } from '../vm/memory'
import { setRefused } from '../capability/refusal'
import { Vcpu } from '../vm/vcpu'
import { begin, create } from './served'

/** Of 64 KiB: a pack tells of its VMs in 16 MiB at most. */
const ReaderPages: u32 = 288
/** The MC146818's index, and behind it its data. */
const ClockPort: u32 = 0x70

/** Fills `acpi()`. Whatever the sandbox does, the host goes on. */
export function readFirmware(): void {
  if (!read(SandboxKind.Firmware, 'firmware', changetype<usize>(acpi()), AcpiRecordBytes) || !isSound()) {
    clearAcpi()
    say('firmware: running without ACPI')
  }
  if (acpi().ioApicCount == 0) assumeIoApic()
}

/** Fills `configuration()`; false only when memory for it ran out. */
export function readConfiguration(): bool {
  const record = changetype<usize>(configuration())
  if (!mapWindow(record, (ConfigurationBytes + 4095) >> 12, Owner.Nucleus)) return false
  if (!read(SandboxKind.Configuration, 'configuration', record, ConfigurationBytes) || !isConfigurationSound()) {
    clearConfiguration()
    say('configuration: running without VMs')
  }
  return true
}

const refusal: usize = memory.data(256)

/** Where RefusalBytes are that say why the hardware refused to run a vCPU; 0 when that was not found out, and the log says why. */
export function readRefusal(vcpu: Vcpu): usize {
  setRefused(vcpu)
  return read(SandboxKind.Refusal, 'refusal', refusal, RefusalBytes) ? refusal : 0
}

/** Starts a sandbox, takes its record of `bytes` to `target` and ends it. False where it has left none; the log says why. */
function read(kind: u32, name: string, target: usize, bytes: u32): bool {
  const subject = create(kind, name, name)
  const box = sandbox(subject)
  box.pageLimit = ReaderPages
  box.portBase = ClockPort
  box.portCount = kind == SandboxKind.Firmware ? 2 : 0
  armTimer(watchdogPeriod())
  const isRead = begin(subject) && takeBytes(box, target, <usize>call(box, findExport(box, 'results')), bytes)
  release(subject)
  return isRead
}
