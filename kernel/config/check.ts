/** Checks a pack record by record, before anything in it is believed. docs/pack-format.md gives the rules. */
import { load32, load64 } from '../hw'
import { BootProtocol } from '../../capability/config'
import { RestartPolicy } from '../../capability/admin'
import { PackPart, PackStatus } from './status'
import { isName, isText, sameText } from './text'
import { crc32Byte, crc32End, crc32Range, CRC32_START } from './crc32'
import {
  FileRecord, ModuleRecord, PackHeader, PACK_COMMAND_LINE_LIMIT, PACK_FILE_LIMIT, PACK_FILE_NAME_LIMIT, PACK_MAGIC, PACK_MEMORY_LIMIT,
  PACK_METADATA_LIMIT, PACK_MODULE_LIMIT, PACK_NAME_LIMIT, PACK_NO_FILE, PACK_VCPU_LIMIT, PACK_VERSION, PACK_VM_LIMIT,
  PACK_VM_MODULE_LIMIT, PACK_WEIGHT_LIMIT, VmFlag, VmRecord,
} from './layout'

const LARGE_PAGE: u64 = 2 << 20
const PAGE: u64 = 4096

let faultPart: u32 = PackPart.Header
let faultRecord: u32 = 0

/** Which kind of record the last check stopped at. */
export function packFaultPart(): u32 { return faultPart }

/** Which record of that kind, from 0. */
export function packFaultRecord(): u32 { return faultRecord }

let header: u64 = 0
let vms: u64 = 0
let modules: u64 = 0
let files: u64 = 0
let strings: u64 = 0
let vmCount: u32 = 0
let moduleCount: u32 = 0
let fileCount: u32 = 0
let stringSize: u32 = 0

/** Checks the pack of `size` bytes at `hpa`. */
export function checkPack(hpa: u64, size: u64): i32 {
  header = hpa
  faultPart = PackPart.Header
  faultRecord = 0
  let status = checkHeader(size)
  if (status != PackStatus.Ok) return status
  faultPart = PackPart.File
  status = checkFiles()
  if (status != PackStatus.Ok) return status
  faultPart = PackPart.Module
  for (faultRecord = 0; faultRecord < moduleCount; faultRecord++) {
    status = checkModule(modules + <u64>faultRecord * offsetof<ModuleRecord>())
    if (status != PackStatus.Ok) return status
  }
  faultPart = PackPart.Vm
  for (faultRecord = 0; faultRecord < vmCount; faultRecord++) {
    status = checkVm(vms + <u64>faultRecord * offsetof<VmRecord>())
    if (status != PackStatus.Ok) return status
  }
  return PackStatus.Ok
}

function checkHeader(size: u64): i32 {
  if (size < offsetof<PackHeader>() || header + size < header) return PackStatus.TooShort
  if (load64(header + offsetof<PackHeader>('magic')) != PACK_MAGIC) return PackStatus.WrongMagic
  if (load32(header + offsetof<PackHeader>('version')) != PACK_VERSION) return PackStatus.WrongVersion
  const totalSize = load64(header + offsetof<PackHeader>('totalSize'))
  const metadataSize = load32(header + offsetof<PackHeader>('metadataSize'))
  if (totalSize > size) return PackStatus.TooShort
  if (metadataSize < offsetof<PackHeader>() || metadataSize > PACK_METADATA_LIMIT) return PackStatus.WrongSize
  if (metadataSize > totalSize || totalSize % PAGE != 0) return PackStatus.WrongSize

  vmCount = load32(header + offsetof<PackHeader>('vmCount'))
  moduleCount = load32(header + offsetof<PackHeader>('moduleCount'))
  fileCount = load32(header + offsetof<PackHeader>('fileCount'))
  stringSize = load32(header + offsetof<PackHeader>('stringSize'))
  if (vmCount > PACK_VM_LIMIT || moduleCount > PACK_MODULE_LIMIT || fileCount > PACK_FILE_LIMIT) return PackStatus.TooMany
  vms = header + offsetof<PackHeader>()
  modules = vms + <u64>vmCount * offsetof<VmRecord>()
  files = modules + <u64>moduleCount * offsetof<ModuleRecord>()
  strings = files + <u64>fileCount * offsetof<FileRecord>()
  if (strings + stringSize - header != metadataSize) return PackStatus.WrongSize

  const checksum = offsetof<PackHeader>('checksum')
  let running = crc32Range(CRC32_START, header, <u32>checksum)
  for (let i = 0; i < 4; i++) running = crc32Byte(running, 0)
  running = crc32Range(running, header + checksum + 4, metadataSize - <u32>checksum - 4)
  if (crc32End(running) != load32(header + checksum)) return PackStatus.WrongChecksum

  if ((load32(header + offsetof<PackHeader>('reserved0')) | load32(header + offsetof<PackHeader>('reserved1')) |
    load32(header + offsetof<PackHeader>('reserved2'))) != 0) return PackStatus.ReservedSet
  return checkName(header + offsetof<PackHeader>('hostNameOffset'))
}

function checkFiles(): i32 {
  const totalSize = load64(header + offsetof<PackHeader>('totalSize'))
  let end = load32(header + offsetof<PackHeader>('metadataSize')) as u64
  for (faultRecord = 0; faultRecord < fileCount; faultRecord++) {
    const record = files + <u64>faultRecord * offsetof<FileRecord>()
    const offset = load64(record + offsetof<FileRecord>('offset'))
    const size = load64(record + offsetof<FileRecord>('size'))
    if (offset % PAGE != 0) return PackStatus.FileMisaligned
    if (size == 0) return PackStatus.FileEmpty
    if (offset > totalSize || size > totalSize - offset) return PackStatus.FileOutside
    if (offset < end) return PackStatus.FileOverlaps
    end = offset + size
    const status = checkText(record + offsetof<FileRecord>('nameOffset'), 1, PACK_FILE_NAME_LIMIT)
    if (status != PackStatus.Ok) return status
  }
  return PackStatus.Ok
}

function checkModule(record: u64): i32 {
  if (load32(record + offsetof<ModuleRecord>('reserved')) != 0) return PackStatus.ReservedSet
  if (load32(record + offsetof<ModuleRecord>('file')) >= fileCount) return PackStatus.NoSuchFile
  return checkText(record + offsetof<ModuleRecord>('commandLineOffset'), 0, PACK_COMMAND_LINE_LIMIT)
}

function checkVm(record: u64): i32 {
  let status = checkName(record + offsetof<VmRecord>('nameOffset'))
  if (status == PackStatus.Ok) status = checkText(record + offsetof<VmRecord>('commandLineOffset'), 0, PACK_COMMAND_LINE_LIMIT)
  if (status != PackStatus.Ok) return status
  for (let earlier = vms; earlier < record; earlier += offsetof<VmRecord>()) if (sameName(earlier, record)) return PackStatus.NameTwice

  const memory = load64(record + offsetof<VmRecord>('memory'))
  if (memory < LARGE_PAGE || memory > PACK_MEMORY_LIMIT || memory % LARGE_PAGE != 0) return PackStatus.Memory
  if (outside(record + offsetof<VmRecord>('vcpuCount'), 1, PACK_VCPU_LIMIT)) return PackStatus.VcpuCount
  if (outside(record + offsetof<VmRecord>('protocol'), BootProtocol.Linux, BootProtocol.Pvh)) return PackStatus.Protocol
  if ((load32(record + offsetof<VmRecord>('flags')) & ~VmFlag.All) != 0) return PackStatus.Flags
  if (outside(record + offsetof<VmRecord>('weight'), 1, PACK_WEIGHT_LIMIT)) return PackStatus.Weight
  if (outside(record + offsetof<VmRecord>('onReboot'), RestartPolicy.Restart, RestartPolicy.Pause)) return PackStatus.Policy
  if (outside(record + offsetof<VmRecord>('onCrash'), RestartPolicy.Restart, RestartPolicy.Pause)) return PackStatus.Policy

  if (load32(record + offsetof<VmRecord>('kernel')) >= fileCount) return PackStatus.NoSuchFile
  const initrd = load32(record + offsetof<VmRecord>('initrd'))
  if (initrd != PACK_NO_FILE && initrd >= fileCount) return PackStatus.NoSuchFile
  const firstModule = load32(record + offsetof<VmRecord>('firstModule'))
  const count = load32(record + offsetof<VmRecord>('moduleCount'))
  if (count > PACK_VM_MODULE_LIMIT) return PackStatus.TooMany
  if (firstModule > moduleCount || count > moduleCount - firstModule) return PackStatus.NoSuchModule
  return PackStatus.Ok
}

function outside(field: u64, lowest: u32, highest: u32): bool {
  const value = load32(field)
  return value < lowest || value > highest
}

function checkName(text: u64): i32 {
  const status = checkText(text, 1, PACK_NAME_LIMIT)
  if (status != PackStatus.Ok) return status
  return isName(strings + load32(text), load32(text + 4)) ? PackStatus.Ok : PackStatus.TextMalformed
}

/** Checks the text whose offset and length lie at `text`. */
function checkText(text: u64, shortest: u32, longest: u32): i32 {
  const offset = load32(text)
  const length = load32(text + 4)
  if (length < shortest || length > longest) return PackStatus.TextLength
  if (offset > stringSize || length > stringSize - offset) return PackStatus.TextOutside
  return isText(strings + offset, length) ? PackStatus.Ok : PackStatus.TextMalformed
}

function sameName(one: u64, other: u64): bool {
  const length = load32(one + offsetof<VmRecord>('nameLength'))
  if (length != load32(other + offsetof<VmRecord>('nameLength'))) return false
  return sameText(strings + load32(one + offsetof<VmRecord>('nameOffset')), strings + load32(other + offsetof<VmRecord>('nameOffset')), length)
}
