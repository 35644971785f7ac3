/** Which addresses on a bus something answers for, and where there is room among them. */
import { WindowCount } from '../../capability/devices'
import { Command, Header, HeaderType } from '../../capability/pci'
import { base, bytes, quiet, readRegister, readRom } from './baseaddress'
import { first, last, readWindow } from './bridge'
import { write } from './configuration'
import { forEachFunction, typeOf } from './functions'

/** Base address registers of a bridge. */
const BridgeRegisters: u32 = 2
/** More than these, and nothing finds room. */
const Most: u32 = 1024

@unmanaged class Range {
  first: u64
  last: u64
}
const ranges: usize = memory.data(1024 * 16, 8)
let count: u32 = 0

@inline function range(index: u32): Range { return changetype<Range>(ranges + (<usize>index << 4)) }

/** Notes what all functions of a bus answer for, and what its bridges pass on. */
export function lookAround(bus: u32): void {
  count = 0
  forEachFunction(bus, (address: u32): void => {
    const isBridge = typeOf(address) == HeaderType.Bridge
    if (!isBridge && typeOf(address) != HeaderType.Function) return
    const command = quiet(address)
    const registers = isBridge ? BridgeRegisters : WindowCount
    for (let index: u32 = 0; index < registers;) {
      index += readRegister(address, index, registers)
      if (base != 0) take(base, bytes)
    }
    readRom(address, isBridge ? Header.BridgeExpansionRom : Header.ExpansionRom)
    take(base, bytes)
    write(address, Header.Command, command)
    if (isBridge && readWindow(address, false)) take(first, last - first + 1)
    if (isBridge && readWindow(address, true)) take(first, last - first + 1)
  })
}

/** Something answers there, from now on. */
export function take(base: u64, bytes: u64): void {
  if (bytes == 0) return
  if (count < Most) {
    range(count).first = base
    range(count).last = base + bytes < base ? u64.MAX_VALUE : base + bytes - 1
  }
  count++
}

/** The lowest address from `from` to `to` at which `size` bytes, a power of two, are nobody's and would lie as base addresses must; 0 where there is none. */
export function findRoom(from: u64, to: u64, size: u64): u64 {
  if (popcnt(size) != 1 || count > Most) return 0
  let at = align(from, size)
  for (let index: u32 = 0; index < count;) {
    if (at < from || at > to || size - 1 > to - at) return 0
    if (range(index).first > at + (size - 1) || range(index).last < at) {
      index++
      continue
    }
    if (range(index).last == u64.MAX_VALUE) return 0
    at = align(range(index).last + 1, size)
    index = 0
  }
  return at < from || at > to || size - 1 > to - at ? 0 : at
}

@inline function align(address: u64, size: u64): u64 { return address + (size - 1) & ~(size - 1) }
