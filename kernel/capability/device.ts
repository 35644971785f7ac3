/** The `device` and `block` capabilities of drivers; registers and shared memory are inline in boot/capability.h. */
import { BlockUnitBytes, UnitLimit } from '../../capability/block'
import { DeviceNumber } from '../../capability/device'
import { WindowCount } from '../../capability/devices'
import { isSound } from '../device/disks'
import { startTransfers } from '../device/function'
import { giveNext, takeAnswer } from '../device/requests'
import { deviceOf } from '../device/table'
import { readPci } from '../host/pci'
import { Frame } from '../memory/block'
import { lookup } from '../memory/paging'
import { isOwnMemory, sandbox, takeBytes } from '../sandbox/sandbox'
import { toTicks } from '../time/clock'
import { noteDeadline } from '../vm/timers'

export function deviceNumber(subject: u32, key: u32): u64 {
  const found = deviceOf(subject).found
  if (key == DeviceNumber.Identity) return found.identity
  if (key == DeviceNumber.Class) return found.class
  return key - DeviceNumber.MemoryBytes < WindowCount ? sandbox(subject).window(key - DeviceNumber.MemoryBytes).bytes : 0
}

export function deviceConfiguration(subject: u32, offset: u32): u32 { return readPci(deviceOf(subject).found.address | offset & 0xFC) }

export function devicePhysical(subject: u32, address: usize): u64 {
  const box = sandbox(subject)
  return isOwnMemory(box, address, 1) ? lookup(box.linear + address) + (address & (Frame.Bytes - 1)) : 0
}

export function deviceStartTransfers(subject: u32): void { startTransfers(deviceOf(subject).found) }

export function deviceArm(subject: u32, time: u64): void {
  const device = deviceOf(subject)
  device.deadline = time == 0 ? u64.MAX_VALUE : toTicks(time)
  if (time != 0) noteDeadline(device.deadline)
}

export function blockAnnounce(subject: u32, index: u32, source: usize): void {
  const device = deviceOf(subject)
  const unit = device.unit(index)
  if (index >= UnitLimit || !takeBytes(sandbox(subject), changetype<usize>(unit), source, BlockUnitBytes)) return
  if (!isSound(unit)) memory.fill(changetype<usize>(unit), 0, BlockUnitBytes)
  device.announced = true
}

export function blockNext(subject: u32, target: usize): bool { return giveNext(deviceOf(subject), target) }
export function blockComplete(subject: u32, id: u32, status: u32): void { takeAnswer(deviceOf(subject), id, status) }
