/** The admin queues, with one command under way at a time. NVM Express 1.4, 5. */
import { physical, shared32, write32, write64 } from '../../capability/device'
import { Completion } from './commands'
import { clear, hasCome, PageBytes, pass, push, QueuePair, release, ring, upcoming } from './queue'
import { Register, RegistersBar } from './registers'

export namespace Answer {
  export const None: u32 = 0
  export const Given: u32 = 1
  export const Nonsense: u32 = 2 // to what was not asked
}

const storage = memory.data(offsetof<QueuePair>(), 8)
const pages = memory.data(2 * PageBytes, 4096)
let identifier: u32 = 0
let waiting: bool = false
let lastStatus: u32 = 0
let lastResult: u32 = 0

@inline function pair(): QueuePair { return changetype<QueuePair>(storage) }

/** Empties the queues and tells the controller, which is not enabled, where they are. */
export function reset(): void {
  pair().submissions = pages
  pair().completions = pages + PageBytes
  clear(pair(), 0, PageBytes)
  waiting = false
  write32(RegistersBar, Register.AdminQueueAttributes, pair().submissionEntries - 1 | pair().completionEntries - 1 << 16)
  write64(RegistersBar, Register.AdminSubmissionQueue, physical(pair().submissions))
  write64(RegistersBar, Register.AdminCompletionQueue, physical(pair().completions))
}

/** True while a command is under way. */
export function isWaiting(): bool { return waiting }

/** Gives a command; none may be under way. `data` is a host physical address, 0 for none. */
export function ask(opcode: u32, namespace: u32, data: u64, cdw10: u32, cdw11: u32): void {
  const entry = push(pair())
  identifier = identifier + 1 & 0x7fff
  entry.command = opcode | identifier << 16
  entry.namespace = namespace
  entry.data1 = data
  entry.cdw10 = cdw10
  entry.cdw11 = cdw11
  waiting = true
  ring(pair())
}

/** Whether it has been answered; then `status` and `result` are its. */
export function answer(): u32 {
  const entry = upcoming(pair())
  const given = shared32(entry + Completion.Status)
  if (!hasCome(pair(), given)) return Answer.None
  lastStatus = given >> 17
  lastResult = shared32(entry + Completion.Result)
  const queue = shared32(entry + Completion.Queue) >> 16
  pass(pair())
  release(pair())
  if (!waiting || (given & 0xffff) != identifier || queue != pair().identifier) return Answer.Nonsense
  waiting = false
  return Answer.Given
}

/** One of CommandStatus, with DNR and what else stands there. */
export function status(): u32 { return lastStatus }

/** DW0. */
export function result(): u32 { return lastResult }
