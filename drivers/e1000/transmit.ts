/** Frames that go: the nucleus has pages, which go to the card when there is a frame in them, and come back when it has been sent. 8254x 3.3; 82574 7.2. */
import { physical, shared32, write32, write64 } from '../../capability/device'
import { NetHeader } from '../../capability/virtionet'
import { Exchange } from '../net/card'
import { card, leaving } from '../net/life'
import { add, drop, offer, pageAt, pageOf, PageBytes, slotAt, slotsOf } from '../net/ring'
import { Data, DescriptorLimit, DescriptorShift, EndOfPacket, InsertCrc, ReportStatus, RingBytes, SentDone, SentStatus } from './descriptors'
import { context1, context2, dataFlags, prepareOffload } from './offload'
import { Register, RegistersBar } from './registers'

/** Pages that the nucleus has: each with a context of its own, they do not fill the ring. */
const PageCount: u32 = 120
/** A descriptor without a page. */
const NoPage: u8 = 0xff

const ring = memory.data(RingBytes, 4096)
/** The page of each descriptor; and whether it is the last of its frame, which the card reports. */
const pages = memory.data(DescriptorLimit)
const ends = memory.data(DescriptorLimit)
let oldest: u32 = 0 // descriptor that the card has
let next: u32 = 0 //   that it has not

/** Tells the card, which is at rest, where the ring is, and offers the nucleus pages. */
export function prepareTransmit(): void {
  oldest = 0
  next = 0
  memory.fill(ring, 0, RingBytes)
  write64(RegistersBar, Register.TransmitBase, physical(ring))
  write32(RegistersBar, Register.TransmitBytes, RingBytes)
  write32(RegistersBar, Register.TransmitHead, 0)
  write32(RegistersBar, Register.TransmitTail, 0)
  for (let page: u32 = 0; page < PageCount; page++) add(leaving(), page, 0, PageBytes)
}

/** Takes back what has been sent, and sends what the nucleus has written; one of Exchange. */
export function exchangeTransmitted(): u32 {
  const sent = card().sent
  takeBack()
  const slots = leaving()
  const before = slots.done
  const tail = next
  for (const until = offer(slots); slots.done != until;) {
    if (card().linkUp) send(slotsOf(slots, until))
    else drop(slots)
  }
  if (next != tail) write32(RegistersBar, Register.TransmitTail, next)
  return sent != card().sent || before != slots.done ? Exchange.Something : Exchange.Nothing
}

/** The pages of the frames that have been sent, in their order, are free. */
function takeBack(): void {
  let end = oldest
  for (let at = oldest; at != next;) {
    const isEnd = load<u8>(ends + at) != 0
    if (isEnd && !(shared32(descriptorAt(at) + SentStatus) & SentDone)) break
    at = (at + 1) % DescriptorLimit
    if (!isEnd) continue
    end = at
    card().underWay--
    card().sent++
  }
  for (; oldest != end; oldest = (oldest + 1) % DescriptorLimit) {
    const page = load<u8>(pages + oldest)
    if (page != NoPage) add(leaving(), page, 0, PageBytes)
  }
}

/** Sends the frame in the next slots, a page each. */
function send(slots: u32): void {
  const from = leaving()
  let bytes: u32 = 0
  for (let number: u32 = 0; number < slots; number++) bytes += bytesAt(number)
  prepareOffload(pageAt(from, pageOf(from, slotAt(from, from.done), 0)), bytes)
  if (context2 != 0) enter(context1, context2, NoPage, false)
  for (let number: u32 = 0; number < slots; number++) {
    const page = pageOf(from, slotAt(from, from.done + number), 0)
    const skip = number == 0 ? NetHeader.Bytes : 0
    const isLast = number == slots - 1
    const last = isLast ? EndOfPacket | ReportStatus : 0
    enter(physical(pageAt(from, page)) + skip, Data | InsertCrc | dataFlags | last | bytesAt(number) - skip, <u8>page, isLast)
  }
  from.done += slots
  card().underWay++
}

@inline function bytesAt(number: u32): u32 { return min(slotAt(leaving(), leaving().done + number).bytes, PageBytes) }
@inline function descriptorAt(index: u32): usize { return ring + (<usize>index << DescriptorShift) }

function enter(low: u64, high: u64, page: u8, isEnd: bool): void {
  const at = descriptorAt(next)
  store<u64>(at, low)
  store<u64>(at, high, 8)
  store<u8>(pages + next, page)
  store<u8>(ends + next, u8(isEnd))
  next = (next + 1) % DescriptorLimit
}
