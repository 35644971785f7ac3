/** PCI function 00:00.0, the host bridge. It has the identity of a Q35, which every operating system takes as an ordinary PCI Express root. */
import { Mmio } from '../addresses'
import { ClassCode, Command, Header, Q35 } from './registers'

let interruptLine: u32 = 0

/** As after power-on. */
export function reset(): void { interruptLine = 0 }

/** Reads the 32-bit register at `offset`, a multiple of 4. */
export function read(offset: u32): u32 {
  switch (offset) {
    case Header.Identification: return Q35.Identification
    case Header.Command: return Command.MemorySpace | Command.BusMaster
    case Header.Class: return ClassCode.HostBridge
    case Header.InterruptLine: return interruptLine
    case Q35.EcamBase: return <u32>Mmio.Ecam | Q35.EcamEnable
  }
  return 0
}

/** Writes the bits of `mask`. Only the interrupt line register, which is the guest's to use, can be written. */
export function write(offset: u32, value: u32, mask: u32): void {
  if (offset == Header.InterruptLine) interruptLine = ((interruptLine & ~mask) | (value & mask)) & 0xff
}
