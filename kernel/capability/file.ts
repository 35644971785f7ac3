/** The `file` capability: the boot files of one VM, in place in the pack. */
import * as hw from '../hw'
import { BootFile } from '../../capability/file'
import { fileHpa, fileSize as packFileSize, PACK_NO_FILE, PackVmNumber, vmModuleFile, vmNumber } from '../config/pack'
import { isOwnMemory, sandbox } from '../sandbox/sandbox'
import { NoVm } from '../security/capabilities'
import { vmAt } from '../vm/vm'
import { DirectBase } from '../memory/layout'
import { isRam, ramAt, spanOf } from './ram'

/** The pack's number of a VM's file, or PACK_NO_FILE. */
function packFile(vm: u32, file: u32): u32 {
  if (vm == NoVm) return PACK_NO_FILE
  if (file == BootFile.Kernel) return <u32>vmNumber(vm, PackVmNumber.Kernel)
  if (file == BootFile.Initrd) return <u32>vmNumber(vm, PackVmNumber.Initrd)
  const module = file - BootFile.FirstModule
  return module < <u32>vmNumber(vm, PackVmNumber.ModuleCount) ? vmModuleFile(vm, module) : PACK_NO_FILE
}

export function fileSize(subject: u32, file: u32): u64 {
  const index = packFile(sandbox(subject).vm, file)
  return index == PACK_NO_FILE ? 0 : packFileSize(index)
}

/** Where [offset, offset + length) of a file lies, or 0 when it leaves the file. */
function rangeOf(vm: u32, file: u32, offset: u64, length: u64): u64 {
  const index = packFile(vm, file)
  if (index == PACK_NO_FILE) return 0
  const size = packFileSize(index)
  return offset <= size && length <= size - offset ? fileHpa(index) + offset : 0
}

export function fileRead(subject: u32, file: u32, offset: u64, target: usize, length: u32): bool {
  const box = sandbox(subject)
  const source = rangeOf(box.vm, file, offset, length)
  if (source == 0 || !isOwnMemory(box, target, length)) return false
  hw.copyVirtual(box.linear + target, DirectBase + source, length)
  return true
}

export function fileToRam(subject: u32, file: u32, offset: u64, gpa: u64, length: u64): bool {
  const box = sandbox(subject)
  let source = rangeOf(box.vm, file, offset, length)
  if (source == 0) return false
  const vm = vmAt(box.vm)
  if (!isRam(vm, gpa, length)) return false
  let at = gpa
  for (let left = length; left > 0;) {
    const span = spanOf(at, left)
    hw.copy(ramAt(vm, at), source, span)
    source += span
    at += span
    left -= span
  }
  return true
}
