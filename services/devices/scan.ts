/** Looks through the buses: depth first, as bridges lead. PCI-to-PCI Bridge Architecture Specification 1.2, 3.2.5. */
import { DeviceFunction, DeviceFunctionBytes, DeviceLimit, DriverModule, PlaceLength } from '../../capability/devices'
import { append, appendByte, say } from '../logline'
import { readCapabilities } from './capabilities'
import { read } from './configuration'
import { driverFor } from './drivers'
import { record } from './record'
import { Header, HeaderType } from '../../capability/pci'
import { readWindows } from './windows'

const NoVendor: u32 = 0xFFFF
/** Of each bus, whether it was looked through: a bridge that leads back leads nowhere. */
const seen: usize = memory.data(256)
const place: usize = memory.data(8)

/** Looks through everything that bus 0 leads to. */
export function scan(): void {
  memory.fill(seen, 0, 256)
  scanBus(0)
}

function scanBus(bus: u32): void {
  if (load<u8>(seen + bus)) return
  store<u8>(seen + bus, 1)
  for (let device: u32 = 0; device < 32; device++) {
    const first = bus << 16 | device << 11
    if (!isThere(first)) continue
    const count: u32 = read(first, Header.Type) & HeaderType.Several ? 8 : 1
    for (let index: u32 = 0; index < count; index++) if (isThere(first | index << 8)) look(first | index << 8)
  }
}

function isThere(address: u32): bool { return (read(address, Header.Identity) & 0xFFFF) != NoVendor }

function look(address: u32): void {
  const type = read(address, Header.Type) & HeaderType.Mask
  if (type == HeaderType.Bridge) return scanBus(read(address, Header.Buses) >> 8 & 0xFF)
  if (type != HeaderType.Function) return
  const identity = read(address, Header.Identity)
  const driver = driverFor(identity, read(address, Header.Class))
  if (driver == DriverModule.None) return
  if (record().count == DeviceLimit) {
    writePlace(place, address)
    append('there are more devices than drivers can be started for; not driven: ')
    appendPlace(place)
    return say()
  }
  const found = record().function(record().count++)
  found.address = address
  found.identity = identity
  found.class = read(address, Header.Class)
  found.driver = driver
  writePlace(found.place, address)
  readCapabilities(found)
  if (found.msi == 0 && found.msix == 0 && driver != DriverModule.E1000) return refuse(found)
  readWindows(found)
}

/** Without messages nobody would hear of it, but a driver that looks at its card by itself. */
function refuse(found: DeviceFunction): void {
  append('it sends neither MSI nor MSI-X, and is not driven: ')
  appendPlace(found.place)
  say()
  memory.fill(changetype<usize>(found), 0, DeviceFunctionBytes)
  record().count--
}

function appendPlace(text: usize): void { for (let i: usize = 0; i < PlaceLength; i++) appendByte(load<u8>(text + i)) }

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
