/** Completes the checksum of a frame for a driver that does not, in its own memory. VIRTIO 1.2, 5.1.6.4.1. */
import { checksumOf, fold, sumOf } from '../../capability/checksum'
import * as ram from '../../capability/ram'
import { NetHeader } from '../../capability/virtionet'
import { bytesOf, place, read, together } from './received'
import { Ring } from './ring'

const PieceBytes: u32 = 2048
const piece: usize = memory.data(2048, 8) // PieceBytes
const header: usize = memory.data(16, 8) // NetHeader.Bytes

/** What the frame's header asks for; it asks for nothing afterwards. A guest that changes its memory meanwhile harms itself. */
export function completeChecksum(ring: Ring, slots: u32): void {
  if (!(ram.read8(place(ring, slots, NetHeader.Flags)) & NetHeader.NeedsChecksum) || !read(ring, slots, 0, header, NetHeader.Bytes)) return
  const start = NetHeader.Bytes + load<u16>(header + NetHeader.ChecksumStart)
  const at = start + load<u16>(header + NetHeader.ChecksumOffset)
  const end = bytesOf(ring, slots)
  if (at + 2 > end) return
  const value = checksumOf(frameSum(ring, slots, start, end))
  ram.write8(place(ring, slots, at), value >> 8)
  ram.write8(place(ring, slots, at + 1), value & 0xff)
  for (let field = NetHeader.Flags; field < NetHeader.Buffers; field++) ram.write8(place(ring, slots, field), 0)
}

/** The sum of 16-bit words, most significant byte first, from `start` up to `end`. */
function frameSum(ring: Ring, slots: u32, start: u32, end: u32): u32 {
  let sum: u32 = 0
  for (let offset = start; offset < end;) {
    const gpa = place(ring, slots, offset)
    const length = min(min(together, end - offset), PieceBytes)
    if (length == 0 || !ram.copyOut(piece, gpa, length)) break
    const isOdd = (offset - start & 1) != 0
    const words = sumOf(piece, length)
    sum += isOdd ? (words & 0xff) << 8 | words >> 8 : words
    offset += length
  }
  return fold(sum)
}
