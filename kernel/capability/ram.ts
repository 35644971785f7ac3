/** The `ram` capability's bulk copies; single accesses are inline in boot/capability.h. */
import { MemoryReport } from '../../capability/ram'
import * as hw from '../hw'
import { Frame } from '../memory/block'
import { isOwnMemory, sandbox } from '../sandbox/sandbox'
import { NoVm } from '../security/capabilities'
import { askExchange, askTouched } from '../vm/exchange'
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
function isRam(vm: Vm, gpa: u64, length: u64): bool {
  if (length == 0) return true
  const end = gpa + length
  if (end < gpa) return false
  for (let at = gpa & ~<u64>(Frame.LargeBytes - 1); at < end; at += Frame.LargeBytes) if (ramAt(vm, at) == 0) return false
  return true
}

/** Takes each piece of [gpa, gpa + length) of the sandbox's VM, with as many bytes from `other` on; false when not all of it is RAM. */
export function forEachPiece(subject: u32, gpa: u64, length: u64, other: u64, take: (hpa: u64, other: u64, span: u64) => void): bool {
  if (sandbox(subject).vm == NoVm) return false
  const vm = vmAt(sandbox(subject).vm)
  if (!isRam(vm, gpa, length)) return false
  for (let done: u64 = 0; done < length;) {
    const span = min(length - done, Frame.LargeBytes - (gpa + done & Frame.LargeBytes - 1))
    take(ramAt(vm, gpa + done), other + done, span)
    done += span
  }
  return true
}

export function ramCopyOut(subject: u32, target: usize, gpa: u64, length: u32): bool {
  return isOwnMemory(sandbox(subject), target, length) && forEachPiece(subject, gpa, length, sandbox(subject).linear + target, (hpa, va, span) => { hw.copyVirtual(va, DirectBase + hpa, span) })
}

export function ramCopyIn(subject: u32, gpa: u64, source: usize, length: u32): bool {
  return isOwnMemory(sandbox(subject), source, length) && forEachPiece(subject, gpa, length, sandbox(subject).linear + source, (hpa, va, span) => { hw.copyVirtual(DirectBase + hpa, va, span) })
}

export function ramZero(subject: u32, gpa: u64, length: u64): bool { return forEachPiece(subject, gpa, length, 0, (hpa, other, span) => { hw.zero(hpa, span) }) }

export function ramRelease(subject: u32, gpa: u64, bytes: u64): bool { return askExchange(vmAt(sandbox(subject).vm), gpa, bytes, false) }
export function ramReclaim(subject: u32, gpa: u64, bytes: u64): bool { return askExchange(vmAt(sandbox(subject).vm), gpa, bytes, true) }
export function ramTouch(subject: u32, gpa: u64): void { askTouched(vmAt(sandbox(subject).vm), gpa) }

export function ramReport(subject: u32, key: u32, value: u64): void {
  if (key < MemoryReport.Count) store<u64>(changetype<usize>(vmAt(sandbox(subject).vm)) + offsetof<Vm>('guestMemory') + (<usize>key << 3), value)
}
