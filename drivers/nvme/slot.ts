/** A command under way and the request that it carries out, or a part of it: two pages, which the controller reads. */
import { BlockPart, BlockRequest } from '../../capability/block'
import { physical } from '../../capability/device'
import { queueEntries } from './capabilities'
import { PageBytes, QueuePair, SubmissionEntries } from './queue'

/**
 *     page 0  000h  a PRP list, or Dataset Management's range
 *             800h  this record
 *             FE0h  BlockRequest
 *     page 1  000h  its BlockParts
 */
@unmanaged export class Slot {
  block: u64 //         the first that is not transferred yet
  listPhysical: u64
  partsPhysical: u64
  namespace: u32 //     that it is meant for
  shift: u32 //         bytes of its blocks, as a power of 2
  left: u32 //          blocks that are not transferred yet
  piece: u32 //         of them, what the command under way transfers
  part: u32 //          the part of memory that it begins in
  skip: u32 //          bytes of that part before it
  identifier: u32 //    of the command: the slot's index | a count << 8
  tries: u32 //         how often it was given again
  age: u32 //           seconds that the command has been under way

  /** Room for PageLimit entries. */
  @inline get list(): usize { return changetype<usize>(this) - Record }
  @inline get request(): BlockRequest { return changetype<BlockRequest>(changetype<usize>(this) - Record + PageBytes - offsetof<BlockRequest>()) }
  @inline get parts(): usize { return changetype<usize>(this) - Record + PageBytes }
  @inline at(index: u32): BlockPart { return changetype<BlockPart>(this.parts + <usize>index * offsetof<BlockPart>()) }
}

const Record: usize = 0x800
const SlotBytes: u32 = 2 * PageBytes

/** Pages that a PRP list has room for: a transfer of as many has one entry less in it, or as many when it begins within a page. */
export const PageLimit: u32 = 256

/** An I/O queue pair with the slots of its commands, one less than entries: a queue that full would look empty (4.1.1). */
@unmanaged export class IoQueuePair extends QueuePair {
  slots: usize
  slotCount: u32
  free: u64 // a bit for each
}

/** Most I/O queue pairs: 126 commands under way, with 1 MiB for their memory. */
export const PairLimit: u32 = 2

const pairs = memory.data(PairLimit * offsetof<IoQueuePair>(), 8)
const queuePages = memory.data(PairLimit * 2 * PageBytes, 4096)
const slotPages = memory.data(PairLimit * (SubmissionEntries - 1) * SlotBytes, 4096)

/** Pair `index`, below PairLimit. */
@inline export function pairAt(index: u32): IoQueuePair { return changetype<IoQueuePair>(pairs + <usize>index * offsetof<IoQueuePair>()) }

@inline export function slotAt(pair: IoQueuePair, index: u32): Slot { return changetype<Slot>(pair.slots + <usize>index * SlotBytes + Record) }

/** The slots whose commands are under way, a bit for each. */
@inline export function busy(pair: IoQueuePair): u64 { return ~pair.free & all(pair) }

/** Gives every pair its memory. Nothing is under way. */
export function prepareSlots(): void {
  for (let number: u32 = 0; number < PairLimit; number++) {
    const pair = pairAt(number)
    pair.submissions = queuePages + <usize>number * 2 * PageBytes
    pair.completions = pair.submissions + PageBytes
    pair.slots = slotPages + <usize>number * (SubmissionEntries - 1) * SlotBytes
    pair.slotCount = min(SubmissionEntries, queueEntries()) - 1
    pair.free = all(pair)
    for (let index: u32 = 0; index < pair.slotCount; index++) {
      const slot = slotAt(pair, index)
      slot.identifier = index
      slot.listPhysical = physical(slot.list)
      slot.partsPhysical = physical(slot.parts)
    }
  }
}

@inline function all(pair: IoQueuePair): u64 { return ((<u64>1) << pair.slotCount) - 1 }
