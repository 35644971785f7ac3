/** The entropy device: fills what its one queue has with random bytes, at once. VIRTIO 1.2, 5.4. */
import * as clock from '../../capability/clock'
import { RingEventIndex, RingIndirectDescriptors, RingPacked, RingReset, Version1 } from '../../capability/virtio'
import { Deadline, Never, setDeadline, ShortestPeriod } from '../deadlines'
import { FunctionSpaceBytes } from '../pci/function'
import { Chain, ChainBytes } from '../virtio/chain'
import { finish, mayServe, queueAt, VirtioDevice } from '../virtio/device'
import { QueueBytes, Taken } from '../virtio/queue'
import { DeviceType } from '../virtio/registers'
import { plugIn } from '../virtio/transport'
import { give, ignore, listen, take } from '../virtio/virtqueue'
import { fill, reset as resetGenerator } from './generator'

/** A guest that asks for more gets this; it may ask again (5.4.6.2). */
const BytesOfRequest: u32 = 4096
/** Requests of one call. What waits beyond them is served a little later, so that no guest keeps the processor here. */
const RequestsOfCall: u32 = 16

const storage = memory.data(offsetof<VirtioDevice>(), 8)
const space = memory.data(FunctionSpaceBytes, 8)
const queues = memory.data(QueueBytes, 8)
const vectors = memory.data(32, 8) // of the queue and of the configuration
const chainStorage = memory.data(ChainBytes, 8)

@inline function device(): VirtioDevice { return changetype<VirtioDevice>(storage) }

/** Plugs it into `slot`, as after power-on. */
export function plug(slot: u32): void {
  device().space = space
  device().queues = queues
  device().queueCount = 1
  device().offered = Version1 | RingIndirectDescriptors | RingEventIndex | RingPacked | RingReset
  device().recall = (target: VirtioDevice, queue: u32) => {} // nothing is ever under way
  device().notified = (target: VirtioDevice, queue: u32) => { serve() }
  resetGenerator()
  plugIn(device(), slot, DeviceType.Entropy, vectors)
}

/** What waited longer than one call may take. */
export function tick(): void { serve() }

function serve(): void {
  const queue = queueAt(device(), 0)
  setDeadline(Deadline.Entropy, Never)
  if (!mayServe(device(), queue)) return
  const chain = changetype<Chain>(chainStorage)
  ignore(queue)
  for (let served: u32 = 0; ; served++) {
    if (served == RequestsOfCall) {
      setDeadline(Deadline.Entropy, clock.now() + ShortestPeriod)
      break
    }
    const taken = take(queue, chain)
    if (taken == Taken.Chain) give(queue, chain, answer(chain))
    else if (taken == Taken.Fault || !listen(queue)) break
  }
  finish(device(), queue)
}

/** Fills a chain's buffers; how many bytes. What is to be read of them, which no driver sends, is not looked at. */
function answer(chain: Chain): u32 {
  let written: u32 = 0
  for (let index = chain.readable; index < chain.count && written < BytesOfRequest; index++) {
    const range = chain.range(index)
    const length = min(range.length, BytesOfRequest - written)
    if (!fill(range.gpa, length)) break
    written += length
  }
  return written
}
