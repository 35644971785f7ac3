/** A virtqueue and what a device does with it, one call for each step; and rings of a hostile driver, by the million. */
import * as ram from '../../capability/ram'
import { Chain, ChainBytes, ChainLimit } from '../../machine/virtio/chain'
import { Queue, QueueBytes, QueueLimit, Taken } from '../../machine/virtio/queue'
import * as virtqueue from '../../machine/virtio/virtqueue'

const queue = changetype<Queue>(heap.alloc(QueueBytes))
const chains = heap.alloc(256 * ChainBytes)

function chainAt(index: u32): Chain { return changetype<Chain>(chains + index * ChainBytes) }

export function queueBytes(): u32 { return offsetof<Queue>() }
export function chainHeaderBytes(): u32 { return offsetof<Chain>() }

export function enable(size: u32, descriptors: u64, driver: u64, device: u64, packed: bool, eventIndex: bool, indirect: bool): bool {
  virtqueue.reset(queue)
  queue.size = size
  queue.descriptors = descriptors
  queue.driver = driver
  queue.device = device
  virtqueue.enable(queue, packed, eventIndex, indirect)
  return !queue.faulty
}

export function take(into: u32): u32 { return virtqueue.take(queue, chainAt(into)) }
export function give(from: u32, written: u32): void { virtqueue.give(queue, chainAt(from), written) }
export function publish(): bool { return virtqueue.publish(queue) }
export function listen(): bool { return virtqueue.listen(queue) }
export function ignore(): void { virtqueue.ignore(queue) }
export function chainId(index: u32): u32 { return chainAt(index).id }
export function chainCount(index: u32): u32 { return chainAt(index).count }
export function rangeGpa(index: u32, range: u32): u64 { return chainAt(index).range(range).gpa }
export function rangeLength(index: u32, range: u32): u32 { return chainAt(index).range(range).length }
export function rangeWritable(index: u32, range: u32): u32 { return u32(range >= chainAt(index).readable) }

let state: u32 = 1
function random(limit: u32): u32 {
  state ^= state << 13
  state ^= state >> 17
  state ^= state << 5
  return state % limit
}

/** How often `take` came to each of Taken, and rings that could not be begun with. */
export let nothings: u32 = 0
export let taken: u32 = 0
export let faults: u32 = 0
export let refused: u32 = 0

/** `cases` rings of a hostile driver: what is taken of them has to be what a device may use, whatever they say. */
export function fuzz(seed: u32, cases: u32): void {
  state = seed | 1
  for (let count: u32 = 0; count < cases; count++) {
    const packed = random(2) == 0
    const size: u32 = packed ? 1 + random(16) : 1 << random(5)
    // Mostly in the middle of the RAM, now and then around its end or anywhere.
    const place: u64 = random(16) == 0 ? ram.size() - random(512) : random(64) == 0 ? <u64>random(u32.MAX_VALUE) << random(33) : 0x8000 + random(0x100) * 16
    if (!enable(size, place & ~15, (place & ~15) + 0x400, (place & ~15) + 0x800, packed, random(2) == 0, random(4) != 0)) {
      refused++
      continue
    }
    for (let index: u32 = 0; index < size; index++) writeDescriptor(queue.descriptors + (index << 4), size, packed)
    for (let index: u32 = 0; index < 4; index++) writeDescriptor(0x100 + (index << 4), size, packed)
    if (packed) ram.write32(queue.driver, random(u32.MAX_VALUE))
    else {
      ram.write32(queue.driver, random(2) | (random(8) ? random(size + 1) : random(0x1_0000)) << 16)
      for (let index: u32 = 0; index <= size; index++) ram.write16(queue.driver + 4 + (index << 1), random(32) ? random(size) : random(0x1_0000))
    }
    drive(size)
  }
}

/** A device that does what devices do, until nothing is left or the ring is at fault. */
function drive(size: u32): void {
  const chain = chainAt(0)
  virtqueue.ignore(queue)
  for (let round: u32 = 0; round < 2 * size + 2; round++) {
    const result = virtqueue.take(queue, chain)
    if (result == Taken.Fault) {
      faults++
      if (virtqueue.take(queue, chain) != Taken.Fault) abort('a faulty ring is taken from')
      return
    }
    if (result == Taken.Nothing) {
      nothings++
      break
    }
    taken++
    check(chain)
    virtqueue.give(queue, chain, random(2) ? 0 : random(0x1000))
    if (random(3) == 0) virtqueue.publish(queue)
  }
  virtqueue.publish(queue)
  virtqueue.listen(queue)
}

function check(chain: Chain): void {
  if (chain.count == 0 || chain.count > ChainLimit || chain.readable > chain.count) abort('a chain of no length that there can be')
  for (let index: u32 = 0; index < chain.count; index++) {
    const range = chain.range(index)
    if (range.length == 0 || range.gpa >= ram.size() || range.length > ram.size() - range.gpa) abort('a range that is not RAM')
  }
}

/** One of those that a driver might write, with something wrong now and then. */
function writeDescriptor(at: u64, size: u32, packed: bool): void {
  const kind = random(16)
  const gpa: u64 = kind == 0 ? <u64>random(u32.MAX_VALUE) << random(33) : kind == 1 ? ram.size() - random(64) : kind < 5 ? 0x100 : 0x2_0000 + random(0x1000)
  const length: u32 = random(24) == 0 ? random(u32.MAX_VALUE) : random(24) == 0 ? 0 : 16 * (1 + random(4))
  const flags = random(12) == 0 ? random(0x1_0000) : random(4) | (kind < 5 && random(2) ? 4 : 0) | (packed && random(8) ? 1 << 7 : 0)
  const last = packed ? random(0x1_0000) : random(24) ? random(size) : random(0x1_0000)
  ram.write64(at, gpa)
  ram.write64(at + 8, packed ? length | <u64>last << 32 | <u64>flags << 48 : length | <u64>flags << 32 | <u64>last << 48)
}

export function largest(): u32 { return QueueLimit }
