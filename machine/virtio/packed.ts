/** The packed virtqueue. VIRTIO 1.2, 2.8. */
import * as ram from '../../capability/ram'
import { add, Chain, ChainName, clear } from './chain'
import { passes, Queue, Taken } from './queue'
import { DescriptorFlag, EventFlag } from './registers'
import { isTable } from './split'

const WrapBit: u32 = 1 << 15

/** The second half of a descriptor: length, buffer id, flags. The driver writes it last, and one access reads it whole. */
@inline function rest(queue: Queue, slot: u32): u64 { return ram.read64(queue.descriptors + (<u64>slot << 4) + 8) }

/** Available and not used, by the driver's wrap counter. 2.8.1. */
function isAvailable(queue: Queue, flags: u32): bool {
  return ((flags & DescriptorFlag.Available) != 0) == queue.nextWrap && ((flags & DescriptorFlag.Used) != 0) != queue.nextWrap
}

export function take(queue: Queue, chain: Chain): u32 {
  let half = rest(queue, queue.next)
  if (!isAvailable(queue, <u32>(half >> 48))) return Taken.Nothing
  clear(chain)
  chain.slots = 0
  let slot = queue.next
  while (chain.slots < queue.size) {
    const flags = <u32>(half >> 48)
    const gpa = ram.read64(queue.descriptors + (<u64>slot << 4))
    chain.slots++
    if (flags & DescriptorFlag.Indirect) {
      if (!queue.indirect || flags & DescriptorFlag.Next || chain.count != 0 || !takeTable(chain, gpa, <u32>half)) return Taken.Fault
    } else if (!add(chain, gpa, <u32>half, (flags & DescriptorFlag.Write) != 0)) return Taken.Fault
    if (!(flags & DescriptorFlag.Next)) {
      chain.id = <u32>(half >> 32) & 0xffff // the last one's counts
      queue.nextWrap = advance(queue, queue.next, queue.nextWrap, chain.slots)
      queue.next = (queue.next + chain.slots) % queue.size
      return Taken.Chain
    }
    slot = slot + 1 == queue.size ? 0 : slot + 1
    half = rest(queue, slot)
  }
  return Taken.Fault
}

/** As if the last chain, which is this one, had not been taken. */
export function putBack(queue: Queue, chain: Chain): void {
  if (queue.next < chain.slots) {
    queue.next += queue.size
    queue.nextWrap = !queue.nextWrap
  }
  queue.next -= chain.slots
}

/** An indirect table's descriptors follow one another. 2.8.8. */
function takeTable(chain: Chain, table: u64, length: u32): bool {
  if (!isTable(table, length)) return false
  for (let at: u64 = table; at < table + length; at += 16) {
    const gpa = ram.read64(at)
    const half = ram.read64(at + 8)
    if (!add(chain, gpa, <u32>half, (<u32>(half >> 48) & DescriptorFlag.Write) != 0)) return false
  }
  return true
}

/** The wrap counter behind `slots` more slots. */
@inline function advance(queue: Queue, from: u32, wrap: bool, slots: u32): bool { return wrap != (from + slots >= queue.size) }

/** The driver sees it at once: a chain takes up as many slots used as it did available. */
export function give(queue: Queue, chain: ChainName, written: u32): void {
  const flags = (queue.usedWrap ? DescriptorFlag.Available | DescriptorFlag.Used : 0) | (written != 0 ? DescriptorFlag.Write : 0)
  ram.write64(queue.descriptors + (<u64>queue.used << 4) + 8, written | <u64>chain.id << 32 | <u64>flags << 48)
  queue.usedWrap = advance(queue, queue.used, queue.usedWrap, chain.slots)
  queue.used = (queue.used + chain.slots) % queue.size
  queue.unsignalled += chain.slots
}

export function publish(queue: Queue): bool {
  ram.fence() // as of split.publish
  const wanted = ram.read32(queue.driver)
  const flags = wanted >> 16 & EventFlag.All
  if (flags != EventFlag.Descriptor || !queue.eventIndex) return flags != EventFlag.Disable
  // A slot of the round before this one lies `size` back.
  const event = (wanted & (WrapBit - 1)) - (((wanted & WrapBit) != 0) == queue.usedWrap ? 0 : queue.size)
  return passes(event, queue.used, queue.used - queue.unsignalled)
}

export function listen(queue: Queue): bool {
  const event = queue.next | (queue.nextWrap ? WrapBit : 0)
  ram.write32(queue.device, queue.eventIndex ? event | EventFlag.Descriptor << 16 : EventFlag.Enable << 16)
  ram.fence()
  return isAvailable(queue, <u32>(rest(queue, queue.next) >> 48))
}

export function ignore(queue: Queue): void { ram.write32(queue.device, EventFlag.Disable << 16) }
