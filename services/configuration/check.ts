/** Checks a pack record by record, before anything in it is believed. docs/pack-format.md gives the rules. */
import { BootProtocol } from '../../capability/config'
import { ConfigurationLimit, FirstUplink, MemoryLimit } from '../../capability/configuration'
import { RestartPolicy } from '../../capability/admin'
import { PortLimit } from '../../capability/switch'
import { beginning } from './beginning'
import { checkName, checkPortNames, checkSerial, checkStorageName, checkText, isSame } from './checktext'
import { crc32, prepareCrc32 } from '../crc32'
import {
  DiskFlag, DiskRecord, FileRecord, HostFlag, ImageRecord, ModuleRecord, NetworkRecord, PackHeader, PoolDeviceRecord, PACK_COMMAND_LINE_LIMIT, PACK_DISK_LIMIT, PACK_FILE_LIMIT, PACK_FILE_NAME_LIMIT,
  PACK_METADATA_LIMIT, PACK_MODULE_LIMIT, PACK_NO_FILE, PACK_NO_VM, PACK_PORT_BYTES, PACK_VERSION, PortRecord, VmFlag, VmRecord,
} from './layout'
import {
  diskRecord, diskSerial, fileName, fileRecord, header, hostName, imageRecord, moduleCommandLine, moduleRecord, networkName, networkRecord, openPack, poolDevice, poolName, portRecord, vmCommandLine, vmConsolePorts, vmName, vmRecord,
} from './pack'
import { PackPart, PackStatus } from './status'

@inline const LargePageBytes: u64 = 2 << 20
@inline const PageBytes: u64 = 4096
/** What IPv4 needs of a link. RFC 791, 3.2. */
const LeastMaximum: u32 = 68
/** Bytes of a volume at most. */
@inline const VolumeBytesLimit: u64 = 1 << 48
/** Of a volume's bytes and requests a second. */
@inline const ByteLimitMost: u64 = 64 << 30
const RequestLimitMost: u32 = 10_000_000

/** Which kind of record the last check stopped at. */
export let faultPart: u32 = PackPart.Header

/** Which record of that kind, from 0. */
export let faultRecord: u32 = 0

/** Checks the pack in this boot module of `size` bytes, and leaves it open when it is in order. */
export function checkPack(module: u32, size: u64): i32 {
  faultPart = PackPart.Header
  faultRecord = 0
  let status = checkHeader(module, size)
  if (status != PackStatus.Ok) return status
  faultPart = PackPart.File
  status = checkFiles()
  if (status != PackStatus.Ok) return status
  faultPart = PackPart.Module
  for (faultRecord = 0; faultRecord < header().moduleCount; faultRecord++) {
    status = checkModule(moduleRecord(faultRecord))
    if (status != PackStatus.Ok) return status
  }
  faultPart = PackPart.Vm
  for (faultRecord = 0; faultRecord < header().vmCount; faultRecord++) {
    status = checkVm(vmRecord(faultRecord))
    if (status != PackStatus.Ok) return status
  }
  faultPart = PackPart.Disk
  for (faultRecord = 0; faultRecord < header().diskCount; faultRecord++) {
    status = checkDisk(diskRecord(faultRecord))
    if (status != PackStatus.Ok) return status
  }
  faultPart = PackPart.Network
  for (faultRecord = 0; faultRecord < header().networkCount; faultRecord++) {
    status = checkNetwork(networkRecord(faultRecord))
    if (status != PackStatus.Ok) return status
  }
  faultPart = PackPart.Port
  for (faultRecord = 0; faultRecord < header().portCount; faultRecord++) {
    status = checkPort(portRecord(faultRecord))
    if (status != PackStatus.Ok) return status
  }
  faultPart = PackPart.Image
  for (faultRecord = 0; faultRecord < header().imageCount; faultRecord++) {
    status = checkImage(imageRecord(faultRecord))
    if (status != PackStatus.Ok) return status
  }
  faultPart = PackPart.PoolDevice
  for (faultRecord = 0; faultRecord < header().poolDeviceCount; faultRecord++) {
    status = checkSerial(poolDevice(faultRecord))
    if (status != PackStatus.Ok) return status
    for (let earlier: u32 = 0; earlier < faultRecord; earlier++) if (isSame(poolDevice(earlier), poolDevice(faultRecord))) return PackStatus.MediumShared
  }
  return PackStatus.Ok
}

function checkHeader(module: u32, size: u64): i32 {
  if (size < offsetof<PackHeader>()) return PackStatus.TooShort
  const first = beginning(module, <u32>offsetof<PackHeader>())
  if (first == 0) return PackStatus.NoMemory
  const told = changetype<PackHeader>(first)
  if (told.version != PACK_VERSION) return PackStatus.WrongVersion
  if (told.totalSize > size) return PackStatus.TooShort
  if (told.metadataSize < offsetof<PackHeader>() || told.metadataSize > PACK_METADATA_LIMIT) return PackStatus.WrongSize
  if (told.metadataSize > told.totalSize || told.totalSize % PageBytes != 0) return PackStatus.WrongSize
  if (told.vmCount > ConfigurationLimit.Vms || told.moduleCount > PACK_MODULE_LIMIT) return PackStatus.TooMany
  if (told.networkCount > ConfigurationLimit.Networks || told.portCount > PortLimit) return PackStatus.TooMany
  if (told.fileCount > PACK_FILE_LIMIT || told.diskCount > PACK_DISK_LIMIT) return PackStatus.TooMany
  if (told.imageCount > ConfigurationLimit.Images || told.poolDeviceCount > ConfigurationLimit.PoolDevices) return PackStatus.TooMany
  const records = offsetof<PackHeader>() + told.vmCount * offsetof<VmRecord>() + told.moduleCount * offsetof<ModuleRecord>() + told.fileCount * offsetof<FileRecord>() +
    told.diskCount * offsetof<DiskRecord>() + told.networkCount * offsetof<NetworkRecord>() + told.portCount * PACK_PORT_BYTES +
    told.imageCount * offsetof<ImageRecord>() + told.poolDeviceCount * offsetof<PoolDeviceRecord>()
  if (<u64>records + told.stringSize != told.metadataSize) return PackStatus.WrongSize

  const bytes = beginning(module, told.metadataSize)
  if (bytes == 0) return PackStatus.NoMemory
  openPack(bytes)
  const checksum = header().checksum
  header().checksum = 0
  prepareCrc32()
  if (crc32(bytes, header().metadataSize) != checksum) return PackStatus.WrongChecksum
  if (header().reserved != 0) return PackStatus.ReservedSet
  if ((header().flags & ~HostFlag.All) != 0) return PackStatus.Flags
  const status = checkName(hostName())
  return status != PackStatus.Ok || header().poolDeviceCount == 0 ? status : checkStorageName(poolName())
}

function checkFiles(): i32 {
  const totalSize = header().totalSize
  let end: u64 = header().metadataSize
  for (faultRecord = 0; faultRecord < header().fileCount; faultRecord++) {
    const file = fileRecord(faultRecord)
    if (file.offset % PageBytes != 0) return PackStatus.FileMisaligned
    if (file.size == 0) return PackStatus.FileEmpty
    if (file.offset > totalSize || file.size > totalSize - file.offset) return PackStatus.FileOutside
    if (file.offset < end) return PackStatus.FileOverlaps
    end = file.offset + file.size
    const status = checkText(fileName(file), 1, PACK_FILE_NAME_LIMIT)
    if (status != PackStatus.Ok) return status
  }
  return PackStatus.Ok
}

function checkModule(module: ModuleRecord): i32 {
  if (module.reserved != 0) return PackStatus.ReservedSet
  if (module.file >= header().fileCount) return PackStatus.NoSuchFile
  return checkText(moduleCommandLine(module), 0, PACK_COMMAND_LINE_LIMIT)
}

function checkVm(vm: VmRecord): i32 {
  let status = checkName(vmName(vm))
  if (status == PackStatus.Ok) status = checkText(vmCommandLine(vm), 0, PACK_COMMAND_LINE_LIMIT)
  if (status == PackStatus.Ok) status = checkPortNames(vmConsolePorts(vm))
  if (status != PackStatus.Ok) return status
  for (let earlier: u32 = 0; earlier < faultRecord; earlier++) if (isSame(vmName(vmRecord(earlier)), vmName(vm))) return PackStatus.NameTwice

  if (!isMemory(vm.memory)) return PackStatus.Memory
  if (vm.minMemory != 0 && (!isMemory(vm.minMemory) || vm.minMemory > vm.memory)) return PackStatus.MemoryLimits
  if (vm.maxMemory != 0 && (!isMemory(vm.maxMemory) || vm.maxMemory < vm.memory)) return PackStatus.MemoryLimits
  if (vm.memoryWeight > ConfigurationLimit.Weight) return PackStatus.Weight
  if (vm.reserved != 0) return PackStatus.ReservedSet
  if (isOutside(vm.vcpuCount, 1, ConfigurationLimit.Vcpus)) return PackStatus.VcpuCount
  if (vm.maxVcpus != 0 && isOutside(vm.maxVcpus, vm.vcpuCount, ConfigurationLimit.Vcpus)) return PackStatus.MaxVcpus
  if (isOutside(vm.protocol, BootProtocol.Linux, BootProtocol.Firmware)) return PackStatus.Protocol
  if ((vm.flags & ~VmFlag.All) != 0) return PackStatus.Flags
  if (isOutside(vm.weight, 1, ConfigurationLimit.Weight)) return PackStatus.Weight
  if (isOutside(vm.onReboot, RestartPolicy.Restart, RestartPolicy.Pause)) return PackStatus.Policy
  if (isOutside(vm.onCrash, RestartPolicy.Restart, RestartPolicy.Pause)) return PackStatus.Policy
  if (vm.cap > ConfigurationLimit.Cap) return PackStatus.Cap
  if ((vm.affinity | vm.preferred) >> ConfigurationLimit.Processors != 0) return PackStatus.Processors

  const fileCount = header().fileCount
  const moduleCount = header().moduleCount
  if (vm.kernel >= fileCount || vm.initrd != PACK_NO_FILE && vm.initrd >= fileCount) return PackStatus.NoSuchFile
  if (vm.moduleCount > ConfigurationLimit.Modules) return PackStatus.TooMany
  if (vm.firstModule > moduleCount || vm.moduleCount > moduleCount - vm.firstModule) return PackStatus.NoSuchModule
  return PackStatus.Ok
}

function checkDisk(disk: DiskRecord): i32 {
  if ((disk.flags & ~DiskFlag.All) != 0) return PackStatus.Flags
  if (disk.vm >= header().vmCount) return PackStatus.NoSuchVm
  const isVolume = (disk.flags & DiskFlag.Volume) != 0
  const status = isVolume ? checkStorageName(diskSerial(disk)) : checkSerial(diskSerial(disk))
  if (status != PackStatus.Ok) return status
  if (!isVolume && (disk.size != 0 || disk.image != PACK_NO_FILE || (disk.byteLimit | disk.requestLimit) != 0)) return PackStatus.NotOfVolume
  if (disk.byteLimit > ByteLimitMost || disk.requestLimit > RequestLimitMost) return PackStatus.Limit
  if (disk.size > VolumeBytesLimit || disk.size % PageBytes != 0) return PackStatus.Size
  if (disk.image != PACK_NO_FILE && disk.image >= header().imageCount) return PackStatus.NoSuchImage
  let earlierOfVm: u32 = 0
  for (let earlier: u32 = 0; earlier < faultRecord; earlier++) {
    const other = diskRecord(earlier)
    if (other.vm == disk.vm) earlierOfVm++
    const isOther = ((other.flags ^ disk.flags) & DiskFlag.Volume) != 0 || !isSame(diskSerial(other), diskSerial(disk))
    if (!isOther && (other.flags & disk.flags & DiskFlag.ReadOnly) == 0) return PackStatus.MediumShared
  }
  return earlierOfVm < ConfigurationLimit.Disks ? PackStatus.Ok : PackStatus.TooMany
}

function checkNetwork(network: NetworkRecord): i32 {
  const status = checkName(networkName(network))
  if (status != PackStatus.Ok) return status
  for (let earlier: u32 = 0; earlier < faultRecord; earlier++) if (isSame(networkName(networkRecord(earlier)), networkName(network))) return PackStatus.NetworkTwice
  return PackStatus.Ok
}

/** Machines' interfaces come first, one machine after the other, then the uplinks in the order of their networks. What the settings say is for the switches' service to judge. */
function checkPort(port: PortRecord): i32 {
  if (port.reserved != 0) return PackStatus.ReservedSet
  if (port.network >= header().networkCount) return PackStatus.NoSuchNetwork
  const before: PortRecord | null = faultRecord == 0 ? null : portRecord(faultRecord - 1)
  if (before !== null && before.vm > port.vm) return PackStatus.PortOrder
  if (port.vm == PACK_NO_VM) {
    if (networkRecord(port.network).uplink == 0) return PackStatus.NoSuchNetwork
    return before !== null && before.vm == port.vm && before.network >= port.network ? PackStatus.PortOrder : PackStatus.Ok
  }
  if (port.vm >= header().vmCount) return PackStatus.NoSuchVm
  if (faultRecord >= FirstUplink) return PackStatus.TooMany
  if (port.mac == 0 || (port.mac & 1) != 0 || port.mac >> 48 != 0) return PackStatus.Mac
  if (isOutside(port.maximumBytes, LeastMaximum, 65535)) return PackStatus.MaximumBytes
  return faultRecord >= ConfigurationLimit.Interfaces && portRecord(faultRecord - ConfigurationLimit.Interfaces).vm == port.vm ? PackStatus.TooMany : PackStatus.Ok
}

function checkImage(image: ImageRecord): i32 {
  if (image.reserved != 0) return PackStatus.ReservedSet
  if (image.file >= header().fileCount) return PackStatus.NoSuchFile
  const name = fileName(fileRecord(image.file))
  if (checkStorageName(name) != PackStatus.Ok) return PackStatus.ImageName
  for (let earlier: u32 = 0; earlier < faultRecord; earlier++) if (isSame(fileName(fileRecord(imageRecord(earlier).file)), name)) return PackStatus.ImageName
  return PackStatus.Ok
}

function isOutside(value: u32, lowest: u32, highest: u32): bool { return value < lowest || value > highest }

function isMemory(bytes: u64): bool { return bytes >= LargePageBytes && bytes <= MemoryLimit && bytes % LargePageBytes == 0 }
