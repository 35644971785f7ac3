/** The frame at hand: its Ethernet header, and the tag of IEEE 802.1Q if it has one. Of the bytes that were seen only. */
import { HeadLimit, SwitchFrame } from '../../capability/switch'

/** Bytes of a virtio_net_hdr, which lies before the frame. VIRTIO 1.2, 5.1.6. */
export const NetHeaderBytes: u32 = 12
const AddressesBytes: u32 = 12
const TagBytes: u32 = 4

/** IEEE 802 numbers, EtherType. */
export namespace EtherType {
  export const Ipv4: u32 = 0x0800
  export const Arp: u32 = 0x0806
  export const Tag: u32 = 0x8100
  export const Ipv6: u32 = 0x86dd
  export const ServiceTag: u32 = 0x88a8
  export const OldServiceTag: u32 = 0x9100
}

/** Where its virtio_net_hdr is, and behind it what was seen of it. */
export let head: usize = 0
/** Bytes of it from there on, and how many of them were seen. */
export let bytes: u32 = 0
export let seen: u32 = 0
export let destination: u64 = 0
export let source: u64 = 0
export let hasTag: bool = false
/** Tag control information; 0 without a tag. */
export let control: u32 = 0
export let etherType: u32 = 0
/** Bytes from `head` to what it carries. */
export let network: u32 = 0

@inline export function read8(at: u32): u32 { return load<u8>(head + at) }
@inline export function read16(at: u32): u32 { return bswap<u16>(load<u16>(head + at)) }
@inline export function read32(at: u32): u32 { return bswap<u32>(load<u32>(head + at)) }
@inline export function write16(at: u32, value: u32): void { store<u16>(head + at, bswap<u16>(<u16>value)) }

/** True for the address of a group, broadcast included. */
@inline export function isGroup(mac: u64): bool { return (mac & 1) != 0 }
@inline export const Broadcast: u64 = 0xffff_ffff_ffff

/** Takes a frame in hand; false when it is none: too short, from a group or from nobody. */
export function hold(frame: SwitchFrame): bool {
  head = frame.head
  bytes = frame.bytes
  seen = min(frame.seen, HeadLimit)
  network = NetHeaderBytes + AddressesBytes + 2
  if (seen < network) return false
  destination = load<u64>(head + NetHeaderBytes) & Broadcast
  source = load<u64>(head + NetHeaderBytes + 6) & Broadcast
  etherType = read16(NetHeaderBytes + AddressesBytes)
  hasTag = etherType == EtherType.Tag
  control = 0
  if (hasTag) {
    network += TagBytes
    if (seen < network) return false
    control = read16(NetHeaderBytes + AddressesBytes + 2)
    etherType = read16(network - 2)
  }
  return source != 0 && !isGroup(source)
}

/** True when it has more tags than one, which could become its only one elsewhere. */
export function hasInnerTag(): bool { return etherType == EtherType.Tag || etherType == EtherType.ServiceTag || etherType == EtherType.OldServiceTag }

/** Makes its tag say a VLAN; its priority stays. */
export function retag(vlan: u32): void {
  control = control & 0xf000 | vlan
  if (hasTag) write16(NetHeaderBytes + AddressesBytes + 2, control)
}

/** Writes the addresses, a tag if it is to have one, and the EtherType to `target`, behind its virtio_net_hdr; where they end. */
export function writeLink(target: usize, tagged: bool): u32 {
  memory.copy(target, head, NetHeaderBytes + AddressesBytes)
  let at = NetHeaderBytes + AddressesBytes
  if (tagged) {
    store<u16>(target + at, bswap<u16>(<u16>EtherType.Tag))
    store<u16>(target + at + 2, bswap<u16>(<u16>control))
    at += TagBytes
  }
  store<u16>(target + at, bswap<u16>(<u16>etherType))
  return at + 2
}
