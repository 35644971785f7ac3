/** The controller's life: stopped, enabled, asked what it is, at work, and stopped again when it does not do as it should. NVM Express 1.4, 7.6 and 9. */
import { arm, now, read32, startTransfers, write32 } from '../../capability/device'
import { sendsMessages } from '../capability'
import { append, appendByte, appendDecimal, appendHexadecimal, appendText, say } from '../message'
import { armWatch, endWatch, isSecond, prepareWatch } from '../watch'
import { answer, Answer, ask, isWaiting, reset as resetAdmin } from './admin'
import { doorbellPairs, readyTimeout, takeCapabilities } from './capabilities'
import { AdminOpcode } from './commands'
import { model, modelLength, serial, serialLength } from './identify'
import { age, Late, lateCommand } from './late'
import { unitCount, UnitLimit, withdraw } from './namespaces'
import { begin, preparedPairs, proceed, Progress } from './prepare'
import { Configuration, ControllerStatus, Nothing, Register, RegistersBar } from './registers'
import * as requests from './requests'
import { PairLimit, prepareSlots } from './slot'

namespace State {
  export const Stopping: u32 = 0 // not enabled, until it says that it has stopped
  export const Enabling: u32 = 1 // until it says that it is ready
  export const Preparing: u32 = 2
  export const Working: u32 = 3
  export const Ended: u32 = 4 // for good
}

@inline const Second: u64 = 1_000_000_000
/** Between two looks at a controller that is getting ready. */
@inline const PollPeriod: u64 = 1_000_000
/** What an admin command may take. */
@inline const AnswerTimeout: u64 = 10 * Second
/** What `start` waits at most, so that usual controllers work when it returns. */
@inline const StartTimeout: u64 = 300_000_000

/** Resets, without a command that succeeded between them, after which the controller is given up. */
const FailureLimit: u32 = 3

let state: u32 = State.Ended
let failures: u32 = 0
let until: u64 = 0 // when the state has to have changed

/** Begins to use the controller, whatever state it is in; false when it cannot be used. */
export function start(): bool {
  prepareWatch(sendsMessages())
  const isUsable = takeCapabilities()
  prepareSlots()
  if (!isUsable) return false
  stop()
  for (const end = now() + StartTimeout; !isSettled() && now() < end;) proceedFrom()
  if (!isSettled()) arm(now() + PollPeriod)
  return state != State.Ended
}

/** Requests wait. */
export function submit(): void {
  if (state == State.Working) {
    requests.take()
    watch()
  } else if (state == State.Ended) requests.failAll()
}

/** The controller sent its message, or holds its line down, as it does until the doorbells say that all completions were taken. 7.5.1. */
export function interrupt(): void {
  if (state != State.Working) advance()
  else if (collect()) watch()
}

/** The armed time came: to look at the state again, or at work. */
export function deadline(): void {
  if (state != State.Working) return advance()
  if (!isSecond()) return interrupt()
  // Its message may have been lost.
  if (!collect() || requests.underWay() == 0) return
  const status = read32(RegistersBar, Register.Status)
  if (status == Nothing) return end('it no longer answers')
  if (status & ControllerStatus.Fatal) return fail('it reports a fatal error')
  if (!(status & ControllerStatus.Ready)) return fail('it has stopped by itself')
  const late = age()
  if (late == Late.Reset) return fail('a command takes too long')
  if (late == Late.Abort && !isWaiting()) ask(AdminOpcode.Abort, 0, 0, lateCommand(), 0)
  watch()
}

/** Takes what the controller completed; false when it had not been given it, and is reset. */
function collect(): bool {
  if (requests.collect() && !(isWaiting() && answer() == Answer.Nonsense)) return true
  fail('it completed what it was not given')
  return false
}

/** Has a second be counted while commands are under way. */
function watch(): void { if (requests.underWay()) armWatch() }

function isSettled(): bool { return state >= State.Working }

/** Goes on from the state as far as it is time to, and is called again. */
function advance(): void {
  proceedFrom()
  if (!isSettled()) arm(now() + PollPeriod)
}

function proceedFrom(): void {
  if (state == State.Ended) return
  const status = read32(RegistersBar, Register.Status)
  if (status == Nothing) return end('it no longer answers')
  if (state == State.Stopping) {
    if (!(status & ControllerStatus.Ready)) stopped()
    else if (now() > until) end('it does not stop')
    return
  }
  if (status & ControllerStatus.Fatal) return fail('it reports a fatal error')
  if (now() > until) return fail(state == State.Enabling ? 'it does not become ready' : 'it does not answer')
  if (state == State.Enabling) {
    if (!(status & ControllerStatus.Ready)) return
    state = State.Preparing
    until = now() + AnswerTimeout
    begin(min(PairLimit, doorbellPairs() - 1))
    return
  }
  switch (proceed()) {
    case Progress.Answered:
      until = now() + AnswerTimeout
      break
    case Progress.Failed: return retry()
    case Progress.Done: work()
  }
}

/** It takes requests from now on. */
function work(): void {
  state = State.Working
  appendText(model, modelLength)
  appendByte(0x20)
  appendText(serial, serialLength)
  append(' works; namespaces: ')
  appendDecimal(unitCount())
  append(', queue pairs: ')
  appendDecimal(preparedPairs())
  say()
  requests.resume(preparedPairs())
  watch()
}

/** Stops it, to begin anew, and says why. */
function fail(reason: string): void {
  append(reason)
  append(': it is reset; CSTS is ')
  appendHexadecimal(read32(RegistersBar, Register.Status))
  say()
  retry()
}

function retry(): void {
  if (requests.succeeded()) failures = 0
  failures++
  stop()
  arm(now() + PollPeriod)
}

function stop(): void {
  state = State.Stopping
  endWatch()
  requests.pause()
  until = now() + readyTimeout()
  write32(RegistersBar, Register.Configuration, read32(RegistersBar, Register.Configuration) & ~Configuration.Enable)
}

/** It touches no memory any more: what it had completed is, and it is enabled again. */
function stopped(): void {
  requests.settle()
  startTransfers()
  if (failures == FailureLimit) return end('it was reset in vain')
  resetAdmin()
  state = State.Enabling
  until = now() + readyTimeout()
  write32(RegistersBar, Register.Configuration, Configuration.Enable | Configuration.SubmissionEntryBytes | Configuration.CompletionEntryBytes)
}

/** It is given up. Requests fail, unless it may still transfer to and from their memory: then only the nucleus can end that, and does when this sandbox fails. */
function end(reason: string): void {
  append(reason)
  append(': it is given up')
  say()
  const status = read32(RegistersBar, Register.Status)
  assert(requests.underWay() == 0 || status == Nothing || !(status & ControllerStatus.Ready), 'the controller does not stop')
  state = State.Ended
  requests.pause()
  for (let unit: u32 = 0; unit < UnitLimit; unit++) withdraw(unit)
  requests.failAll()
}
