/** The sandboxes that read, once, what others wrote: each lives for that, and what it found outlives it. */
import { DeviceLimit, DeviceRecord, DeviceRecordBytes, Window } from '../../capability/devices'
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
import { mapDirect } from '../memory/paging'
import { mapWindow } from '../vm/memory'
import { setRefused } from '../capability/refusal'
import { Vcpu } from '../vm/vcpu'
import { begin, create } from './served'

/** Of 64 KiB: a pack tells of its VMs in 16 MiB at most. */
const ReaderPages: u32 = 288
/** The MC146818's index, and behind it its data. */
const ClockPort: u32 = 0x70

/** CONFIG_ADDRESS, and behind it CONFIG_DATA. PCI Local Bus Specification 3.0, 3.2.2.3.2. */
const ConfigurationPort: u32 = 0xCF8

const devices: usize = memory.data(8 + 8 * 0x88, 8)
/** The host's devices that there are drivers for. */
@inline export function devicesFound(): DeviceRecord { return changetype<DeviceRecord>(devices) }

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

/** Fills `devicesFound()`. */
export function readDevices(): void {
  const record = changetype<usize>(devicesFound())
  if (!read(SandboxKind.Devices, 'devices', record, DeviceRecordBytes) || devicesFound().count > DeviceLimit) memory.fill(record, 0, DeviceRecordBytes)
}

/** Starts a sandbox, takes its record of `bytes` to `target` and ends it. False where it has left none; the log says why. */
function read(kind: u32, name: string, target: usize, bytes: u32): bool {
  const subject = create(kind, name, name)
  const box = sandbox(subject)
  box.pageLimit = ReaderPages
  if (kind == SandboxKind.Firmware) {
    box.portBase = ClockPort
    box.portCount = 2
  } else if (kind == SandboxKind.Devices) {
    box.portBase = ConfigurationPort
    box.portCount = 8
    giveConfigurationSpace(box.window(0))
  }
  armTimer(watchdogPeriod())
  const isRead = begin(subject) && takeBytes(box, target, <usize>call(box, findExport(box, 'results')), bytes)
  release(subject)
  return isRead
}

/** The configuration space of the first segment, when it begins with bus 0; that it lies in no RAM has been seen to. */
function giveConfigurationSpace(window: Window): void {
  if (acpi().configurationSpaceCount == 0) return
  const space = acpi().configurationSpace(0)
  const bytes = <u64>(space.lastBus + 1) << 20
  if (space.segment != 0 || space.firstBus != 0 || !mapDirect(space.base, space.base + bytes)) return
  window.base = space.base
  window.bytes = bytes
}
