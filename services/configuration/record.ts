/** What the pack was found to say, for the nucleus. */
import { Configuration, ConfigurationBytes, Span } from '../../capability/configuration'
import { BootFile } from '../../capability/file'
import { ConfigText, VirtualDevice } from '../../capability/config'
import { DiskFlag, DiskRecord, FileRecord, HostFlag, PACK_NO_FILE, TextField, VmFlag } from './layout'
import { diskRecord, diskSerial, fileName, fileRecord, header, hostName, moduleCommandLine, moduleRecord, textBytes, textOffset, vmCommandLine, vmName, vmRecord } from './pack'

const bytes: usize = memory.data(ConfigurationBytes, 8)

/** The record that is filled. */
export function record(): Configuration { return changetype<Configuration>(bytes) }

/** Fills it from the pack in this boot module, all of which was checked. */
export function fillRecord(module: u32): void {
  memory.fill(bytes, 0, ConfigurationBytes)
  record().module = module
  record().vmCount = header().vmCount
  record().coreScheduling = u32((header().flags & HostFlag.CoreScheduling) != 0)
  setText(record().hostName, hostName())
  for (let i: u32 = 0; i < header().vmCount; i++) fillVm(i)
  for (let i: u32 = 0; i < header().diskCount; i++) addDisk(diskRecord(i))
}

function fillVm(index: u32): void {
  const from = vmRecord(index)
  const to = record().vm(index)
  to.memory = from.memory
  to.vcpuCount = from.vcpuCount
  to.maxVcpus = from.maxVcpus != 0 ? from.maxVcpus : from.vcpuCount
  to.protocol = from.protocol
  to.autostart = u32((from.flags & VmFlag.Autostart) != 0)
  to.mirror = u32((from.flags & VmFlag.Mirror) != 0)
  to.weight = from.weight
  to.onReboot = from.onReboot
  to.onCrash = from.onCrash
  to.moduleCount = from.moduleCount
  to.cap = from.cap
  to.affinity = from.affinity
  to.preferred = from.preferred
  to.devices = (from.flags & VmFlag.Entropy) != 0 ? VirtualDevice.Entropy : 0
  setText(to.text(ConfigText.Name), vmName(from))
  setText(to.text(ConfigText.CommandLine), vmCommandLine(from))
  setText(to.kernelName, fileName(fileRecord(from.kernel)))
  setFile(to.file(BootFile.Kernel), fileRecord(from.kernel))
  if (from.initrd != PACK_NO_FILE) setFile(to.file(BootFile.Initrd), fileRecord(from.initrd))
  for (let i: u32 = 0; i < from.moduleCount; i++) {
    const module = moduleRecord(from.firstModule + i)
    setFile(to.file(BootFile.FirstModule + i), fileRecord(module.file))
    setText(to.text(ConfigText.ModuleCommandLine + i), moduleCommandLine(module))
  }
}

function addDisk(from: DiskRecord): void {
  const vm = record().vm(from.vm)
  const to = vm.disk(vm.diskCount++)
  to.readOnly = u32((from.flags & DiskFlag.ReadOnly) != 0)
  to.isVolume = u32((from.flags & DiskFlag.Volume) != 0)
  to.nameLength = from.serialLength
  memory.copy(to.name, textBytes(diskSerial(from)), from.serialLength)
}

function setText(span: Span, text: TextField): void {
  span.offset = textOffset(text)
  span.length = text.length
}

function setFile(span: Span, file: FileRecord): void {
  span.offset = file.offset
  span.length = file.size
}
