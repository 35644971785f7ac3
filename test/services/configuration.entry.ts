/** The sandbox that reads the configuration, beside the nucleus's part that takes its record. */
import { ConfigurationBytes, Span, SpanCapacity } from '../../capability/configuration'
import { clearConfiguration, configuration, hpaOf, isSound } from '../../kernel/config/configuration'
import { addBootModule, bootModule, clearBootInformation } from '../../kernel/firmware/bootinformation'
import { WindowLimit } from '../../kernel/memory/layout'
import { checkPack, faultPart, faultRecord } from '../../services/configuration/check'
import { crc32 as checksum, prepareCrc32 } from '../../services/crc32'
import { DiskRecord, FileRecord, ImageRecord, ModuleRecord, NetworkRecord, PACK_PORT_BYTES, PackHeader, PoolDeviceRecord, PortRecord, VmRecord } from '../../services/configuration/layout'
import { readConfiguration } from '../../services/configuration/reading'
import { record } from '../../services/configuration/record'
import { statusText as text } from '../../services/configuration/status'

export { readConfiguration }

/** A place in linear memory for what a test puts there. */
export const buffer = memory.data(8192)

/** The nucleus's window begins beyond the module's own memory. */
export function prepare(): void { memory.grow(<i32>((WindowLimit >> 16) - memory.size())) }

export function check(size: u64): i32 { return checkPack(0, size) }
export function packFaultPart(): u32 { return faultPart }
export function packFaultRecord(): u32 { return faultRecord }
export function statusText(status: i32): string { return text(status) }

/** The nucleus takes the record, with one boot module of `size` bytes at `hpa`; false when it refuses it. */
export function take(hpa: u64, size: u64): bool {
  clearBootInformation()
  addBootModule(0, 4096)
  bootModule(0).base = hpa
  bootModule(0).end = hpa + size
  memory.copy(changetype<usize>(configuration()), changetype<usize>(record()), ConfigurationBytes)
  if (isSound()) return true
  clearConfiguration()
  return false
}

export function recordAt(): usize { return changetype<usize>(record()) }
export function vmAt(vm: u32): usize { return changetype<usize>(record().vm(vm)) }
export function spanAt(vm: u32, span: u32): usize { return changetype<usize>(record().vm(vm).span(span)) }
export function diskAt(vm: u32, disk: u32): usize { return changetype<usize>(record().vm(vm).disk(disk)) }
export function interfaceAt(vm: u32, index: u32): usize { return changetype<usize>(record().vm(vm).interface(index)) }
export function orderAt(index: u32): usize { return changetype<usize>(record().order(index)) }
export function uplinkAt(network: u32): usize { return record().uplink(network) }
export const spanCapacity: u32 = SpanCapacity
export const recordBytes: u32 = ConfigurationBytes

/** What the nucleus has. */
export function storageAt(): usize { return changetype<usize>(configuration().storage) }
export function vmCount(): u32 { return configuration().vmCount }
export function coreScheduling(): u32 { return configuration().coreScheduling }
export function base(): u64 { return configuration().base }
export function vmNumber(vm: u32, field: u32): u64 {
  const told = configuration().vm(vm)
  return field == 0 ? told.memory : field == 10 ? told.affinity : field == 11 ? told.preferred : field == 12 ? told.maxVcpus : field == 13 ? told.devices : field == 14 ? told.diskCount : field == 15 ? told.minMemory : field == 16 ? told.maxMemory : field == 17 ? told.memoryWeight : <u64>load<u32>(changetype<usize>(told) + 4 + (<usize>field << 2))
}

/** A disk's flag, its name's length, and where in linear memory the name is. */
export function diskReadOnly(vm: u32, disk: u32): u32 { return configuration().vm(vm).disk(disk).readOnly }
export function diskNameLength(vm: u32, disk: u32): u32 { return configuration().vm(vm).disk(disk).nameLength }
export function diskName(vm: u32, disk: u32): usize { return configuration().vm(vm).disk(disk).name }

/** A VM's first port and how many interfaces it has; of one of them the hardware address and the MTU. */
export function firstPort(vm: u32): u32 { return configuration().vm(vm).firstPort }
export function interfaceCount(vm: u32): u32 { return configuration().vm(vm).interfaceCount }
export function interfaceMac(vm: u32, index: u32): u64 { return configuration().vm(vm).interface(index).mac }
export function interfaceMaximum(vm: u32, index: u32): u32 { return configuration().vm(vm).interface(index).maximumBytes }

/** Where in linear memory the nucleus has an order for the switches' service, and where a network's card is. */
export function order(index: u32): usize { return changetype<usize>(configuration().order(index)) }
export function uplink(network: u32): usize { return configuration().uplink(network) }

/** -1 the host's name, -2 the kernel's name. */
function textSpan(vm: u32, text: i32): Span { return text == -1 ? configuration().hostName : text == -2 ? configuration().vm(vm).kernelName : configuration().vm(vm).text(text) }
export function textHpa(vm: u32, text: i32): u64 { return hpaOf(textSpan(vm, text)) }
export function textLength(vm: u32, text: i32): u64 { return textSpan(vm, text).length }
export function fileHpa(vm: u32, file: u32): u64 { return hpaOf(configuration().vm(vm).file(file)) }
export function fileSize(vm: u32, file: u32): u64 { return configuration().vm(vm).file(file).length }

export function crc32(bytes: usize, length: u32): u32 {
  prepareCrc32()
  return checksum(bytes, length)
}

export function headerSize(): u32 { return offsetof<PackHeader>() }
export function vmSize(): u32 { return offsetof<VmRecord>() }
export function moduleSize(): u32 { return offsetof<ModuleRecord>() }
export function fileRecordSize(): u32 { return offsetof<FileRecord>() }
export function diskRecordSize(): u32 { return offsetof<DiskRecord>() }
export function networkRecordSize(): u32 { return offsetof<NetworkRecord>() }
export function portRecordSize(): u32 { return PACK_PORT_BYTES }
export function imageRecordSize(): u32 { return offsetof<ImageRecord>() }
export function poolDeviceRecordSize(): u32 { return offsetof<PoolDeviceRecord>() }

export function headerOffset(field: u32): u32 {
  switch (field) {
    case 0: return offsetof<PackHeader>('magic')
    case 1: return offsetof<PackHeader>('version')
    case 2: return offsetof<PackHeader>('checksum')
    case 3: return offsetof<PackHeader>('totalSize')
    case 4: return offsetof<PackHeader>('metadataSize')
    case 5: return offsetof<PackHeader>('vmCount')
    case 6: return offsetof<PackHeader>('moduleCount')
    case 7: return offsetof<PackHeader>('fileCount')
    case 8: return offsetof<PackHeader>('stringSize')
    case 9: return offsetof<PackHeader>('hostNameOffset')
    case 10: return offsetof<PackHeader>('flags')
    case 11: return offsetof<PackHeader>('diskCount')
    case 12: return offsetof<PackHeader>('networkCount')
    case 13: return offsetof<PackHeader>('portCount')
    case 14: return offsetof<PackHeader>('imageCount')
    case 15: return offsetof<PackHeader>('poolNameOffset')
    case 16: return offsetof<PackHeader>('poolDeviceCount')
    case 17: return offsetof<PackHeader>('reserved')
  }
  return 0
}

export function vmOffset(field: u32): u32 {
  switch (field) {
    case 0: return offsetof<VmRecord>('nameOffset')
    case 1: return offsetof<VmRecord>('commandLineOffset')
    case 2: return offsetof<VmRecord>('memory')
    case 3: return offsetof<VmRecord>('vcpuCount')
    case 4: return offsetof<VmRecord>('protocol')
    case 5: return offsetof<VmRecord>('flags')
    case 6: return offsetof<VmRecord>('weight')
    case 7: return offsetof<VmRecord>('onReboot')
    case 8: return offsetof<VmRecord>('onCrash')
    case 9: return offsetof<VmRecord>('kernel')
    case 10: return offsetof<VmRecord>('initrd')
    case 11: return offsetof<VmRecord>('firstModule')
    case 12: return offsetof<VmRecord>('moduleCount')
    case 13: return offsetof<VmRecord>('cap')
    case 14: return offsetof<VmRecord>('affinity')
    case 15: return offsetof<VmRecord>('preferred')
    case 16: return offsetof<VmRecord>('maxVcpus')
    case 17: return offsetof<VmRecord>('minMemory')
    case 18: return offsetof<VmRecord>('maxMemory')
    case 19: return offsetof<VmRecord>('memoryWeight')
    case 20: return offsetof<VmRecord>('portsOffset')
    case 21: return offsetof<VmRecord>('portsLength')
  }
  return 0
}

export function fileOffset(field: u32): u32 {
  switch (field) {
    case 0: return offsetof<FileRecord>('offset')
    case 1: return offsetof<FileRecord>('size')
    case 2: return offsetof<FileRecord>('nameOffset')
  }
  return 0
}

export function diskOffset(field: u32): u32 {
  switch (field) {
    case 0: return offsetof<DiskRecord>('vm')
    case 1: return offsetof<DiskRecord>('flags')
    case 2: return offsetof<DiskRecord>('serialOffset')
    case 3: return offsetof<DiskRecord>('serialLength')
    case 4: return offsetof<DiskRecord>('size')
    case 5: return offsetof<DiskRecord>('image')
    case 6: return offsetof<DiskRecord>('requestLimit')
    case 7: return offsetof<DiskRecord>('byteLimit')
  }
  return 0
}

export function networkOffset(field: u32): u32 {
  switch (field) {
    case 0: return offsetof<NetworkRecord>('nameOffset')
    case 1: return offsetof<NetworkRecord>('nameLength')
    case 2: return offsetof<NetworkRecord>('uplink')
  }
  return 0
}

export function portOffset(field: u32): u32 {
  switch (field) {
    case 0: return offsetof<PortRecord>('vm')
    case 1: return offsetof<PortRecord>('network')
    case 2: return offsetof<PortRecord>('mac')
    case 3: return offsetof<PortRecord>('maximumBytes')
    case 4: return offsetof<PortRecord>('reserved')
    case 5: return <u32>changetype<PortRecord>(0).settings
  }
  return 0
}
