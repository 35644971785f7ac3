/** What the card does for a frame that its header asks for: a checksum, or segments. 8254x 3.3.6 and 3.5; 82574 7.2.11 and 7.3. */
import { fold } from '../../capability/checksum'
import { NetHeader, SegmentType } from '../../capability/virtionet'
import { completeChecksum } from '../net/checksum'
import { Context, InsertChecksum, InsertIpChecksum, Ipv4, Segment, Tcp } from './descriptors'

const TypeOffset: u32 = 12 // EtherType, behind the addresses
const Tagged: u16 = 0x8100
const Ipv4LengthOffset: u32 = 2
const Ipv4ChecksumOffset: u32 = 10
const Ipv6LengthOffset: u32 = 4
const TcpOffset: u32 = 12 // of the length of its header, in the upper half of a byte, in words
const TcpChecksumOffset: u32 = 16

/** The context that a frame needs; 0 when it needs none. */
export let context1: u64 = 0
export let context2: u64 = 0
/** What the descriptors of its data say then, and the first. */
export let dataFlags: u64 = 0

/** Reads the header at `header`, of a frame of `bytes` bytes with it, and makes the frame what the card wants of it; what the headers of it are lies behind. */
export function prepareOffload(header: usize, bytes: u32): void {
  context2 = 0
  dataFlags = 0
  if (!(load<u8>(header + NetHeader.Flags) & NetHeader.NeedsChecksum)) return
  const frame = header + NetHeader.Bytes
  const start: u32 = load<u16>(header + NetHeader.ChecksumStart)
  const at = start + load<u16>(header + NetHeader.ChecksumOffset)
  const type = load<u8>(header + NetHeader.SegmentType)
  if (type != SegmentType.None) segment(frame, bytes - NetHeader.Bytes, type == SegmentType.TcpIpv4, start, load<u16>(header + NetHeader.SegmentBytes))
  // It counts in bytes of 8 bits.
  else if (at > 0xff) completeChecksum(header, bytes)
  else {
    context1 = <u64>(start | at << 8) << 32
    context2 = Context
    dataFlags = InsertChecksum
  }
}

/** TCP to be segmented: lengths are the card's to write, and to add to the sum that stands where the checksum will. */
function segment(frame: usize, bytes: u32, isIpv4: bool, start: u32, segmentBytes: u32): void {
  const network: u32 = bswap<u16>(load<u16>(frame + TypeOffset)) == Tagged ? 18 : 14
  const headers = start + (<u32>load<u8>(frame + start + TcpOffset) >> 4 << 2)
  const at = start + TcpChecksumOffset
  const length = bytes - start
  const sum = bswap<u16>(load<u16>(frame + at))
  store<u16>(frame + at, bswap<u16>(<u16>fold(sum + (~length & 0xffff))))
  if (isIpv4) {
    store<u16>(frame + network + Ipv4LengthOffset, 0)
    store<u16>(frame + network + Ipv4ChecksumOffset, 0)
  } else store<u16>(frame + network + Ipv6LengthOffset, 0)
  context1 = network | network + Ipv4ChecksumOffset << 8 | (isIpv4 ? start - 1 << 16 : 0) | <u64>(start | at << 8) << 32
  context2 = Context | Segment | Tcp | (isIpv4 ? Ipv4 : 0) | bytes - headers | <u64>(headers << 8 | segmentBytes << 16) << 32
  dataFlags = Segment | InsertChecksum | (isIpv4 ? InsertIpChecksum : 0)
}
