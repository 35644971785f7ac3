/** Which bridge leads to a bus, and which addresses it passes on. PCI-to-PCI Bridge Architecture Specification 1.2, 3.2.5.6 to 3.2.5.10. */
import { Class, Command, Header } from '../../capability/pci'
import { read, write } from './configuration'

const None: u32 = u32.MAX_VALUE
/** The upper twelve bits of a window's base and of its limit, each in the upper part of its half. */
const Address: u32 = 0xFFF0
const LimitRest: u64 = 0xF_FFFF
/** In the low bits of a prefetchable window's: its addresses have 64 bits. */
const Wide: u32 = 1

const leading: usize = memory.data(256 * 4, 4)

/** What `readWindow` has read: the first address and the last. */
export let first: u64 = 0
export let last: u64 = 0

/** No bus but the root is known. */
export function forgetBridges(): void { memory.fill(leading, 0xFF, 256 * 4) }

/** `bridge` leads to `bus`. */
export function setBridge(bus: u32, bridge: u32): void { store<u32>(leading + (<usize>bus << 2), bridge) }

@inline function bridgeTo(bus: u32): u32 { return load<u32>(leading + (<usize>bus << 2)) }

/** True for a bus that no bridge leads to. */
export function isRoot(bus: u32): bool { return bridgeTo(bus) == None }

/** True where all that lies outside the windows is passed on too. */
export function passesAll(bus: u32): bool { return isRoot(bus) || read(bridgeTo(bus), Header.Class) >> 8 == Class.SubtractiveBridge }

/** Reads a window of the bridge to a bus; false where it has none. */
export function readWindowTo(bus: u32, isPrefetchable: bool): bool { return !isRoot(bus) && readWindow(bridgeTo(bus), isPrefetchable) }

/** Reads a window of a bridge; false where it has none. */
export function readWindow(bridge: u32, isPrefetchable: bool): bool {
  const value = read(bridge, isPrefetchable ? Header.PrefetchableWindow : Header.MemoryWindow)
  first = <u64>(value & Address) << 16
  last = <u64>(value & Address << 16) | LimitRest
  if (isPrefetchable && value & Wide) {
    first |= <u64>read(bridge, Header.PrefetchableBaseUpper) << 32
    last |= <u64>read(bridge, Header.PrefetchableLimitUpper) << 32
  }
  return first != 0 && first < last
}

/** Has all bridges on the way to a bus pass on what is in their windows, and what functions there read and write. */
export function openBridges(bus: u32): void {
  for (let bridge = bridgeTo(bus); bridge != None; bridge = bridgeTo(bridge >> 16)) {
    write(bridge, Header.Command, read(bridge, Header.Command) & Command.Mask | Command.MemorySpace | Command.BusMaster)
  }
}
