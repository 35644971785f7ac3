/** The `firmware` capability: reading what the memory map leaves to the firmware. */
import * as hw from '../hw'
import { RootPointersBytes } from '../../capability/firmware'
import { rootPointers } from '../firmware/bootinformation'
import { isDevice, isReachable } from '../firmware/physical'
import { Absent, Frame } from '../memory/block'
import { ownerOf } from '../memory/frames'
import { DirectBase } from '../memory/layout'
import { Owner } from '../../capability/owner'
import { giveBytes, isOwnMemory, sandbox } from '../sandbox/sandbox'

/** `firmware.page`: never RAM that anybody has or may be given. */
export function firmwarePage(subject: u32, hpa: u64, target: usize): bool {
  const page = hpa & ~<u64>(Frame.Bytes - 1)
  const owner = ownerOf(page)
  if (!isReachable(page, Frame.Bytes) || owner != Owner.Firmware && owner != Absent || !isOwnMemory(sandbox(subject), target, Frame.Bytes)) return false
  hw.copyVirtual(sandbox(subject).linear + target, DirectBase + page, Frame.Bytes)
  return true
}

export function firmwareIsDevice(subject: u32, hpa: u64, bytes: u64): bool { return isDevice(hpa, bytes) }
export function firmwareRootPointers(subject: u32, target: usize): bool { return giveBytes(sandbox(subject), target, changetype<usize>(rootPointers()), RootPointersBytes) }
