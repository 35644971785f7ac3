/** The VMs configured, as the sandbox that read the pack found them (services/configuration): taken only as a whole, and only when it can be carried out. */
import { RestartPolicy } from '../../capability/admin'
import { Configuration, ConfigurationBytes, ConfigurationLimit, DiskNameLimit, FirstUplink, MemoryLimit, Span, SpanCapacity, VmConfiguration } from '../../capability/configuration'
import { bootModule, bootModuleCount } from '../firmware/bootinformation'
import * as hw from '../hw'
import * as words from '../log/text'
import { Frame } from '../memory/block'
import { DirectBase, WindowBase } from '../memory/layout'
import { isOwnMemory, sandbox } from '../sandbox/sandbox'

/** Bytes that are shown of a name, at most. */
@inline const NameLimit: u64 = 255
const RecordBase: usize = WindowBase + 0x3D00_0000

/** All zero where nothing is configured. */
@inline export function configuration(): Configuration { return changetype<Configuration>(RecordBase) }

/** Goes on as without VMs. */
export function clearConfiguration(): void { memory.fill(RecordBase, 0, ConfigurationBytes) }

/** True when the record that was copied to `configuration()` names no byte outside its boot module, and no number that cannot be. */
export function isSound(): bool {
  const found = configuration()
  if (found.module >= bootModuleCount() || found.vmCount > ConfigurationLimit.Vms || !isInside(found.hostName)) return false
  found.base = bootModule(found.module).base
  for (let i: u32 = 0; i < found.vmCount; i++) if (!isPossible(found.vm(i))) return false
  for (let i: u32 = 0; i < ConfigurationLimit.Images; i++) if (!isInside(found.storage.image(i).file)) return false
  return true
}

function isPossible(vm: VmConfiguration): bool {
  for (let i: u32 = 0; i < SpanCapacity; i++) if (!isInside(vm.span(i))) return false
  for (let i: u32 = 0; i < ConfigurationLimit.Disks; i++) if (vm.disk(i).nameLength > DiskNameLimit) return false
  return vm.memory != 0 && vm.memory <= vm.maxMemory && vm.maxMemory <= MemoryLimit && (vm.memory | vm.maxMemory) % Frame.LargeBytes == 0 && vm.vcpuCount != 0 && vm.vcpuCount <= vm.maxVcpus && vm.maxVcpus <= ConfigurationLimit.Vcpus &&
    vm.weight != 0 && vm.weight <= ConfigurationLimit.Weight && vm.onReboot <= RestartPolicy.Pause && vm.onCrash <= RestartPolicy.Pause && vm.diskCount <= ConfigurationLimit.Disks && vm.interfaceCount <= ConfigurationLimit.Interfaces && vm.firstPort <= FirstUplink - vm.interfaceCount
}

/** True when a VM has the medium with this serial number as its disk: it is not the pool's. */
export function isRaw(name: usize, length: u32): bool {
  for (let i: u32 = 0; i < configuration().vmCount; i++) {
    const vm = configuration().vm(i)
    for (let index: u32 = 0; index < vm.diskCount; index++) {
      const disk = vm.disk(index)
      if (disk.isVolume == 0 && disk.nameLength == length && memory.compare(disk.name, name, length) == 0) return true
    }
  }
  return false
}

function isInside(span: Span): bool {
  const module = bootModule(configuration().module)
  const bytes = module.end - module.base
  return span.offset <= bytes && span.length <= bytes - span.offset
}

/** Where a span's first byte lies. */
@inline export function hpaOf(span: Span): u64 { return configuration().base + span.offset }

/** Appends a name to the line being built. */
export function appendName(span: Span): void { for (let i: u64 = 0; i < min(span.length, NameLimit); i++) words.byte(hw.load8(hpaOf(span) + i)) }

/** Copies at most `capacity` bytes of a text to the sandbox that asked; returns its whole length. */
export function giveSpan(subject: u32, span: Span, target: usize, capacity: u32): u32 {
  const count = <u32>min(span.length, <u64>capacity)
  if (isOwnMemory(sandbox(subject), target, count)) hw.copyVirtual(sandbox(subject).linear + target, DirectBase + hpaOf(span), count)
  return <u32>span.length
}
