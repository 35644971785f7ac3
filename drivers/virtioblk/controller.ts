/** The device's life: reset, agreed with, asked who it is, at work, and reset again when it does not do as it should. VIRTIO 1.2, 3. */
import { arm, now, startTransfers } from '../../capability/device'
import { Common, DeviceStatus } from '../../capability/virtio'
import { append, appendHexadecimal, say } from '../message'
import { finish } from '../virtio/negotiate'
import { findStructures, hasMessages, isGone, readCommon8, releaseLine, writeCommon8 } from '../virtio/transport'
import { armWatch, endWatch, isSecond, prepareWatch } from '../watch'
import { answer, Answer, askId } from './ask'
import { negotiate } from './negotiate'
import { BlockConfig } from './registers'
import * as requests from './requests'
import { Found } from './requests'
import { generation, present, readConfiguration, withdraw } from './unit'

namespace State {
  export const Resetting: u32 = 0 // until its status is 0
  export const Asking: u32 = 1
  export const Working: u32 = 2
  export const Ended: u32 = 3 // for good
}

@inline const Second: u64 = 1_000_000_000
/** Between two looks at a device that is getting ready. */
@inline const PollPeriod: u64 = 1_000_000
/** What a reset may take, and an answer. */
@inline const ResetTimeout: u64 = Second
@inline const AnswerTimeout: u64 = 10 * Second
/** What `start` waits at most, so that usual devices work when it returns. */
@inline const StartTimeout: u64 = 300_000_000

/** Resets, without a command that succeeded between them, after which the device is given up. */
const FailureLimit: u32 = 3

let state: u32 = State.Ended
let failures: u32 = 0
let until: u64 = 0 // when the state has to have changed

/** Begins to use the device, whatever state it is in; false when it cannot be used. */
export function start(): bool {
  const missing = findStructures(BlockConfig.Capacity + 8)
  if (missing.length) {
    append(missing)
    say()
    return false
  }
  prepareWatch(hasMessages)
  reset()
  for (const last = now() + StartTimeout; !isSettled() && now() < last;) proceed()
  if (!isSettled()) arm(now() + PollPeriod)
  return state != State.Ended
}

/** Requests wait. */
export function submit(): void {
  if (state == State.Working) {
    requests.take()
    watch()
  } else if (state == State.Ended) requests.refuseAll()
}

/** The device sent its message, or holds its line down: for its queue, its configuration or both. */
export function interrupt(): void {
  releaseLine()
  if (state != State.Working) return advance()
  const found = requests.collect()
  if (found == Found.Nonsense) return fail('it completed what it was not given')
  // While more is under way the next second looks.
  if (found == Found.Nothing || requests.underWay == 0) inspect()
  if (state == State.Working) watch()
}

/** The armed time came: to look at the state again, or at work. */
export function deadline(): void {
  if (state != State.Working) return advance()
  if (!isSecond()) return interrupt()
  // Its message may have been lost.
  if (requests.collect() == Found.Nonsense) return fail('it completed what it was not given')
  inspect()
  if (state != State.Working) return
  if (requests.age()) return fail('a command takes too long')
  watch()
}

/** Looks at the device's status, and whether its configuration is another. */
function inspect(): void {
  const status = readCommon8(Common.DeviceStatus)
  if (isGone()) return end('it no longer answers')
  if (status & DeviceStatus.NeedsReset) return fail('it asks to be reset')
  if (!(status & DeviceStatus.DriverOk)) return fail('it has stopped by itself')
  if (readCommon8(Common.ConfigurationGeneration) == generation) return
  const reason = readConfiguration()
  if (reason.length) return fail(reason)
  present()
}

/** Has a second be counted while commands are under way. */
function watch(): void { if (requests.underWay) armWatch() }

function isSettled(): bool { return state >= State.Working }

/** Goes on from the state as far as it is time to, and is called again. */
function advance(): void {
  proceed()
  if (!isSettled()) arm(now() + PollPeriod)
}

function proceed(): void {
  if (state == State.Ended) return
  if (isGone()) return end('it no longer answers')
  if (state == State.Resetting) {
    if (readCommon8(Common.DeviceStatus) == 0) agree()
    else if (now() > until) end('it does not end its reset')
    return
  }
  const given = answer()
  if (given == Answer.Nonsense) fail('it answered what it was not asked')
  else if (given == Answer.Given) work()
  else if (now() > until) fail('it does not answer')
}

/** It touches no memory any more. */
function agree(): void {
  if (failures > FailureLimit) return end('it was reset in vain')
  const reason = negotiate()
  if (reason.length) return end(reason)
  startTransfers()
  finish()
  state = State.Asking
  until = now() + AnswerTimeout
  askId()
}

/** It takes requests from now on; those that were meant for another drive fail. */
function work(): void {
  const reason = readConfiguration()
  if (reason.length) return end(reason)
  if (!present()) requests.failUnderWay()
  state = State.Working
  requests.resume()
  watch()
}

/** Resets it, to begin anew, and says why. */
function fail(reason: string): void {
  append(reason)
  append(': it is reset; its status is ')
  appendHexadecimal(readCommon8(Common.DeviceStatus))
  say()
  if (requests.succeeded()) failures = 0
  failures++
  reset()
  arm(now() + PollPeriod)
}

function reset(): void {
  state = State.Resetting
  endWatch()
  requests.pause()
  until = now() + ResetTimeout
  writeCommon8(Common.DeviceStatus, 0)
}

/** It is given up. Requests fail, unless it may still transfer to and from their memory: then only the nucleus can end that, and does when this sandbox fails. */
function end(reason: string): void {
  append(reason)
  append(': it is given up')
  say()
  if (!isGone()) {
    const isReset = readCommon8(Common.DeviceStatus) == 0
    writeCommon8(Common.DeviceStatus, isReset ? DeviceStatus.Failed : 0)
    assert(requests.underWay == 0 || isReset || readCommon8(Common.DeviceStatus) == 0, 'the device does not stop')
  }
  state = State.Ended
  requests.pause()
  withdraw()
  requests.failUnderWay()
  requests.refuseAll()
}
