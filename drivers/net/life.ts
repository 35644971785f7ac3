/**
 * A network card's life: reset, made ready, at work, and reset again when it does not do as it should. Frames on their way are lost then, as they may be in any network.
 *
 * A card with traffic is looked at every 50 µs and sends no messages, so that a flood costs no more calls than that; it sends them again when there was nothing.
 * One that has no messages is looked at less and less often.
 */
import { arm, now, startTransfers } from '../../capability/device'
import { accept, announce, NetRing } from '../../capability/net'
import { append, appendByte, appendDecimal, say } from '../message'
import { Card, Exchange } from './card'
import { empty, make, PageBytes, PageLimit, Ring, RingMemory } from './ring'

namespace State {
  export const Resetting: u32 = 0
  export const Working: u32 = 1
  export const Ended: u32 = 2 // for good
}

@inline const Second: u64 = 1_000_000_000
/** Between two looks at a card that is being reset. */
@inline const PollPeriod: u64 = 1_000_000
/** What a reset may take. */
@inline const ResetTimeout: u64 = Second
/** What `start` waits at most, so that usual cards work when it returns. */
@inline const StartTimeout: u64 = 300_000_000
/** Between two looks at a card with traffic; and, twice as long each time, without, up to this where it has no messages. */
@inline const BusyPeriod: u64 = 50_000
@inline const IdlePeriod: u64 = 2_000_000
/** Seconds in which a card with a link sends nothing of what it has. */
const StuckLimit: u32 = 5
/** Resets, without a frame between them, after which the card is given up. */
const FailureLimit: u32 = 3

const cardStorage = memory.data(offsetof<Card>(), 8)
const arrivedStorage = memory.data(offsetof<Ring>(), 8)
const leavingStorage = memory.data(offsetof<Ring>(), 8)
const ringMemory = memory.data(2 * RingMemory, 8)
const pages = memory.data(2 * PageLimit * PageBytes, 4096)

let state: u32 = State.Ended
let failures: u32 = 0
let until: u64 = 0 // when the reset has to be done
let inspectAt: u64 = 0
let quiet: u32 = 0 //       looks without anything
let isListening: bool = false
let stuck: u32 = 0 //       seconds
let sentBefore: u32 = 0 //  a second ago
let framesBefore: u32 = 0 // at the last reset

@inline export function card(): Card { return changetype<Card>(cardStorage) }
/** Frames that came from the wire; and buffers for those that go there. */
@inline export function arrived(): Ring { return changetype<Ring>(arrivedStorage) }
@inline export function leaving(): Ring { return changetype<Ring>(leavingStorage) }

/** Begins to use the card, which has its functions; false when it cannot be used. */
export function start(): bool {
  make(arrived(), NetRing.Send, ringMemory, pages)
  make(leaving(), NetRing.FirstReceive, ringMemory + RingMemory, pages + <usize>PageLimit * PageBytes)
  reset()
  for (const last = now() + StartTimeout; state == State.Resetting && now() < last;) proceed()
  if (state == State.Resetting) arm(now() + PollPeriod)
  return state != State.Ended
}

/** The card sent its message. */
export function interrupt(): void {
  if (state != State.Working) return
  card().hear()
  look(true)
}

/** The armed time came. */
export function deadline(): void {
  if (state == State.Working) look(false)
  else if (state == State.Resetting) {
    proceed()
    if (state == State.Resetting) arm(now() + PollPeriod)
  }
}

/** The nucleus has done slots of the rings. */
export function netProgress(): void { if (state == State.Working) look(false) }

/** Exchanges what there is, and decides when the next look is due. A message without a frame is about the card itself. */
function look(isMessage: bool): void {
  let found = card().exchange()
  if (found == Exchange.Nothing && !isListening && card().hasMessages) {
    listen(true)
    found = card().exchange() // what came before it listened
  }
  if (found == Exchange.Nonsense) return fail('it did what it was not asked for')
  if ((now() >= inspectAt || isMessage && found == Exchange.Nothing) && !inspect()) return
  if (found == Exchange.Something) {
    quiet = 0
    if (isListening) listen(false)
  } else if (quiet < 20) quiet++
  arm(min(now() + pause(), inspectAt))
}

/** Until the next look. Nobody tells that frames have been sent: that is looked for. */
function pause(): u64 { return quiet && isListening && card().underWay == 0 ? Second : min(BusyPeriod << quiet, IdlePeriod) }

function listen(wanted: bool): void {
  isListening = wanted
  card().listen(wanted)
}

/** Looks at the card itself, once a second at least; false when it is at work no longer. */
function inspect(): bool {
  const hadLink = card().linkUp
  if (card().isGone()) end('it no longer answers')
  else {
    const reason = card().inspect()
    if (reason.length) fail(reason)
    else if (now() >= inspectAt) age()
  }
  if (state != State.Working) return false
  if (card().linkUp != hadLink) {
    append(card().linkUp ? 'the link is up' : 'the link is down')
    say()
    tell()
  }
  return true
}

/** A second has passed. */
function age(): void {
  inspectAt = now() + Second
  stuck = card().underWay != 0 && card().linkUp && card().sent == sentBefore ? stuck + 1 : 0
  sentBefore = card().sent
  if (stuck == StuckLimit) fail('it does not send')
}

/** Goes on with the reset as far as it is time to. */
function proceed(): void {
  if (card().isGone()) end('it no longer answers')
  else if (!card().isReset()) {
    if (now() > until) end('it does not end its reset')
  } else if (failures > FailureLimit) end('it was reset in vain')
  else work()
}

/** It touches no memory any more. */
function work(): void {
  const reason = card().prepare()
  if (reason.length) return end(reason)
  startTransfers()
  card().begin()
  state = State.Working
  const cause = card().inspect()
  if (cause.length) return fail(cause)
  sayWhatItIs()
  tell()
  accept(0, card().offloads, 1)
  stuck = 0
  sentBefore = card().sent
  inspectAt = now() + Second
  quiet = 0
  isListening = false
  look(false)
}

function tell(): void { announce(card().mac, card().maximumBytes, card().linkUp) }

function sayWhatItIs(): void {
  for (let byte: u32 = 0; byte < 6; byte++) {
    if (byte) appendByte(0x3a)
    appendDigit(<u32>(card().mac >> (byte * 8 + 4)))
    appendDigit(<u32>(card().mac >> (byte * 8)))
  }
  append(' works; MTU: ')
  appendDecimal(card().maximumBytes)
  append(card().linkUp ? ', the link is up' : ', the link is down')
  say()
}
function appendDigit(nibble: u32): void { appendByte((nibble & 15) + ((nibble & 15) < 10 ? 0x30 : 0x57)) }

/** Resets it, to begin anew, and says why. */
function fail(reason: string): void {
  append(reason)
  append(': it is reset')
  say()
  const frames = card().sent + card().received
  failures = frames == framesBefore ? failures + 1 : 1
  framesBefore = frames
  reset()
  arm(now() + PollPeriod)
}

function reset(): void {
  stopExchange()
  state = State.Resetting
  until = now() + ResetTimeout
  card().reset()
}

/** Frames go nowhere. What the card still transfers, it transfers from and to this driver's own pages. */
function stopExchange(): void {
  accept(0, 0, 0)
  empty(arrived())
  empty(leaving())
  card().underWay = 0
}

/** It is given up. */
function end(reason: string): void {
  append(reason)
  append(': it is given up')
  say()
  state = State.Ended
  stopExchange()
  card().linkUp = false
  if (card().mac) tell()
  arm(0)
}
