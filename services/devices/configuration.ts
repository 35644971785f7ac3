/** Configuration access to the host's functions: in memory where the firmware tells of it (PCI Express Base Specification, 7.2.2), else by mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3.2). */
import { read32 as deviceRead, write32 as deviceWrite } from '../../capability/device'
import { read32 as portRead, write32 as portWrite } from '../../capability/port'

/** Of the ports granted: CONFIG_ADDRESS and CONFIG_DATA. */
const AddressPort: u32 = 0
const DataPort: u32 = 4
@inline const Enable: u32 = 1 << 31
/** The window in which the configuration space lies, from bus 0 on. */
const Window: u32 = 0

let inMemory = false

/** Chooses: what lies in memory is believed when it says of the first function what the ports say. */
export function initializeAccess(): void {
  inMemory = false
  const byPorts = read(0, 0)
  inMemory = deviceRead(Window, 0) == byPorts && byPorts != u32.MAX_VALUE
}

/** True when all of configuration space is reached, in memory. */
export function isInMemory(): bool { return inMemory }

/** Reads 32 bits at `offset`, a multiple of 4 below 256, of the function at `address`: bus in bits 23:16, device 15:11, function 10:8. */
export function read(address: u32, offset: u32): u32 {
  if (inMemory) return deviceRead(Window, address << 4 | offset)
  portWrite(AddressPort, Enable | address | offset)
  return portRead(DataPort)
}

/** Writes them. */
export function write(address: u32, offset: u32, value: u32): void {
  if (inMemory) {
    deviceWrite(Window, address << 4 | offset, value)
    return
  }
  portWrite(AddressPort, Enable | address | offset)
  portWrite(DataPort, value)
}
