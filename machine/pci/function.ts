/**
 * A PCI function with a header of type 0: base address registers for memory and for I/O ports, a list of capabilities, and INTA#. Its configuration space is
 * bytes and, behind them, which of their bits a guest can write; a device may answer some registers itself. PCI Local Bus Specification 3.0, chapter 6.
 */
import { IoApicFact } from '../addresses'
import { setPin } from '../wires'
import { Command, Header, IoSpaceIndicator, NotConnected, Status } from './registers'

const SpaceBytes: usize = 256
const BaseAddressCount: u32 = 6
const Links: u32 = 4

/** A device's own state may follow it: a class that extends it. */
@unmanaged export class PciFunction {
  space: usize //    SpaceBytes of registers, then as many of masks
  slot: u32 //       device number on bus 0; it is function 0
  capabilities: u32 // bytes of configuration space that are taken
  last: u32 //       the capability that was added last, 0 for none
  interrupts: bool // it asks for INTA#
  asserted: bool //  and its wire shows it
  msix: u32 //       the MSI-X capability, 0 for none
  msixBar: u32
  vectors: u32 //    in `table`
  table: usize //    MSI-X entries, as the guest sees them
  pending: u64 //    MSI-X: bit n for vector n
  portCount: u32 //  0 for none
  portBar: u32
  /** Reads 1, 2 or 4 bytes at `offset` in the memory, or of the ports, of base address register `bar`. */
  readMemory: (target: PciFunction, bar: u32, offset: u32, size: u32) => u32
  writeMemory: (target: PciFunction, bar: u32, offset: u32, size: u32, value: u32) => void
  /** Reads the 32-bit register at `offset`, a multiple of 4. */
  readRegister: (target: PciFunction, offset: u32) => u32
  /** Writes the bits of `mask`. */
  writeRegister: (target: PciFunction, offset: u32, value: u32, mask: u32) => void
}

/** Bytes that `space` has to have. */
export const FunctionSpaceBytes: u32 = 512

const links: usize = memory.data(16) // Links × u32: the slots that hold it high

/** No wire is high. */
export function resetLinks(): void { memory.fill(links, 0, Links << 2) }

/** Makes a function as after power-on: nothing decoded, no capabilities. `pin` 1 is INTA#. */
export function prepare(target: PciFunction, slot: u32, identification: u32, classCode: u32, subsystem: u32): void {
  memory.fill(target.space, 0, FunctionSpaceBytes)
  target.slot = slot
  target.capabilities = 0x40
  target.last = 0
  target.interrupts = false
  target.asserted = false
  target.msix = 0
  target.pending = 0
  target.portCount = 0
  target.readRegister = readRegister
  target.writeRegister = writeRegister
  setRegister(target, Header.Identification, identification)
  setRegister(target, Header.Class, classCode)
  setRegister(target, Header.Subsystem, subsystem)
  setRegister(target, Header.InterruptLine, 1 << 8 | NotConnected) // INTA#
  allow(target, Header.InterruptLine, 0xff)
  allow(target, Header.Command, Command.MemorySpace | Command.BusMaster | Command.InterruptDisable)
}

/** Sets a register whatever its mask. */
export function setRegister(target: PciFunction, offset: u32, value: u32): void { store<u32>(target.space + offset, value) }

/** Lets the guest write bits of a register. */
export function allow(target: PciFunction, offset: u32, mask: u32): void { store<u32>(target.space + SpaceBytes + offset, mask) }

/** A register as the guest set it. */
@inline export function register(target: PciFunction, offset: u32): u32 { return load<u32>(target.space + offset) }

/** Gives it `bytes` of memory, a power of two and at least 16, at base address register `bar`: 32 bits, not prefetchable. */
export function addMemory(target: PciFunction, bar: u32, bytes: u32): void { allow(target, Header.BaseAddresses + (bar << 2), ~(bytes - 1)) }

/** Gives it `count` I/O ports, a power of two and at least 4, at base address register `bar`; there is one such. */
export function addPorts(target: PciFunction, bar: u32, count: u32): void {
  setRegister(target, Header.BaseAddresses + (bar << 2), IoSpaceIndicator)
  allow(target, Header.BaseAddresses + (bar << 2), ~(count - 1))
  allow(target, Header.Command, Command.IoSpace | Command.MemorySpace | Command.BusMaster | Command.InterruptDisable)
  target.portBar = bar
  target.portCount = count
}

/** Bytes of memory, or ports, at a base address register, 0 for none. */
export function sizeOf(target: PciFunction, bar: u32): u32 {
  return bar < BaseAddressCount ? ~load<u32>(target.space + SpaceBytes + Header.BaseAddresses + (bar << 2)) + 1 : 0
}

@inline export function isForPorts(target: PciFunction, bar: u32): bool { return target.portCount != 0 && bar == target.portBar }

/** Adds a capability of `bytes` bytes, a multiple of 4, at the end of the list; its offset. */
export function addCapability(target: PciFunction, identity: u32, bytes: u32): u32 {
  const at = target.capabilities
  target.capabilities += bytes
  if (target.last == 0) setRegister(target, Header.Capabilities, at)
  else store<u8>(target.space + target.last + 1, at)
  setRegister(target, Header.Command, Status.Capabilities)
  target.last = at
  setRegister(target, at, identity)
  return at
}

/** The base address register whose memory `gpa` lies in, or -1. */
export function decode(target: PciFunction, gpa: u64): i32 {
  if (!(register(target, Header.Command) & Command.MemorySpace)) return -1
  for (let bar: u32 = 0; bar < BaseAddressCount; bar++) {
    if (isForPorts(target, bar)) continue
    const bytes = sizeOf(target, bar)
    if (bytes != 0 && gpa - register(target, Header.BaseAddresses + (bar << 2)) < bytes) return bar
  }
  return -1
}

/** True when `port` is one of its ports. */
export function decodesPort(target: PciFunction, port: u32): bool {
  return (register(target, Header.Command) & Command.IoSpace) != 0 && port - (register(target, Header.BaseAddresses + (target.portBar << 2)) & ~IoSpaceIndicator) < target.portCount
}

/** True while the guest lets it write memory, which messages are too. */
@inline export function isBusMaster(target: PciFunction): bool { return (register(target, Header.Command) & Command.BusMaster) != 0 }

/** Asks for INTA#, or no longer. */
export function setInterrupt(target: PciFunction, level: bool): void {
  target.interrupts = level
  updateInterrupt(target)
}

/** Its wire follows from what it asks for and what the guest allows; with MSI-X it has none (6.8.3.3). Wires of several functions meet in a link, as the DSDT's _PRT says. */
export function updateInterrupt(target: PciFunction): void {
  const level = target.interrupts && !(register(target, Header.Command) & Command.InterruptDisable) && !(target.msix != 0 && register(target, target.msix) >> 31 != 0)
  if (level == target.asserted) return
  target.asserted = level
  const link = target.slot % Links // INTA# of slot s
  const holders = load<u32>(links + (link << 2)) ^ (1 << target.slot)
  store<u32>(links + (link << 2), holders)
  setPin(IoApicFact.PciPin + link, holders != 0)
}

/** What a device does not answer itself. */
export function readRegister(target: PciFunction, offset: u32): u32 {
  const value = offset < <u32>SpaceBytes ? register(target, offset) : 0
  return offset == Header.Command && target.interrupts ? value | Status.Interrupt : value
}

export function writeRegister(target: PciFunction, offset: u32, value: u32, mask: u32): void {
  if (offset >= <u32>SpaceBytes) return
  mask &= load<u32>(target.space + SpaceBytes + offset)
  setRegister(target, offset, (register(target, offset) & ~mask) | (value & mask))
}
