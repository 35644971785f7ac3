/** Where the registers of a function are: its base addresses, which are given to it where the firmware has not. */
import { DeviceFunction, WindowCount } from '../../capability/devices'
import { BaseAddress, Command, Header } from '../../capability/pci'
import { base, bytes, offsetOf, quiet, readRegister } from './baseaddress'
import { first, last, openBridges, passesAll, readWindowTo } from './bridge'
import { read, write } from './configuration'
import { findRoom, lookAround, take } from './room'

const None: u32 = u32.MAX_VALUE

/** Fills the windows, gives addresses to those that have none, and has the function answer at them; false where there is no room, and the function answers nothing. */
export function readWindows(target: DeviceFunction): bool {
  const command = quiet(target.address)
  for (let index: u32 = 0, next: u32 = 0; index < WindowCount; index = next) {
    next += readRegister(target.address, index, WindowCount)
    target.window(index).base = base
    target.window(index).bytes = bytes
  }
  if (largestUnreached(target) != None && !place(target)) return false
  write(target.address, Header.Command, command | Command.MemorySpace)
  return true
}

/** The largest come first: so there is room for all in windows that are no larger than they have to be. */
function place(target: DeviceFunction): bool {
  const bus = target.address >> 16
  lookAround(bus)
  for (let index = largestUnreached(target); index != None; index = largestUnreached(target)) if (!giveAddress(target, index)) return false
  openBridges(bus)
  return true
}

/** Of the windows at which nothing would arrive; None where there is none. */
function largestUnreached(target: DeviceFunction): u32 {
  let largest = None
  for (let index: u32 = 0; index < WindowCount; index++) {
    const window = target.window(index)
    if (window.bytes != 0 && !isReached(target.address >> 16, window.base, window.bytes) && (largest == None || window.bytes > target.window(largest).bytes)) largest = index
  }
  return largest
}

function isReached(bus: u32, base: u64, bytes: u64): bool {
  if (base == 0) return false
  return passesAll(bus) || readWindowTo(bus, false) && isInside(base, bytes) || readWindowTo(bus, true) && isInside(base, bytes)
}
@inline function isInside(base: u64, bytes: u64): bool { return base >= first && base <= last && bytes - 1 <= last - base }

/** What may be prefetched may also lie where nothing is. */
function giveAddress(target: DeviceFunction, index: u32): bool {
  const bus = target.address >> 16
  const size = target.window(index).bytes
  const low = read(target.address, offsetOf(index))
  const isWide = (low & BaseAddress.TypeMask) == BaseAddress.Wide && index + 1 < WindowCount
  let at: u64 = 0
  if (low & BaseAddress.Prefetchable && readWindowTo(bus, true)) at = findRoom(first, isWide ? last : min(last, u32.MAX_VALUE), size)
  if (at == 0 && readWindowTo(bus, false)) at = findRoom(first, last, size)
  if (at == 0) return false
  write(target.address, offsetOf(index), <u32>at)
  if (isWide) write(target.address, offsetOf(index + 1), <u32>(at >> 32))
  readRegister(target.address, index, WindowCount)
  target.window(index).base = base
  take(at, size)
  return base == at
}
