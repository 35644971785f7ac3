/** How large the memory of a function is, and where: its base address registers. PCI Local Bus Specification 3.0, 6.2.5.1. */
import { DeviceFunction, WindowCount } from '../../capability/devices'
import { read, write } from './configuration'
import { BaseAddress, Command, Header } from '../../capability/pci'

/** Fills the windows. While they are sized, the function answers no memory access. */
export function readWindows(target: DeviceFunction): void {
  const address = target.address
  const command = read(address, Header.Command) & Command.Mask
  write(address, Header.Command, command & ~Command.MemorySpace)
  for (let index: u32 = 0; index < WindowCount; index++) {
    const low = read(address, offsetOf(index))
    if (low & BaseAddress.Ports) continue
    const isWide = (low & BaseAddress.TypeMask) == BaseAddress.Wide && index + 1 < WindowCount
    const high = isWide ? read(address, offsetOf(index + 1)) : 0
    let size = <u64>size32(address, offsetOf(index)) & BaseAddress.MemoryMask
    if (isWide) size |= <u64>size32(address, offsetOf(index + 1)) << 32
    else if (size != 0) size |= <u64>0xFFFF_FFFF << 32
    const base = <u64>(low & BaseAddress.MemoryMask) | <u64>high << 32
    const window = target.window(index)
    window.base = base
    window.bytes = base != 0 ? 0 - size : 0
    if (isWide) index++
  }
  write(address, Header.Command, command | Command.MemorySpace)
}

@inline function offsetOf(index: u32): u32 { return Header.BaseAddresses + (index << 2) }

/** The bits of a register that can be written; it is left as it was. */
function size32(address: u32, offset: u32): u32 {
  const before = read(address, offset)
  write(address, offset, u32.MAX_VALUE)
  const bits = read(address, offset)
  write(address, offset, before)
  return bits
}
