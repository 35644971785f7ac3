/** What a driver receives by its console's ports. VIRTIO 1.2, 5.3.6. */
import { copyIn } from '../../capability/ram'
import { Chain, ChainBytes } from '../virtio/chain'
import { finish, mayServe, queueAt, VirtioDevice } from '../virtio/device'
import { Taken } from '../virtio/queue'
import { give, ignore, listen, refuse, take } from '../virtio/virtqueue'
import { channelOf, hasInput, input } from './channels'
import { receiveQueueOf } from './registers'

const PieceBytes: u32 = 1024

const chain = changetype<Chain>(memory.data(ChainBytes, 8))
const piece: usize = memory.data(PieceBytes, 8)

/** Gives the driver what has come for a port, as far as it has buffers. */
export function receive(device: VirtioDevice, port: u32): void {
  const queue = queueAt(device, receiveQueueOf(port))
  if (!mayServe(device, queue)) return
  ignore(queue)
  while (hasInput(channelOf(port))) {
    const taken = take(queue, chain)
    if (taken == Taken.Chain) {
      if (chain.readable != 0) {
        refuse(queue) // 5.3.6.1
        break
      }
      give(queue, chain, fill(channelOf(port)))
    } else if (taken == Taken.Fault || !listen(queue)) break
  }
  finish(device, queue)
}

/** Fills the chain's buffers with what waits for a channel; how many bytes. */
function fill(channel: u32): u32 {
  let written: u32 = 0
  for (let index: u32 = 0; index < chain.count && hasInput(channel); index++) {
    const range = chain.range(index)
    for (let offset: u32 = 0; offset < range.length && hasInput(channel); ) {
      let length: u32 = 0
      while (length < min(PieceBytes, range.length - offset) && hasInput(channel)) store<u8>(piece + length++, input(channel))
      if (!copyIn(range.gpa + offset, piece, length)) return written
      offset += length
      written += length
    }
  }
  return written
}
