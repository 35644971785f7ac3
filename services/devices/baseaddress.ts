/** Base address registers: how large the memory is that a function answers for, and where. PCI Local Bus Specification 3.0, 6.2.5. */
import { BaseAddress, Class, Command, Header } from '../../capability/pci'
import { read, write } from './configuration'

/** Bits 31:11 of an expansion ROM's register are its address, and bit 0 has it answer. 6.2.5.2. */
const RomMask: u32 = ~(<u32>0x7FF)
const RomEnable: u32 = 1 << 0

/** What `readRegister` or `readRom` has found last; `bytes` 0: nothing. */
export let base: u64 = 0
export let bytes: u64 = 0

/**
 * The function answers no memory access from now on, as it must while registers are read; its command register as it was. A host bridge goes on: it may answer
 * for what leads to everything else.
 */
export function quiet(address: u32): u32 {
  const command = read(address, Header.Command) & Command.Mask
  if (read(address, Header.Class) >> 16 != Class.HostBridge) write(address, Header.Command, command & ~Command.MemorySpace)
  return command
}

/** Reads one of the first `count` registers; how many it takes. */
export function readRegister(address: u32, index: u32, count: u32): u32 {
  const low = read(address, offsetOf(index))
  base = bytes = 0
  if (low & BaseAddress.Ports) return 1
  const isWide = (low & BaseAddress.TypeMask) == BaseAddress.Wide && index + 1 < count
  let size = <u64>writableBits(address, offsetOf(index)) & BaseAddress.MemoryMask
  if (isWide) size |= <u64>writableBits(address, offsetOf(index + 1)) << 32
  else if (size != 0) size |= <u64>u32.MAX_VALUE << 32
  base = <u64>(low & BaseAddress.MemoryMask) | (isWide ? <u64>read(address, offsetOf(index + 1)) << 32 : 0)
  bytes = 0 - size
  return isWide ? 2 : 1
}

/** Reads the expansion ROM's, where it answers. */
export function readRom(address: u32, offset: u32): void {
  const value = read(address, offset)
  base = value & RomMask
  bytes = value & RomEnable ? 0 - <u64>(writableBits(address, offset) & RomMask) & u32.MAX_VALUE : 0
}

/** The offset of a register. */
@inline export function offsetOf(index: u32): u32 { return Header.BaseAddresses + (index << 2) }

/** A register is left as it was. */
function writableBits(address: u32, offset: u32): u32 {
  const before = read(address, offset)
  write(address, offset, u32.MAX_VALUE)
  const bits = read(address, offset)
  write(address, offset, before)
  return bits
}
