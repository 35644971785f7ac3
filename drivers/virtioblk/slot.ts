/** Requests that are under way: two pages for each, of which the device reads and writes the first. */
import { BlockPart, BlockRequest } from '../../capability/block'
import { physical } from '../../capability/device'
import { descriptorAt, DescriptorShift, make, PageBytes, Queue } from '../virtio/queue'
import { HeaderBytes } from './commands'

/**
 *     page 0  000h  descriptors, where the device takes them from a table of the request's own
 *             F60h  header
 *             F70h  range of a discard or of zeroes
 *             F80h  status
 *             F90h  this record
 *             FE0h  BlockRequest
 *     page 1  000h  its BlockParts
 */
@unmanaged export class Slot {
  block: u64 //       the first that is not transferred yet
  page: u64 //        where page 0 lies for the device
  descriptors: usize
  first: u32 //       of the descriptors, by its number in their table
  left: u32 //        blocks that are not transferred yet
  piece: u32 //       of them, what the command under way transfers
  part: u32 //        the part of memory that it begins in
  skip: u32 //        bytes of that part before it
  tries: u32 //       how often its command failed
  age: u32 //         seconds that the command has been under way
  next: u32 //        of the free ones
  isBusy: bool //     the device has a command of it

  @inline get header(): usize { return changetype<usize>(this) - Record + HeaderOffset }
  @inline get range(): usize { return this.header + HeaderBytes }
  @inline get status(): usize { return changetype<usize>(this) - Record + StatusOffset }
  @inline get request(): BlockRequest { return changetype<BlockRequest>(changetype<usize>(this) - Record + PageBytes - offsetof<BlockRequest>()) }
  @inline at(index: u32): BlockPart { return changetype<BlockPart>(changetype<usize>(this) - Record + PageBytes + <usize>index * offsetof<BlockPart>()) }
}

export const HeaderOffset: u32 = 0xf60
export const StatusOffset: u32 = 0xf80
const Record: u32 = 0xf90
const SlotBytes: u32 = 2 * PageBytes

/** Descriptors that a request's own table has room for. */
const TableLimit: u32 = HeaderOffset >> DescriptorShift

/** Descriptors of a request in the queue's own table, where that is the only one. */
const ShareLimit: u32 = 32

/** Most slots: 1 MiB for their memory. */
const SlotLimit: u32 = 128
export const NoSlot: u32 = u32.MAX_VALUE

const queueStorage = memory.data(offsetof<Queue>(), 8)
const queuePages = memory.data(2 * PageBytes, 4096)
const pages = memory.data(SlotLimit * SlotBytes, 4096)
let free: u32 = NoSlot

/** How many there are. */
export let slotCount: u32 = 0
/** Descriptors from the head of one slot's chain to that of the next. */
export let share: u32 = 0
/** Whether a chain is one descriptor, which leads to a table. */
export let isIndirect: bool = false
/** Most descriptors of a request. */
export let chainLimit: u32 = 0

/** The only queue. */
@inline export function queue(): Queue { return changetype<Queue>(queueStorage) }
@inline export function slotAt(index: u32): Slot { return changetype<Slot>(pages + <usize>index * SlotBytes + Record) }

/** Makes as many as a queue of `size` entries has room for. No chain is longer than the queue (2.7.5.3.1). */
export function prepareSlots(size: u32, indirect: bool): void {
  isIndirect = indirect
  share = indirect ? 1 : min(size, ShareLimit)
  slotCount = min(size / share, SlotLimit)
  chainLimit = indirect ? min(size, TableLimit) : share
  free = NoSlot
  make(queue(), 0, queuePages)
  for (let index = slotCount; index > 0; index--) {
    const slot = slotAt(index - 1)
    const page = changetype<usize>(slot) - Record
    slot.page = physical(page)
    slot.descriptors = indirect ? page : descriptorAt(queue(), (index - 1) * share)
    slot.first = indirect ? 0 : (index - 1) * share
    release(index - 1)
  }
}

/** A free one, which stays free until `take`; NoSlot when there is none. */
@inline export function freeSlot(): u32 { return free }
@inline export function take(): void { free = slotAt(free).next }
@inline export function release(index: u32): void {
  slotAt(index).next = free
  free = index
}
