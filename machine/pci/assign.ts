/** What firmware does with PCI functions before it starts a kernel, where none runs: each gets its memory's addresses and answers there. */
import { Mmio } from '../addresses'
import { memoryBytes, PciFunction, register, setRegister } from './function'
import { nextFunction } from './pci'
import { Command, Header } from './registers'

const BaseAddressCount: u32 = 6

/** Assigns addresses in the window for PCI, in the order of slots. */
export function assignMemory(): void {
  let next = <u32>Mmio.PciWindow
  for (let target = nextFunction(0); changetype<usize>(target) != 0; target = nextFunction(target.slot + 1)) next = assign(target, next)
}

function assign(target: PciFunction, next: u32): u32 {
  for (let bar: u32 = 0; bar < BaseAddressCount; bar++) {
    const bytes = memoryBytes(target, bar)
    if (bytes == 0) continue
    const base = (next + bytes - 1) & ~(bytes - 1)
    setRegister(target, Header.BaseAddresses + (bar << 2), base)
    next = base + bytes
  }
  setRegister(target, Header.Command, register(target, Header.Command) | Command.MemorySpace)
  return next
}
