/** The IP packet in the frame at hand: who it is from and what it carries, as far as it was seen. RFC 791, RFC 8200. */
import { EtherType, etherType, network, read16, read32, read8, seen } from './frame'

/** Assigned Internet protocol numbers. */
export namespace Protocol {
  export const HopByHop: u32 = 0
  export const Tcp: u32 = 6
  export const Udp: u32 = 17
  export const Routing: u32 = 43
  export const Fragment: u32 = 44
  export const Authentication: u32 = 51
  export const Icmpv6: u32 = 58
  export const DestinationOptions: u32 = 60
}
/** Instead of a protocol: what there is begins behind what was seen, or is no packet. */
export const Unknown: u32 = 0xffff

/** What it carries. */
export let protocol: u32 = Unknown
/** Where that begins. */
export let transport: u32 = 0
/** Where the packet ends, or what was seen of it: behind it a frame is only filled up. */
export let end: u32 = 0
/** True for a piece of a packet, and for one that is not the first: that has no header of what it carries. */
export let isFragment: bool = false
export let isLaterFragment: bool = false

/** Looks at a frame of IP. */
export function lookInside(): void {
  protocol = Unknown
  isFragment = false
  isLaterFragment = false
  end = seen
  if (etherType == EtherType.Ipv4) lookIpv4()
  else if (etherType == EtherType.Ipv6) lookIpv6()
}

function lookIpv4(): void {
  if (network + 20 > seen || read8(network) >> 4 != 4) return
  const length = (read8(network) & 15) << 2
  if (length < 20) return
  end = min(seen, network + read16(network + 2))
  const fragment = read16(network + 6)
  isFragment = (fragment & 0x3fff) != 0
  isLaterFragment = (fragment & 0x1fff) != 0
  transport = network + length
  protocol = read8(network + 9)
}

/** Extension headers are walked along, each of which says what is behind it. */
function lookIpv6(): void {
  if (network + 40 > seen || read8(network) >> 4 != 6) return
  end = min(seen, network + 40 + read16(network + 4))
  let next = read8(network + 6)
  let at = network + 40
  while (next == Protocol.HopByHop || next == Protocol.Routing || next == Protocol.DestinationOptions || next == Protocol.Fragment || next == Protocol.Authentication) {
    if (at + 8 > end) return
    const length = next == Protocol.Fragment ? 8 : next == Protocol.Authentication ? read8(at + 1) + 2 << 2 : read8(at + 1) + 1 << 3
    if (next == Protocol.Fragment) {
      isFragment = true
      isLaterFragment = (read16(at + 2) & 0xfff8) != 0
    }
    next = read8(at)
    at += length
    if (isLaterFragment) break
  }
  transport = at
  protocol = next
}

/** A number for the flow that it belongs to, the same for both directions. */
export function flow(): u32 {
  let mixed: u32 = protocol
  if (protocol == Unknown) return etherType
  if (etherType == EtherType.Ipv4) mixed ^= read32(network + 12) ^ read32(network + 16)
  else for (let at: u32 = 8; at < 40; at += 4) mixed ^= read32(network + at)
  if ((protocol == Protocol.Tcp || protocol == Protocol.Udp) && !isFragment && transport + 4 <= end) mixed ^= read16(transport) ^ read16(transport + 2)
  mixed *= 0x9e37_79b1
  return mixed >> 16 ^ mixed
}
