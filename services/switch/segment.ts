/** TCP for a port that takes no frames to segment: one frame for each segment, with headers of its own and a part of the payload. RFC 9293, RFC 3168, 6.1.2. */
import { NetHeader, SegmentType } from '../../capability/virtionet'
import { bytes, EtherType, etherType, head, network, writeLink } from './frame'
import { payload, segmentBytes } from './offload'
import { nextHead, send } from './outgoing'
import { Protocol, transport } from './packet'

/** Flags of TCP. */
const Fin: u32 = 0x01
const Push: u32 = 0x08
const CongestionWindowReduced: u32 = 0x80

/** Sends all segments of the frame at hand, number `frame`, to a port. */
export function sendSegments(frame: u32, port: u32, tagged: bool, hash: u32): void {
  let number: u32 = 0
  for (let from = payload; from < bytes; from += segmentBytes) {
    const length = min(segmentBytes, bytes - from)
    const target = nextHead()
    const at = writeLink(target, tagged)
    memory.copy(target + at, head + network, payload - network)
    const tcp = at + transport - network
    store<u8>(target + NetHeader.SegmentType, SegmentType.None)
    store<u16>(target + NetHeader.HeaderBytes, 0)
    store<u16>(target + NetHeader.SegmentBytes, 0)
    store<u16>(target + NetHeader.ChecksumStart, tcp - NetHeader.Bytes)
    writeNetwork(target + at, number, payload - network + length)
    writeTcp(target + tcp, from - payload, number == 0, from + length == bytes)
    store<u16>(target + tcp + 16, bswap<u16>(<u16>pseudoHeader(target + at, payload - transport + length)))
    send(frame, port, target, at + payload - network, from, length, hash)
    number++
  }
}

/** A packet's length, and of IPv4 the identification and the checksum; `length` with its own header. */
function writeNetwork(packet: usize, number: u32, length: u32): void {
  if (etherType == EtherType.Ipv6) {
    store<u16>(packet + 4, bswap<u16>(<u16>(length - 40)))
    return
  }
  store<u16>(packet + 2, bswap<u16>(<u16>length))
  store<u16>(packet + 4, bswap<u16>(<u16>(<u32>bswap<u16>(load<u16>(packet + 4)) + number)))
  store<u16>(packet + 10, 0)
  store<u16>(packet + 10, bswap<u16>(<u16>~fold(sum(packet, (load<u8>(packet) & 15) << 2))))
}

/** Sequence number and flags: CWR is the first's, FIN and PSH are the last's. */
function writeTcp(tcp: usize, offset: u32, isFirst: bool, isLast: bool): void {
  store<u32>(tcp + 4, bswap<u32>(bswap<u32>(load<u32>(tcp + 4)) + offset))
  let flags: u32 = load<u8>(tcp + 13)
  if (!isFirst) flags &= ~CongestionWindowReduced
  if (!isLast) flags &= ~(Fin | Push)
  store<u8>(tcp + 13, flags)
}

/** What stands in a checksum that is to be completed: the sum over addresses, protocol and length. */
function pseudoHeader(packet: usize, length: u32): u32 {
  const addresses = etherType == EtherType.Ipv6 ? sum(packet + 8, 32) : sum(packet + 12, 8)
  return fold(addresses + Protocol.Tcp + length)
}

/** 16-bit words, most significant byte first. RFC 1071. */
function sum(at: usize, length: u32): u32 {
  let total: u32 = 0
  for (let end = at + length; at < end; at += 2) total += bswap<u16>(load<u16>(at))
  return total
}

function fold(total: u32): u32 {
  total = (total & 0xffff) + (total >> 16)
  return (total & 0xffff) + (total >> 16)
}
