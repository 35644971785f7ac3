/** A function's capabilities for message-signalled interrupts. PCI Local Bus Specification 3.0, 6.7 and 6.8. */
import { DeviceFunction } from '../../capability/devices'
import { read } from './configuration'
import { Capability, Header, Status } from '../../capability/pci'

/** As many as fit where they lie: a list that is longer goes round in a circle. */
const Most: u32 = 48

/** Finds them. */
export function readCapabilities(target: DeviceFunction): void {
  const address = target.address
  if (!(read(address, Header.Command) & Status.Capabilities)) return
  let offset = read(address, Header.Capabilities) & 0xFC
  for (let count: u32 = 0; offset >= 0x40 && count < Most; count++) {
    const word = read(address, offset)
    if ((word & 0xFF) == Capability.Msi) target.msi = offset
    if ((word & 0xFF) == Capability.MsiX) {
      target.msix = offset
      target.msixTable = read(address, offset + 4)
    }
    offset = word >> 8 & 0xFC
  }
}
