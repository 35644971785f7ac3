import { PackHeader, VmRecord, ModuleRecord, FileRecord } from '../../kernel/config/layout'
import { packStatusText as statusText } from '../../kernel/config/pack'

export {
  openPack, vmCount, vmNumber, vmTextHpa, vmTextLength, vmText, vmModuleFile, vmModuleText, fileCount, fileHpa, fileSize, fileName, hostName,
  packFaultPart, packFaultRecord,
} from '../../kernel/config/pack'
export { crc32Range, crc32End } from '../../kernel/config/crc32'

export function packStatusText(status: i32): string { return statusText(status) }

/** A place in linear memory for the texts that a test copies out. */
export const buffer = memory.data(8192)

export function headerSize(): u32 { return offsetof<PackHeader>() }
export function vmSize(): u32 { return offsetof<VmRecord>() }
export function moduleSize(): u32 { return offsetof<ModuleRecord>() }
export function fileRecordSize(): u32 { return offsetof<FileRecord>() }

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
    case 10: return offsetof<PackHeader>('reserved0')
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
