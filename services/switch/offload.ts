/** The virtio_net_hdr of the frame at hand: what its sender leaves to others. VIRTIO 1.2, 5.1.6. */
import { NetHeader, SegmentType } from '../../capability/virtionet'
import { bytes, EtherType, etherType, head, network, NetHeaderBytes, read8, seen } from './frame'
import { isFragment, protocol, Protocol, transport } from './packet'

/** Segments of a frame at most, so that one does not become thousands: 64 KiB at the least that IPv4 promises, 536 bytes each. */
const SegmentLimit: u32 = 128
const TcpChecksumOffset: u32 = 16
const UdpChecksumOffset: u32 = 6

/** SegmentType, and the bytes of a segment; None and 0 when the frame is one of its own. */
export let segmentType: u32 = 0
export let segmentBytes: u32 = 0
/** Where what is segmented begins. */
export let payload: u32 = 0

/** Reads it and leaves in it what is to be passed on; false when it cannot be, or asks for what nobody offers. */
export function readOffload(): bool {
  const flags = load<u8>(head + NetHeader.Flags) & NetHeader.NeedsChecksum
  segmentType = load<u8>(head + NetHeader.SegmentType)
  segmentBytes = load<u16>(head + NetHeader.SegmentBytes)
  payload = 0
  const start = NetHeaderBytes + load<u16>(head + NetHeader.ChecksumStart)
  const offset = load<u16>(head + NetHeader.ChecksumOffset)
  if (flags ? start < network || start + offset + 2 > bytes : segmentType != SegmentType.None) return false
  if (segmentType == SegmentType.None) segmentBytes = 0
  else if (start != transport || offset != TcpChecksumOffset || !isSegmentable()) return false
  store<u8>(head + NetHeader.Flags, flags)
  store<u16>(head + NetHeader.HeaderBytes, payload == 0 ? 0 : payload - NetHeaderBytes)
  store<u16>(head + NetHeader.SegmentBytes, segmentBytes)
  if (!flags) store<u32>(head + NetHeader.ChecksumStart, 0) // and ChecksumOffset
  store<u16>(head + NetHeader.Buffers, 1)
  return true
}

/** True when what is left to others is the checksum of a TCP segment or UDP datagram: nothing that the switch has looked at becomes something else by it. */
export function isTransportOnly(): bool {
  if (!load<u8>(head + NetHeader.Flags)) return true
  const offset = load<u16>(head + NetHeader.ChecksumOffset)
  if (isFragment || NetHeaderBytes + load<u16>(head + NetHeader.ChecksumStart) != transport) return false
  return protocol == Protocol.Tcp ? offset == TcpChecksumOffset : protocol == Protocol.Udp && offset == UdpChecksumOffset
}

/** True for TCP whose headers were seen, whole and of the version that the type says, in not too many segments. */
function isSegmentable(): bool {
  const version = segmentType & ~SegmentType.Congestion
  if (etherType == EtherType.Ipv4 ? version != SegmentType.TcpIpv4 : etherType != EtherType.Ipv6 || version != SegmentType.TcpIpv6) return false
  if (protocol != Protocol.Tcp || isFragment || transport + 20 > seen) return false
  payload = transport + (read8(transport + 12) >> 4 << 2)
  return payload >= transport + 20 && payload <= seen && payload < bytes && segmentBytes != 0 && (bytes - payload + segmentBytes - 1) / segmentBytes <= SegmentLimit
}

/** In a copy of it: the headers behind it are by so many bytes longer, or, modulo 2^32, shorter. */
export function moveOffload(target: usize, by: u32): void {
  if (payload != 0) store<u16>(target + NetHeader.HeaderBytes, load<u16>(target + NetHeader.HeaderBytes) + by)
  if (load<u8>(target + NetHeader.Flags) & NetHeader.NeedsChecksum) store<u16>(target + NetHeader.ChecksumStart, load<u16>(target + NetHeader.ChecksumStart) + by)
}
