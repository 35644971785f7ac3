/** What the pack was found to say, for the nucleus. */
import { PortSettingsBytes, SwitchNameBytes, SwitchOperation } from '../../capability/switch'
import { Configuration, ConfigurationBytes, ConfigurationLimit, FirstUplink, Span } from '../../capability/configuration'
import { BootFile } from '../../capability/file'
import { ConfigText, VirtualDevice } from '../../capability/config'
import { DiskFlag, DiskRecord, FileRecord, HostFlag, PACK_NO_FILE, PACK_NO_VM, PortRecord, TextField, VmFlag } from './layout'
import { diskRecord, diskSerial, fileName, fileRecord, header, hostName, moduleCommandLine, moduleRecord, networkName, networkRecord, portRecord, textBytes, textOffset, vmCommandLine, vmConsolePorts, vmName, vmRecord } from './pack'
import { fillStorage } from './storage'

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
  for (let i: u32 = 0; i < header().networkCount; i++) addNetwork(i)
  for (let i: u32 = 0; i < header().portCount; i++) addPort(portRecord(i), i)
  fillStorage(record().storage)
}

function fillVm(index: u32): void {
  const from = vmRecord(index)
  const to = record().vm(index)
  to.memory = from.memory
  to.minMemory = from.minMemory != 0 ? from.minMemory : from.memory
  to.maxMemory = from.maxMemory != 0 ? from.maxMemory : from.memory
  to.memoryWeight = from.memoryWeight
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
  to.devices = ((from.flags & VmFlag.Entropy) != 0 ? VirtualDevice.Entropy : 0) | (to.minMemory != to.maxMemory ? VirtualDevice.Balloon : 0) |
    ((from.flags & VmFlag.MemoryReporting) != 0 ? VirtualDevice.Balloon | VirtualDevice.MemoryReporting : 0) |
    ((from.flags & VmFlag.Transitional) != 0 ? VirtualDevice.Transitional : 0)
  setText(to.text(ConfigText.Name), vmName(from))
  setText(to.text(ConfigText.CommandLine), vmCommandLine(from))
  setText(to.text(ConfigText.ConsolePorts), vmConsolePorts(from))
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

/** The order that makes a switch. */
function addNetwork(index: u32): void {
  const from = networkRecord(index)
  const to = record().order(index)
  to.operation = SwitchOperation.Create
  memory.copy(to.name, textBytes(networkName(from)), from.nameLength)
  store<u64>(record().uplink(index), from.uplink)
}

/** The order that attaches a port, whose number is that of its record, or of its network when it is an uplink. */
function addPort(from: PortRecord, index: u32): void {
  const port = from.vm == PACK_NO_VM ? FirstUplink + from.network : index
  const to = record().order(ConfigurationLimit.Networks + port)
  to.operation = SwitchOperation.Attach
  to.port = port
  memory.copy(to.name, record().order(from.network).name, SwitchNameBytes)
  memory.copy(changetype<usize>(to.settings), from.settings, PortSettingsBytes)
  if (from.vm == PACK_NO_VM) return
  const vm = record().vm(from.vm)
  if (vm.interfaceCount == 0) vm.firstPort = port
  const about = vm.interface(vm.interfaceCount++)
  about.mac = from.mac
  about.maximumBytes = from.maximumBytes
}

function setText(span: Span, text: TextField): void {
  span.offset = textOffset(text)
  span.length = text.length
}

export function setFile(span: Span, file: FileRecord): void {
  span.offset = file.offset
  span.length = file.size
}
