/** What an enabled controller is asked and told, one command after another, until it takes requests. NVM Express 1.4, 7.6.1. */
import { physical } from '../../capability/device'
import { append, appendHexadecimal, say } from '../message'
import { answer, Answer, ask, result, status } from './admin'
import { queueEntries } from './capabilities'
import { AdminOpcode, CommandStatus, Feature, Identify, QueueFlag } from './commands'
import { identifyPage, takeController } from './identify'
import { nextListed, takeList, takeNamespace, unitAt, UnitLimit } from './namespaces'
import { clear } from './queue'
import { pairAt } from './slot'

export namespace Progress {
  export const Waiting: u32 = 0
  export const Answered: u32 = 1 // and asked the next
  export const Done: u32 = 2
  export const Failed: u32 = 3 // it was said why
}

namespace Step {
  export const Controller: u32 = 0
  export const List: u32 = 1
  export const Namespace: u32 = 2
  export const Queues: u32 = 3
  export const Completions: u32 = 4
  export const Submissions: u32 = 5
}

let step: u32 = 0
let index: u32 = 0 // the unit that is identified, or the pair that is created
let pairCount: u32 = 0
let isCounted: bool = false // the controller agreed to pairCount

/** Asks the first; `most` pairs are wanted. */
export function begin(most: u32): void {
  if (!isCounted) pairCount = most
  step = Step.Controller
  identify(0, Identify.Controller)
}

/** How many I/O queue pairs there are: as many after every reset. */
export function preparedPairs(): u32 { return pairCount }

/** Goes on when there is an answer. */
export function proceed(): u32 {
  const answered = answer()
  if (answered == Answer.None) return Progress.Waiting
  if (answered == Answer.Nonsense) return failed('it answered what it was not asked')
  const isOk = (status() & CommandStatus.Code) == CommandStatus.Ok
  switch (step) {
    case Step.Controller:
      if (!isOk) return refused('does not identify itself')
      if (!takeController()) return Progress.Failed
      step = Step.List
      identify(0, Identify.ActiveNamespaces)
      return Progress.Answered
    case Step.List:
      takeList(isOk)
      index = 0
      break
    case Step.Namespace:
      takeNamespace(index++, isOk)
      break
    case Step.Queues:
      if (!isOk) return refused('gives no I/O queues')
      return count()
    case Step.Completions:
      if (!isOk) return refused('creates no completion queue')
      createSubmissions()
      return Progress.Answered
    case Step.Submissions:
      if (!isOk) return refused('creates no submission queue')
      if (++index == pairCount) return Progress.Done
      createCompletions()
      return Progress.Answered
  }
  index = nextListed(index)
  if (index < UnitLimit) {
    step = Step.Namespace
    identify(unitAt(index).namespace, Identify.Namespace)
  } else {
    step = Step.Queues
    ask(AdminOpcode.SetFeatures, 0, 0, Feature.NumberOfQueues, pairCount - 1 | pairCount - 1 << 16)
  }
  return Progress.Answered
}

/** Takes how many queues the controller gives, each kind less one (5.21.1.7). */
function count(): u32 {
  const given = min(result() & 0xffff, result() >> 16) + 1
  if (isCounted && given < pairCount) return failed('it gives fewer queues than before')
  pairCount = min(pairCount, given)
  isCounted = true
  index = 0
  createCompletions()
  return Progress.Answered
}

function identify(namespace: u32, what: u32): void { ask(AdminOpcode.Identify, namespace, identifyPage(), what, 0) }

function createCompletions(): void {
  const pair = pairAt(index)
  clear(pair, index + 1, queueEntries())
  step = Step.Completions
  ask(AdminOpcode.CreateCompletionQueue, 0, physical(pair.completions), pair.identifier | pair.completionEntries - 1 << 16, QueueFlag.Contiguous | QueueFlag.Interrupts)
}

function createSubmissions(): void {
  const pair = pairAt(index)
  step = Step.Submissions
  ask(AdminOpcode.CreateSubmissionQueue, 0, physical(pair.submissions), pair.identifier | pair.submissionEntries - 1 << 16, QueueFlag.Contiguous | pair.identifier << 16)
}

function refused(what: string): u32 {
  append('it ')
  append(what)
  append(': status ')
  appendHexadecimal(status() & CommandStatus.Code)
  say()
  return Progress.Failed
}

function failed(what: string): u32 {
  append(what)
  say()
  return Progress.Failed
}
