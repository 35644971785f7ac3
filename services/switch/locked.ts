/** What a port whose IP addresses are locked may send: ARP, IPv4 and IPv6 by its own, and nothing that only routers and servers say. RFC 826, 6105, 6980, 7113, 7610. */
import { AddressCount } from '../../capability/switch'
import { EtherType, etherType, head, network, read16, read32, read8, seen, source } from './frame'
import { end, isFragment, isLaterFragment, protocol, Protocol, transport, Unknown } from './packet'
import { Port } from './port'

/** UDP ports. RFC 2131, RFC 8415. */
namespace UdpPort {
  export const DhcpServer: u32 = 67
  export const DhcpClient: u32 = 68
  export const Dhcpv6Server: u32 = 547
}
/** Types of ICMPv6. RFC 4861 and RFC 3810. */
namespace Icmpv6 {
  export const ListenerReport: u32 = 131
  export const ListenerDone: u32 = 132
  export const RouterSolicitation: u32 = 133
  export const RouterAdvertisement: u32 = 134
  export const NeighborSolicitation: u32 = 135
  export const NeighborAdvertisement: u32 = 136
  export const Redirect: u32 = 137
  export const ListenerReport2: u32 = 143
}
/** An option of Neighbor Discovery that tells the sender's own address, and one that tells the target's. RFC 4861, 4.6.1. */
const SourceLinkAddress: u32 = 1
const TargetLinkAddress: u32 = 2

/** True when the frame at hand may be sent by a port. */
export function isOwn(port: Port): bool {
  switch (etherType) {
    case EtherType.Arp: return isOwnArp(port)
    case EtherType.Ipv4: return isOwnIpv4(port)
    case EtherType.Ipv6: return isOwnIpv6(port)
  }
  return false // whatever it is, nobody can say whose
}

/** Ethernet and IPv4, of its own hardware address; before it has an address it asks by 0 (RFC 5227). */
function isOwnArp(port: Port): bool {
  if (network + 28 > seen || read32(network) != 0x0001_0800 || read16(network + 4) != 0x0604) return false
  return readMac(network + 8) == source && (read32(network + 14) == 0 || hasIpv4(port, network + 14))
}

function isOwnIpv4(port: Port): bool {
  if (protocol == Unknown) return false
  const isUdp = protocol == Protocol.Udp && !isLaterFragment
  if (isUdp && (transport + 4 > end || read16(transport) == UdpPort.DhcpServer)) return false
  if (hasIpv4(port, network + 12)) return true
  return read32(network + 12) == 0 && isUdp && read16(transport) == UdpPort.DhcpClient && read16(transport + 2) == UdpPort.DhcpServer
}

function isOwnIpv6(port: Port): bool {
  if (protocol == Unknown) return false
  const isFromNobody = isZero(network + 8)
  if (!isFromNobody && !hasIpv6(port, network + 8)) return false
  if (isLaterFragment) return !isFromNobody
  if (protocol == Protocol.Udp) return !isFromNobody && transport + 2 <= end && read16(transport) != UdpPort.Dhcpv6Server
  return protocol == Protocol.Icmpv6 ? isOwnIcmpv6(port, isFromNobody) : !isFromNobody
}

function isOwnIcmpv6(port: Port, isFromNobody: bool): bool {
  if (transport + 4 > end) return false
  const type = read8(transport)
  // Of one in pieces, only a part would be looked at, and who gets it does not believe it either. RFC 6980.
  if (isFragment && type >= Icmpv6.RouterSolicitation && type <= Icmpv6.Redirect) return false
  switch (type) {
    case Icmpv6.RouterAdvertisement: case Icmpv6.Redirect: return false
    case Icmpv6.NeighborAdvertisement: return !isFromNobody && transport + 24 <= end && hasIpv6(port, transport + 8) && areOptionsOwn(24, TargetLinkAddress)
    case Icmpv6.NeighborSolicitation:
      if (transport + 24 > end) return false
      // Nobody is who looks whether an address is free, which then is to be its own.
      return isFromNobody ? hasIpv6(port, transport + 8) : areOptionsOwn(24, SourceLinkAddress)
    case Icmpv6.RouterSolicitation: return areOptionsOwn(8, SourceLinkAddress)
    case Icmpv6.ListenerReport: case Icmpv6.ListenerDone: case Icmpv6.ListenerReport2: return true
  }
  return !isFromNobody
}

/** True when every option `kind` names the frame's own source, and all options were seen. */
function areOptionsOwn(offset: u32, kind: u32): bool {
  const packetEnd = network + 40 + read16(network + 4)
  let at = transport + offset
  while (at < packetEnd) {
    if (at + 8 > end) return false
    if (read8(at) == kind && readMac(at + 2) != source) return false
    const length = read8(at + 1) << 3
    if (length == 0) return false
    at += length
  }
  return true
}

@inline function readMac(at: u32): u64 { return load<u64>(head + at) & 0xffff_ffff_ffff }
@inline function isZero(at: u32): bool { return (load<u64>(head + at) | load<u64>(head + at + 8)) == 0 }

function hasIpv4(port: Port, at: u32): bool {
  const address = load<u32>(head + at)
  for (let index: usize = 0; index < AddressCount; index++) if (load<u32>(port.settings.ipv4 + (index << 2)) == address) return address != 0
  return false
}

/** One that is listed, or the link-local one that is made of its hardware address (RFC 4291, appendix A). */
function hasIpv6(port: Port, at: u32): bool {
  const high = load<u64>(head + at)
  const low = load<u64>(head + at + 8)
  if ((high | low) == 0) return false
  for (let index: usize = 0; index < AddressCount; index++) {
    const listed = port.settings.ipv6 + (index << 4)
    if (load<u64>(listed) == high && load<u64>(listed + 8) == low) return true
  }
  return high == 0x80fe && low == ((source & 0xff_ffff ^ 2) | <u64>0xfeff << 24 | source >> 24 << 40)
}
