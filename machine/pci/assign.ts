/** What firmware does with PCI functions before it starts a kernel, where none runs: each gets addresses for its memory and its ports, and answers there. */
import { Mmio, Port } from '../addresses'
import { isForPorts, PciFunction, register, setRegister, sizeOf } from './function'
import { nextFunction } from './pci'
import { Command, Header, IoSpaceIndicator } from './registers'

const BaseAddressCount: u32 = 6

let nextMemory: u32 = 0
let nextPort: u32 = 0

/** Assigns addresses in the windows for PCI, in the order of slots. */
export function assignAddresses(): void {
  nextMemory = <u32>Mmio.PciWindow
  nextPort = Port.PciWindow
  for (let target = nextFunction(0); changetype<usize>(target) != 0; target = nextFunction(target.slot + 1)) assign(target)
}

/** All lie at multiples of their size. */
function assign(target: PciFunction): void {
  for (let bar: u32 = 0; bar < BaseAddressCount; bar++) {
    const size = sizeOf(target, bar)
    const at = Header.BaseAddresses + (bar << 2)
    if (size == 0) continue
    if (isForPorts(target, bar)) {
      nextPort = (nextPort + size - 1) & ~(size - 1)
      setRegister(target, at, nextPort | IoSpaceIndicator)
      nextPort += size
    } else {
      nextMemory = (nextMemory + size - 1) & ~(size - 1)
      setRegister(target, at, nextMemory)
      nextMemory += size
    }
  }
  setRegister(target, Header.Command, register(target, Header.Command) | Command.MemorySpace | (target.portCount != 0 ? Command.IoSpace : 0))
}
