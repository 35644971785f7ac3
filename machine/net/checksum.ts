/** Completes the checksum of a frame for a driver that does not, in its own memory. VIRTIO 1.2, 5.1.6.4.1; RFC 1071. */
import * as ram from '../../capability/ram'
import { bytesOf, place, read, together } from './received'
import { NetHeader } from './registers'
import { Ring } from './ring'

const PieceBytes: u32 = 2048
const piece: usize = memory.data(2056, 8)
const header: usize = memory.data(16, 8) // NetHeader.Bytes

/** What the frame's header asks for; it asks for nothing afterwards. A guest that changes its memory meanwhile harms itself. */
export function completeChecksum(ring: Ring, slots: u32): void {
  if (!read(ring, slots, 0, header, NetHeader.Bytes) || !(load<u8>(header + NetHeader.Flags) & NetHeader.NeedsChecksum)) return
  const start = NetHeader.Bytes + load<u16>(header + NetHeader.ChecksumStart)
  const at = start + load<u16>(header + NetHeader.ChecksumOffset)
  const end = bytesOf(ring, slots)
  if (at + 2 > end) return
  const sum = ~sumOf(ring, slots, start, end) & 0xffff
  const value = sum == 0 ? 0xffff : sum // the same number, which UDP does not take for none (RFC 768)
  ram.write8(place(ring, slots, at), value >> 8)
  ram.write8(place(ring, slots, at + 1), value & 0xff)
  for (let field = NetHeader.Flags; field < NetHeader.Buffers; field++) ram.write8(place(ring, slots, field), 0)
}

/** The sum of 16-bit words, most significant byte first, from `start` up to `end`. */
function sumOf(ring: Ring, slots: u32, start: u32, end: u32): u32 {
  let sum: u32 = 0
  for (let offset = start; offset < end;) {
    const gpa = place(ring, slots, offset)
    const length = min(min(together, end - offset), PieceBytes)
    if (length == 0 || !ram.copyOut(piece, gpa, length)) break
    const isOdd = (offset - start & 1) != 0
    let words: u32 = 0
    store<u8>(piece + length, 0) // an odd length
    for (let index: u32 = 0; index < length; index += 2) words += bswap<u16>(load<u16>(piece + index))
    words = fold(words)
    sum += isOdd ? (words & 0xff) << 8 | words >> 8 : words
    offset += length
  }
  return fold(sum)
}

function fold(sum: u32): u32 {
  sum = (sum & 0xffff) + (sum >> 16)
  return (sum & 0xffff) + (sum >> 16)
}
