/** Frames that come: the card has pages in the order of its ring, which go to the nucleus when there is a frame in them, and come back. 8254x 3.2; 82574 7.1. */
import { physical, shared16, shared32, write32, write64 } from '../../capability/device'
import { NetHeader } from '../../capability/virtionet'
import { Exchange } from '../net/card'
import { arrived, card } from '../net/life'
import { add, offer, pageAt, pageOf, slotAt } from '../net/ring'
import { DescriptorLimit, DescriptorShift, Received, RingBytes } from './descriptors'
import { Register, RegistersBar } from './registers'

/** What the card writes to a page at most, and where: the header of a frame, all zeros, is before it. */
const BufferBytes: u32 = 2048
const FrameOffset: u32 = 16
const HeaderOffset: u32 = FrameOffset - NetHeader.Bytes
const LeastBytes: u32 = 14
/** Pages that the card has at most: a full ring would be like an empty one. */
const GivenLimit: u32 = DescriptorLimit - 1

const ring = memory.data(RingBytes, 4096)
/** The page of each descriptor. */
const pages = memory.data(DescriptorLimit)
let next: u32 = 0 // descriptor that a frame comes to
let tail: u32 = 0 // the first that is the driver's
let isCut: bool = false // what comes next is the rest of a frame

/** Tells the card, which is at rest, where the ring is. */
export function prepareReceive(): void {
  next = 0
  tail = 0
  isCut = false
  memory.fill(ring, 0, RingBytes)
  write64(RegistersBar, Register.ReceiveBase, physical(ring))
  write32(RegistersBar, Register.ReceiveBytes, RingBytes)
  write32(RegistersBar, Register.ReceiveHead, 0)
  write32(RegistersBar, Register.ReceiveTail, 0)
  write32(RegistersBar, Register.ReceiveDelay, 0)
}

/** Gives the card, which works, all pages that it can have. */
export function beginReceive(): void {
  for (let page: u32 = 0; page < GivenLimit; page++) give(page)
  tell()
}

function give(page: u32): void {
  const at = ring + (<usize>tail << DescriptorShift)
  store<u64>(at, physical(pageAt(arrived(), page)) + FrameOffset)
  store<u64>(at, 0, 8)
  store<u8>(pages + tail, <u8>page)
  tail = (tail + 1) % DescriptorLimit
}

function tell(): void { write32(RegistersBar, Register.ReceiveTail, tail) }

/** Takes the frames that have come, and gives the card the pages that the nucleus has read; one of Exchange. */
export function exchangeReceived(): u32 {
  const first = next
  const given = tail
  for (; next != tail; next = (next + 1) % DescriptorLimit) {
    const at = ring + (<usize>next << DescriptorShift)
    const status = shared32(at + Received.Status)
    if (!(status & Received.Done)) break
    if (!take(load<u8>(pages + next), shared16(at + Received.Length), status)) return Exchange.Nonsense
  }
  const slots = arrived()
  for (const until = offer(slots); slots.done != until; slots.done++) give(pageOf(slots, slotAt(slots, slots.done), 0))
  if (tail != given) tell()
  return first != next || given != tail ? Exchange.Something : Exchange.Nothing
}

/** What is in a page goes to the nucleus, unless it is broken; false when the card says that it is more than there is room for. */
function take(page: u32, bytes: u32, status: u32): bool {
  if (bytes > BufferBytes) return false
  const isWhole = !isCut && (status & Received.EndOfPacket) != 0
  isCut = !(status & Received.EndOfPacket)
  if (!isWhole || status & Received.Errors || bytes < LeastBytes) give(page)
  else {
    card().received++
    memory.fill(pageAt(arrived(), page) + HeaderOffset, 0, NetHeader.Bytes)
    add(arrived(), page, HeaderOffset, NetHeader.Bytes + bytes)
  }
  return true
}
