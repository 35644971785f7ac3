/** The split virtqueue. VIRTIO 1.2, 2.7. */
import * as ram from '../../capability/ram'
import { isRam } from '../ram'
import { add, Chain, ChainLimit, ChainName, clear } from './chain'
import { passes, Queue, Taken } from './queue'
import { DescriptorFlag, Unwanted } from './registers'

/** Available ring: flags, index, ring, used_event. Used ring: flags, index, ring of pairs, avail_event. */
const Index: u32 = 2
const Ring: u32 = 4

@inline function slot(queue: Queue, index: u32): u32 { return index & (queue.size - 1) }

export function take(queue: Queue, chain: Chain): u32 {
  const waiting = (ram.read16(queue.driver + Index) - queue.next) & 0xffff
  if (waiting == 0) return Taken.Nothing
  if (waiting > queue.size) return Taken.Fault
  const head = ram.read16(queue.driver + Ring + (slot(queue, queue.next) << 1))
  queue.next = (queue.next + 1) & 0xffff
  clear(chain)
  chain.id = head
  return follow(queue, chain, head) ? Taken.Chain : Taken.Fault
}

/** Takes the descriptors from `index` on, the last of which may name a table of more (2.7.5.3.2). A loop ends where a chain cannot be longer. */
function follow(queue: Queue, chain: Chain, index: u32): bool {
  let table = queue.descriptors
  let limit = queue.size
  let isIndirect = false
  while (index < limit) {
    const at = table + (<u64>index << 4)
    const gpa = ram.read64(at)
    const rest = ram.read64(at + 8)
    const length = <u32>rest
    const flags = <u32>(rest >> 32) & 0xffff
    if (flags & DescriptorFlag.Indirect) {
      if (isIndirect || !queue.indirect || flags & DescriptorFlag.Next || !isTable(gpa, length)) return false
      isIndirect = true
      table = gpa
      limit = length >> 4
      index = 0
      continue
    }
    if (!add(chain, gpa, length, (flags & DescriptorFlag.Write) != 0)) return false
    if (!(flags & DescriptorFlag.Next)) return true
    index = <u32>(rest >> 48)
  }
  return false
}

/** As if the last chain had not been taken. */
export function putBack(queue: Queue): void { queue.next = (queue.next - 1) & 0xffff }

/** True for an indirect descriptor's table: whole descriptors in RAM, not more than a chain can have. */
export function isTable(gpa: u64, length: u32): bool { return length != 0 && !(length & 15) && length <= ChainLimit << 4 && isRam(gpa, length) }

export function give(queue: Queue, chain: ChainName, written: u32): void {
  ram.write64(queue.device + Ring + (slot(queue, queue.used) << 3), chain.id | <u64>written << 32)
  queue.used = (queue.used + 1) & 0xffff
  queue.unsignalled++
}

export function show(queue: Queue): void { ram.write16(queue.device + Index, queue.used) }

export function publish(queue: Queue): bool {
  show(queue)
  ram.fence() // the driver changes what it wants, then looks at the index; whoever is first, one of the two sees the other
  if (!queue.eventIndex) return !(ram.read16(queue.driver) & Unwanted)
  return passes(ram.read16(queue.driver + Ring + (queue.size << 1)), queue.used, queue.used - queue.unsignalled)
}

export function listen(queue: Queue): bool {
  if (queue.eventIndex) ram.write16(queue.device + Ring + (queue.size << 3), queue.next)
  else ram.write16(queue.device, 0)
  ram.fence()
  return ram.read16(queue.driver + Index) != queue.next
}

/** With event indexes, the driver is silent until the one that it was told. */
export function ignore(queue: Queue): void { if (!queue.eventIndex) ram.write16(queue.device, Unwanted) }
