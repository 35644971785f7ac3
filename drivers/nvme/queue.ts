/** A submission queue and the completion queue that its commands end in, each in one page. NVM Express 1.4, 4.1. */
import { write32 } from '../../capability/device'
import { doorbellStride } from './capabilities'
import { CompletionShift, Submission, SubmissionShift } from './commands'
import { Register, RegistersBar } from './registers'

/** What is contiguous for the controller: this much of memory, at multiples of it. */
export const PageBytes: u32 = 4096

/** Entries that a page has room for. */
export const SubmissionEntries: u32 = PageBytes >> SubmissionShift
export const CompletionEntries: u32 = PageBytes >> CompletionShift

@unmanaged export class QueuePair {
  submissions: usize //      a page
  completions: usize //      a page
  identifier: u32 //         of both queues
  submissionEntries: u32
  completionEntries: u32 //  as many at least, so that it is never full
  tail: u32 //               the next submission
  told: u32 //               the tail that the controller knows
  head: u32 //               the next completion
  phase: u32 //              of the next completion: 1 in the first pass, then it alternates
  submissionDoorbell: u32 // registers
  completionDoorbell: u32
}

/** Empties both queues, as they are when they are created. `limit` is the most entries that either may have. */
export function clear(pair: QueuePair, identifier: u32, limit: u32): void {
  const stride = doorbellStride()
  pair.identifier = identifier
  pair.submissionEntries = min(SubmissionEntries, limit)
  pair.completionEntries = min(CompletionEntries, limit)
  pair.submissionDoorbell = Register.Doorbells + 2 * identifier * stride
  pair.completionDoorbell = pair.submissionDoorbell + stride
  pair.tail = 0
  pair.told = 0
  pair.head = 0
  pair.phase = 1
  memory.fill(pair.submissions, 0, PageBytes)
  memory.fill(pair.completions, 0, PageBytes)
}

/** The next entry for a command. There is one as long as fewer than submissionEntries - 1 are under way. What is 0 in all commands of a queue is never written. */
@inline export function push(pair: QueuePair): Submission {
  const entry = changetype<Submission>(pair.submissions + (<usize>pair.tail << SubmissionShift))
  pair.tail = pair.tail + 1 == pair.submissionEntries ? 0 : pair.tail + 1
  return entry
}

/** Tells the controller of the commands since the last time. */
@inline export function ring(pair: QueuePair): void {
  if (pair.told == pair.tail) return
  pair.told = pair.tail
  write32(RegistersBar, pair.submissionDoorbell, pair.tail)
}

/** Where the next completion comes. */
@inline export function upcoming(pair: QueuePair): usize { return pair.completions + (<usize>pair.head << CompletionShift) }

/** Whether it has come, by its Completion.Status. */
@inline export function hasCome(pair: QueuePair, status: u32): bool { return (status >> 16 & 1) == pair.phase }

/** Passes over it. */
@inline export function pass(pair: QueuePair): void {
  if (++pair.head != pair.completionEntries) return
  pair.head = 0
  pair.phase ^= 1
}

/** Gives the controller the entries that were passed over. */
@inline export function release(pair: QueuePair): void { write32(RegistersBar, pair.completionDoorbell, pair.head) }
