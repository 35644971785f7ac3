/** CAP: what the controller can do, and whether this driver can do with it. NVM Express 1.4, 3.1.1. */
import { DeviceNumber, number, read64 } from '../../capability/device'
import { append, say } from '../message'
import { Nothing, Register, RegistersBar } from './registers'

let capabilities: u64 = 0

/** Reads them, once for all; false, and says why, when the controller cannot be used. */
export function takeCapabilities(): bool {
  capabilities = read64(RegistersBar, Register.Capabilities)
  let reason = ''
  if (<u32>capabilities == Nothing) reason = 'it does not answer'
  else if (doorbellPairs() < 2) reason = 'its registers do not fit into its memory'
  else if (!(capabilities >> 37 & 1)) reason = 'it has no NVM command set' // CSS
  else if (capabilities >> 48 & 0xf) reason = 'it does not work with pages of 4 KiB' // MPSMIN
  else if (queueEntries() < 2) reason = 'its queues are too short'
  else return true
  append(reason)
  say()
  return false
}

/** MQES: the entries that an I/O queue can have. */
export function queueEntries(): u32 { return <u32>(capabilities & 0xffff) + 1 }

/** TO: nanoseconds that the controller takes at most to become ready, or to cease to be. */
export function readyTimeout(): u64 { return max<u64>(capabilities >> 24 & 0xff, 1) * 500_000_000 }

/** DSTRD: bytes from one doorbell to the next. */
export function doorbellStride(): u32 { return 4 << <u32>(capabilities >> 32 & 0xf) }

/** Queue pairs, the admin queues among them, whose doorbells lie in the function's memory; not more than there can be. */
export function doorbellPairs(): u32 {
  const room = number(DeviceNumber.MemoryBytes + RegistersBar)
  return room < Register.Doorbells ? 0 : <u32>min<u64>((room - Register.Doorbells) / (2 * doorbellStride()), 0x10000)
}
