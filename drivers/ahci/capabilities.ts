/** CAP: what the HBA can do, and whether this driver can do with it. AHCI 1.3.1, 3.1.1. */
import { DeviceNumber, number, read32 } from '../../capability/device'
import { append, say } from '../message'
import { Capability, Nothing, PortBytes, Register, RegistersBar } from './registers'

let capabilities: u32 = 0

/** Reads them, once for all; false, and says why, when the HBA cannot be used. */
export function takeCapabilities(): bool {
  capabilities = read32(RegistersBar, Register.Capabilities)
  let reason = ''
  if (capabilities == Nothing) reason = 'it does not answer'
  else if (portRoom() == 0) reason = 'its registers do not fit into its memory'
  else if (!(capabilities & Capability.Wide)) reason = 'it does not reach memory above 4 GiB'
  else return true
  append(reason)
  say()
  return false
}

/** PI, of the ports whose registers lie in the function's memory. */
export function implementedPorts(): u32 {
  const room = portRoom()
  const implemented = read32(RegistersBar, Register.PortsImplemented)
  return room >= 32 ? implemented : implemented & (1 << room) - 1
}

/** Commands of a port that can be queued; 0 where the HBA queues none. */
export function commandSlots(): u32 { return capabilities & Capability.Queueing ? (capabilities >> 8 & 31) + 1 : 0 }

function portRoom(): u32 {
  const bytes = number(DeviceNumber.MemoryBytes + RegistersBar)
  return bytes < Register.Ports ? 0 : <u32>min<u64>((bytes - Register.Ports) / PortBytes, 32)
}
