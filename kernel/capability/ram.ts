/** The `ram` capability's bulk copies; single accesses are inline in boot/capability.h. */
import * as hw from '../hw'
import { Frame } from '../memory/block'
import { isOwnMemory, sandbox } from '../sandbox/sandbox'
import { NoVm } from '../security/capabilities'
import { blocksOf, Vm, vmAt } from '../vm/vm'
import { DirectBase } from '../memory/layout'

/** The hpa of a guest physical address, or 0 where there is no RAM. */
export function ramAt(vm: Vm, gpa: u64): u64 {
  const block = gpa >> Frame.LargeShift
  if (block >= vm.blockCount) return 0
  const frame = <u64>load<u32>(blocksOf(vm) + (<usize>block << 2))
  return frame == 0 ? 0 : (frame << Frame.Shift) + (gpa & (Frame.LargeBytes - 1))
}

/** True when all of [gpa, gpa + length) is RAM. */
export function isRam(vm: Vm, gpa: u64, length: u64): bool {
  if (length == 0) return true
  const end = gpa + length
  if (end < gpa) return false
  for (let at = gpa & ~<u64>(Frame.LargeBytes - 1); at < end; at += Frame.LargeBytes) if (ramAt(vm, at) == 0) return false
  return true
}

/** Bytes from `gpa` to the end of its block, at most `length`. */
@inline export function spanOf(gpa: u64, length: u64): u64 { return min(length, Frame.LargeBytes - (gpa & (Frame.LargeBytes - 1))) }

export function ramCopyOut(subject: u32, target: usize, gpa: u64, length: u32): bool {
  const box = sandbox(subject)
  if (box.vm == NoVm || !isOwnMemory(box, target, length)) return false
  const vm = vmAt(box.vm)
  if (!isRam(vm, gpa, length)) return false
  let at = gpa
  for (let left: u64 = length; left > 0;) {
    const span = spanOf(at, left)
    hw.copyVirtual(box.linear + target + (length - left), DirectBase + ramAt(vm, at), span)
    at += span
    left -= span
  }
  return true
}

export function ramCopyIn(subject: u32, gpa: u64, source: usize, length: u32): bool {
  const box = sandbox(subject)
  if (box.vm == NoVm || !isOwnMemory(box, source, length)) return false
  const vm = vmAt(box.vm)
  if (!isRam(vm, gpa, length)) return false
  let at = gpa
  for (let left: u64 = length; left > 0;) {
    const span = spanOf(at, left)
    hw.copyVirtual(DirectBase + ramAt(vm, at), box.linear + source + (length - left), span)
    at += span
    left -= span
  }
  return true
}

export function ramZero(subject: u32, gpa: u64, length: u64): bool {
  const box = sandbox(subject)
  if (box.vm == NoVm) return false
  const vm = vmAt(box.vm)
  if (!isRam(vm, gpa, length)) return false
  let at = gpa
  for (let left = length; left > 0;) {
    const span = spanOf(at, left)
    hw.zero(ramAt(vm, at), span)
    at += span
    left -= span
  }
  return true
}
