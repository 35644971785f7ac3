/** Frames that go: the nucleus has pages, which go to the card when there is a frame in them, and come back when it has been sent. 8254x 3.3; 82574 7.2. */
import { physical, shared32, write32, write64 } from '../../capability/device'
import { NetHeader } from '../../capability/virtionet'
import { Exchange } from '../net/card'
import { card, leaving } from '../net/life'
import { add, drop, offer, pageAt, pageOf, PageBytes, slotAt } from '../net/ring'
import { Context, Data, DescriptorLimit, DescriptorShift, EndOfPacket, InsertChecksum, InsertCrc, ReportStatus, RingBytes, SentDone, SentStatus } from './descriptors'
import { context, prepareOffload } from './offload'
import { Register, RegistersBar } from './registers'

/** Pages that the nucleus has: each with a context of its own, they do not fill the ring. */
const PageCount: u32 = 120
/** A header and two addresses with a type: with less the card would be told to read beyond the page. */
const LeastBytes: u32 = NetHeader.Bytes + 14
/** Of a context. */
const NoPage: u8 = 0xff

const ring = memory.data(RingBytes, 4096)
/** The page of each descriptor. */
const pages = memory.data(DescriptorLimit)
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
    if (card().linkUp && slotAt(slots, slots.done).bytes >= LeastBytes) send()
    else drop(slots)
  }
  if (next != tail) write32(RegistersBar, Register.TransmitTail, next)
  return sent != card().sent || before != slots.done ? Exchange.Something : Exchange.Nothing
}

/** The pages of the frames that have been sent, in their order, are free. What the card reports is a frame, whose context is before it. */
function takeBack(): void {
  for (let at = oldest; at != next; at = (at + 1) % DescriptorLimit) {
    const page = load<u8>(pages + at)
    if (page == NoPage) continue
    if (!(shared32(descriptorAt(at) + SentStatus) & SentDone)) break
    add(leaving(), page, 0, PageBytes)
    card().underWay--
    card().sent++
    oldest = (at + 1) % DescriptorLimit
  }
}

/** Sends the frame in the next slot. */
function send(): void {
  const slot = slotAt(leaving(), leaving().done++)
  const page = pageOf(leaving(), slot, 0)
  const bytes = min(slot.bytes, PageBytes)
  prepareOffload(pageAt(leaving(), page), bytes)
  if (context != 0) enter(context, Context, NoPage)
  const options = Data | InsertCrc | EndOfPacket | ReportStatus | (context != 0 ? InsertChecksum : 0)
  enter(physical(pageAt(leaving(), page)) + NetHeader.Bytes, options | bytes - NetHeader.Bytes, <u8>page)
  card().underWay++
}

@inline function descriptorAt(index: u32): usize { return ring + (<usize>index << DescriptorShift) }

function enter(low: u64, high: u64, page: u8): void {
  const at = descriptorAt(next)
  store<u64>(at, low)
  store<u64>(at, high, 8)
  store<u8>(pages + next, page)
  next = (next + 1) % DescriptorLimit
}
