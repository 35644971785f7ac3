/** What a driver's function has in the list of its capabilities. PCI Local Bus Specification 3.0, 6.7. */
import { configuration } from '../capability/device'
import { Capability, Header, Status } from '../capability/pci'

/** As many as fit where they lie: a list that is longer goes round in a circle. */
const Most: u32 = 48

/** Looks through the list. */
export function hasCapability(identity: u32): bool {
  if (!(configuration(Header.Command) & Status.Capabilities)) return false
  let offset = configuration(Header.Capabilities) & 0xfc
  for (let count: u32 = 0; offset >= 0x40 && count < Most; count++) {
    const word = configuration(offset)
    if ((word & 0xff) == identity) return true
    offset = word >> 8 & 0xfc
  }
  return false
}

/** Whether the function sends messages. Another has a line at most, which it holds down until its driver has it let go, and which may lead to where nobody hears it. */
export function sendsMessages(): bool { return hasCapability(Capability.MsiX) || hasCapability(Capability.Msi) }
