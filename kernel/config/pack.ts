/**
 * The configuration that the nucleus was booted with: what the boot module `typervisor.pack` says, read in place.
 * Nothing is readable until `openPack` has checked all of it. Numbers out of range read as 0, texts as empty.
 */
import { copyOut, load32, load64 } from '../hw'
import { PackStatus } from './status'
import { checkPack } from './check'
import { FileRecord, ModuleRecord, PackHeader, PACK_NO_FILE, VmFlag, VmRecord } from './layout'

export { PackPart, PackStatus, packStatusText } from './status'
export { packFaultPart, packFaultRecord } from './check'
export { PACK_NO_FILE } from './layout'

/** Keys of `vmNumber`. */
export namespace PackVmNumber {
  export const Memory: u32 = 0 // bytes
  export const VcpuCount: u32 = 1
  export const Protocol: u32 = 2 // BootProtocol
  export const Autostart: u32 = 3
  export const Mirror: u32 = 4
  export const Weight: u32 = 5
  export const OnReboot: u32 = 6 // RestartPolicy
  export const OnCrash: u32 = 7 // RestartPolicy
  export const Kernel: u32 = 8 // index of a file
  export const Initrd: u32 = 9 // index of a file or PACK_NO_FILE
  export const ModuleCount: u32 = 10
}

/** Keys of `vmText`, `vmTextHpa` and `vmTextLength`. */
export namespace PackVmText {
  export const Name: u32 = 0
  export const CommandLine: u32 = 1
}

let base: u64 = 0 // 0 while no pack is open
let vms: u64 = 0
let modules: u64 = 0
let files: u64 = 0
let strings: u64 = 0
let vmTotal: u32 = 0
let fileTotal: u32 = 0

/** Checks the pack of `size` bytes at `hpa` and opens it, in place of any that was open; `PackStatus.Ok` or what is wrong. */
export function openPack(hpa: u64, size: u64): i32 {
  base = 0
  vmTotal = 0
  fileTotal = 0
  const status = checkPack(hpa, size)
  if (status != PackStatus.Ok) return status
  base = hpa
  vmTotal = load32(hpa + offsetof<PackHeader>('vmCount'))
  fileTotal = load32(hpa + offsetof<PackHeader>('fileCount'))
  vms = hpa + offsetof<PackHeader>()
  modules = vms + <u64>vmTotal * offsetof<VmRecord>()
  files = modules + <u64>load32(hpa + offsetof<PackHeader>('moduleCount')) * offsetof<ModuleRecord>()
  strings = files + <u64>fileTotal * offsetof<FileRecord>()
  return status
}

/** Virtual machines configured. */
export function vmCount(): u32 { return vmTotal }

/** Files in the pack. */
export function fileCount(): u32 { return fileTotal }

/** One of a VM's numbers, by `PackVmNumber`. */
export function vmNumber(vm: u32, key: u32): u64 {
  if (vm >= vmTotal) return 0
  const record = vmRecord(vm)
  switch (key) {
    case PackVmNumber.Memory: return load64(record + offsetof<VmRecord>('memory'))
    case PackVmNumber.VcpuCount: return load32(record + offsetof<VmRecord>('vcpuCount'))
    case PackVmNumber.Protocol: return load32(record + offsetof<VmRecord>('protocol'))
    case PackVmNumber.Autostart: return <u64>((load32(record + offsetof<VmRecord>('flags')) & VmFlag.Autostart) != 0)
    case PackVmNumber.Mirror: return <u64>((load32(record + offsetof<VmRecord>('flags')) & VmFlag.Mirror) != 0)
    case PackVmNumber.Weight: return load32(record + offsetof<VmRecord>('weight'))
    case PackVmNumber.OnReboot: return load32(record + offsetof<VmRecord>('onReboot'))
    case PackVmNumber.OnCrash: return load32(record + offsetof<VmRecord>('onCrash'))
    case PackVmNumber.Kernel: return load32(record + offsetof<VmRecord>('kernel'))
    case PackVmNumber.Initrd: return load32(record + offsetof<VmRecord>('initrd'))
    case PackVmNumber.ModuleCount: return load32(record + offsetof<VmRecord>('moduleCount'))
  }
  return 0
}

/** Where one of a VM's texts lies, by `PackVmText`; 0 when there is no such VM. */
export function vmTextHpa(vm: u32, key: u32): u64 {
  return vm < vmTotal ? strings + load32(vmTextField(vm, key)) : 0
}

/** Bytes of one of a VM's texts. */
export function vmTextLength(vm: u32, key: u32): u32 {
  return vm < vmTotal ? load32(vmTextField(vm, key) + 4) : 0
}

/** Copies at most `capacity` bytes of one of a VM's texts to `target`; returns its full length. */
export function vmText(vm: u32, key: u32, target: usize, capacity: u32): u32 {
  return vm < vmTotal ? copyText(vmTextField(vm, key), target, capacity) : 0
}

/** The index of the file that is a VM's module `module`, or PACK_NO_FILE. */
export function vmModuleFile(vm: u32, module: u32): u32 {
  const record = moduleRecord(vm, module)
  return record == 0 ? PACK_NO_FILE : load32(record + offsetof<ModuleRecord>('file'))
}

/** Copies at most `capacity` bytes of the command line of a VM's module `module`; returns its full length. */
export function vmModuleText(vm: u32, module: u32, target: usize, capacity: u32): u32 {
  const record = moduleRecord(vm, module)
  return record == 0 ? 0 : copyText(record + offsetof<ModuleRecord>('commandLineOffset'), target, capacity)
}

/** Where a file's first byte lies, 0 when there is no such file. */
export function fileHpa(file: u32): u64 {
  return file < fileTotal ? base + load64(fileRecord(file) + offsetof<FileRecord>('offset')) : 0
}

/** Bytes of a file, 0 when there is no such file. */
export function fileSize(file: u32): u64 {
  return file < fileTotal ? load64(fileRecord(file) + offsetof<FileRecord>('size')) : 0
}

/** Copies at most `capacity` bytes of a file's name; returns its full length. */
export function fileName(file: u32, target: usize, capacity: u32): u32 {
  return file < fileTotal ? copyText(fileRecord(file) + offsetof<FileRecord>('nameOffset'), target, capacity) : 0
}

/** Copies at most `capacity` bytes of the configuration's name for this host; returns its full length. */
export function hostName(target: usize, capacity: u32): u32 {
  return base == 0 ? 0 : copyText(base + offsetof<PackHeader>('hostNameOffset'), target, capacity)
}

@inline function vmRecord(vm: u32): u64 { return vms + <u64>vm * offsetof<VmRecord>() }

@inline function fileRecord(file: u32): u64 { return files + <u64>file * offsetof<FileRecord>() }

function vmTextField(vm: u32, key: u32): u64 {
  return vmRecord(vm) + (key == PackVmText.Name ? offsetof<VmRecord>('nameOffset') : offsetof<VmRecord>('commandLineOffset'))
}

function moduleRecord(vm: u32, module: u32): u64 {
  if (vm >= vmTotal || module >= load32(vmRecord(vm) + offsetof<VmRecord>('moduleCount'))) return 0
  return modules + (<u64>load32(vmRecord(vm) + offsetof<VmRecord>('firstModule')) + module) * offsetof<ModuleRecord>()
}

/** `text` is the address of a text's offset and length. */
function copyText(text: u64, target: usize, capacity: u32): u32 {
  const length = load32(text + 4)
  copyOut(target, strings + load32(text), <u64>min(length, capacity))
  return length
}
