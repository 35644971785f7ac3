/** The checksum that a frame's header asks for: the card's to complete, by a context that says where it begins and lies. 8254x 3.3.6 and 3.5; 82574 7.2.11 and 7.3. */
import { NetHeader } from '../../capability/virtionet'
import { completeChecksum } from '../net/checksum'

/** The context that a frame needs, its lower half, whose upper one is empty; 0 when it needs none. */
export let context: u64 = 0

/** Reads the header at `header`, of a frame of `bytes` bytes with it. */
export function prepareOffload(header: usize, bytes: u32): void {
  context = 0
  if (!(load<u8>(header + NetHeader.Flags) & NetHeader.NeedsChecksum)) return
  const start: u32 = load<u16>(header + NetHeader.ChecksumStart)
  const at = start + load<u16>(header + NetHeader.ChecksumOffset)
  // The card has 8 bits for each.
  if (at > 0xff) completeChecksum(header, bytes)
  else context = <u64>(start | at << 8) << 32
}
