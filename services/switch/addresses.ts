/** Which address is at which port: learned from frames, forgotten after five minutes without one. */
import { PortFlag, PortLimit } from '../../capability/switch'
import { carries, has, NoSwitch, Port, portAt } from './port'

/** Addresses of all switches. */
export const AddressTableLimit: u32 = 4096
/** Of one port at most, and of an uplink, whatever its settings allow: no port keeps the others from being learned. */
const PortShare: u32 = 512
const UplinkShare: u32 = 2048
/** Nanoseconds after which an address that sent nothing is forgotten. IEEE 802.1Q-2018, table 8-6. */
@inline export const AgeingTime: u64 = 300_000_000_000
const None: u32 = AddressTableLimit

@unmanaged export class Address {
  key: u64 //      address and, in the upper 16 bits, VLAN
  time: u64 //     of its last frame
  attached: u32 // the switch, or NoSwitch: free
  port: u32
  next: u32 //     of those with this hash, or of those that are free
  reserved: u32

  @inline get mac(): u64 { return this.key & 0xffff_ffff_ffff }
  @inline get vlan(): u32 { return <u32>(this.key >> 48) }
}
const AddressBytes: u32 = 32

let table: usize = 0
let firsts: usize = 0 // u32 for each hash
let free: u32 = None

@inline export function addressAt(index: u32): Address { return changetype<Address>(table + <usize>index * AddressBytes) }
@inline function firstAt(hash: u32): usize { return firsts + (<usize>hash << 2) }
@inline function hashOf(key: u64, attached: u32): u32 { return <u32>((key ^ <u64>attached << 56) * 0x9e37_79b9_7f4a_7c15 >> 52) } // AddressTableLimit of them

/** Nothing is known. */
export function makeAddresses(): void {
  if (table == 0) {
    table = heap.alloc(AddressTableLimit * AddressBytes)
    firsts = heap.alloc(AddressTableLimit << 2)
  }
  free = None
  for (let index = AddressTableLimit; index-- > 0;) {
    store<u32>(firstAt(index), None)
    release(index)
  }
}

function release(index: u32): void {
  addressAt(index).attached = NoSwitch
  addressAt(index).next = free
  free = index
}

function find(key: u64, attached: u32): u32 {
  let index = load<u32>(firstAt(hashOf(key, attached)))
  while (index != None && (addressAt(index).key != key || addressAt(index).attached != attached)) index = addressAt(index).next
  return index
}

/** The port where an address is, or PortLimit when nobody knows. */
export function locate(attached: u32, vlan: u32, mac: u64, now: u64): u32 {
  const index = find(mac | <u64>vlan << 48, attached)
  return index == None || now - addressAt(index).time >= AgeingTime ? PortLimit : addressAt(index).port
}

/** A frame came from an address at a port; false when it is another's, locked there. Where there is no room for it, nothing is learned. */
export function learn(port: Port, vlan: u32, mac: u64, now: u64): bool {
  const key = mac | <u64>vlan << 48
  const index = find(key, port.attached)
  if (index != None && addressAt(index).port == port.number) {
    addressAt(index).time = now
    return true
  }
  if (isLockedElsewhere(port, vlan, mac)) return false
  const share = has(port, PortFlag.Uplink) ? UplinkShare : PortShare
  const limit = port.settings.addressLimit
  const hasRoom = port.learned < (limit == 0 ? share : min(limit, share))
  if (index != None) { // it has moved; without room it stays where it was, or a port could make others' be forgotten
    if (hasRoom) settle(index, port, now)
  } else if (hasRoom && free != None) {
    const made = free
    free = addressAt(made).next
    const it = addressAt(made)
    it.key = key
    it.attached = port.attached
    it.port = PortLimit
    const first = firstAt(hashOf(key, port.attached))
    it.next = load<u32>(first)
    store<u32>(first, made)
    settle(made, port, now)
  }
  return true
}

function settle(index: u32, port: Port, now: u64): void {
  const it = addressAt(index)
  if (it.port < PortLimit) portAt(it.port).learned--
  it.port = port.number
  it.time = now
  port.learned++
}

/** True when another port of the switch has this address for its only one. */
export function isLockedElsewhere(port: Port, vlan: u32, mac: u64): bool {
  for (let number: u32 = 0; number < PortLimit; number++) {
    const other = portAt(number)
    if (number != port.number && other.attached == port.attached && has(other, PortFlag.MacLocked) && other.settings.mac == mac && carries(other, vlan)) return true
  }
  return false
}

function forget(index: u32): void {
  const it = addressAt(index)
  let link = firstAt(hashOf(it.key, it.attached))
  while (load<u32>(link) != index) link = changetype<usize>(addressAt(load<u32>(link))) + offsetof<Address>('next')
  store<u32>(link, it.next)
  portAt(it.port).learned--
  release(index)
}

/** Forgets what sent nothing for too long. */
export function forgetOld(now: u64): void {
  for (let index: u32 = 0; index < AddressTableLimit; index++) if (addressAt(index).attached != NoSwitch && now - addressAt(index).time >= AgeingTime) forget(index)
}

/** Forgets all of a port. */
export function forgetPort(port: Port): void {
  for (let index: u32 = 0; index < AddressTableLimit && port.learned != 0; index++) if (addressAt(index).attached != NoSwitch && addressAt(index).port == port.number) forget(index)
}

/** Forgets all of a switch. */
export function forgetSwitch(attached: u32): void {
  for (let index: u32 = 0; index < AddressTableLimit; index++) if (addressAt(index).attached == attached) forget(index)
}

/** Forgets one address wherever it is in a switch. */
export function forgetMac(attached: u32, mac: u64): void {
  for (let index: u32 = 0; index < AddressTableLimit; index++) if (addressAt(index).attached == attached && addressAt(index).mac == mac) forget(index)
}
