/** Looks through the buses: depth first, as bridges lead. PCI-to-PCI Bridge Architecture Specification 1.2, 3.2.5. */
import { DeviceFunction, DeviceFunctionBytes, DeviceLimit, DriverModule, PlaceLength } from '../../capability/devices'
import { append, appendByte, say } from '../logline'
import { readCapabilities } from './capabilities'
import { Header, HeaderType } from '../../capability/pci'
import { forgetBridges, setBridge } from './bridge'
import { read } from './configuration'
import { driverFor } from './drivers'
import { forEachFunction, typeOf } from './functions'
import { record } from './record'
import { readWindows } from './windows'

/** Of each bus, whether it was looked through: a bridge that leads back leads nowhere. */
const seen: usize = memory.data(256)
const place: usize = memory.data(8)

/** Looks through everything that bus 0 leads to. */
export function scan(): void {
  memory.fill(seen, 0, 256)
  forgetBridges()
  scanBus(0)
}

function scanBus(bus: u32): void {
  store<u8>(seen + bus, 1)
  forEachFunction(bus, look)
}

/** Also what is behind it. */
function lookThrough(bridge: u32): void {
  const bus = read(bridge, Header.Buses) >> 8 & 0xFF
  if (load<u8>(seen + bus)) return
  setBridge(bus, bridge)
  scanBus(bus)
}

function look(address: u32): void {
  if (typeOf(address) == HeaderType.Bridge) return lookThrough(address)
  if (typeOf(address) != HeaderType.Function) return
  const identity = read(address, Header.Identity)
  const driver = driverFor(identity, read(address, Header.Class))
  if (driver == DriverModule.None) return
  writePlace(place, address)
  if (record().count == DeviceLimit) return mention('there are more devices than drivers can be started for; not driven: ')
  const found = record().function(record().count)
  memory.fill(changetype<usize>(found), 0, DeviceFunctionBytes)
  found.address = address
  found.identity = identity
  found.class = read(address, Header.Class)
  found.driver = driver
  found.line = lineOf(address)
  memory.copy(found.place, place, PlaceLength)
  readCapabilities(found)
  if (!readWindows(found)) return mention('the firmware gave its memory no address, there is no room for it, and it is not driven: ')
  record().count++
  if (found.msi == 0 && found.msix == 0 && found.line == 0) mention('it sends neither MSI nor MSI-X, the firmware does not say where its line leads, and its driver has to look at it: ')
}

/** Where the firmware has its interrupt line arrive at the 8259s, which have 16 inputs; 0 where it has none, or nobody knows. PCI Local Bus Specification 3.0, 6.2.4. */
function lineOf(address: u32): u32 {
  const value = read(address, Header.InterruptLine)
  return value >> 8 & 0xFF && (value & 0xFF) < 16 ? value & 0xFF : 0
}

function mention(what: string): void {
  append(what)
  for (let i: usize = 0; i < PlaceLength; i++) appendByte(load<u8>(place + i))
  say()
}

/** Writes an address in words. */
function writePlace(target: usize, address: u32): void {
  writeHexadecimal(target, address >> 16)
  store<u8>(target + 2, 0x3A)
  writeHexadecimal(target + 3, address >> 11 & 31)
  store<u8>(target + 5, 0x2E)
  store<u8>(target + 6, <u8>(0x30 + (address >> 8 & 7)))
}

function writeHexadecimal(target: usize, value: u32): void {
  for (let digit: u32 = 0; digit < 2; digit++) {
    const nibble = value >> (4 - 4 * digit) & 0xF
    store<u8>(target + digit, <u8>(nibble < 10 ? 0x30 + nibble : 0x37 + nibble))
  }
}
