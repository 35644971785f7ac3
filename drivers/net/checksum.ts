/** Completes the checksum of a frame for a card that does not. VIRTIO 1.2, 5.1.6.2. */
import { checksumOf, sumOf } from '../../capability/checksum'
import { NetHeader } from '../../capability/virtionet'

/** What the header at `frame` asks for, of `bytes` bytes, its own included; it asks for nothing afterwards. */
export function completeChecksum(frame: usize, bytes: u32): void {
  if (!(load<u8>(frame + NetHeader.Flags) & NetHeader.NeedsChecksum)) return
  const start = NetHeader.Bytes + load<u16>(frame + NetHeader.ChecksumStart)
  const at = start + load<u16>(frame + NetHeader.ChecksumOffset)
  if (at + 2 > bytes) return
  store<u16>(frame + at, bswap<u16>(<u16>checksumOf(sumOf(frame + start, bytes - start))))
  memory.fill(frame, 0, NetHeader.Bytes)
}
