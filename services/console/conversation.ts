/** Gives a service one order after the other and waits for its answers. Whoever does not want to wait leaves; what was ordered goes on. */
import { requestWake, uptime } from './deadline'
import { distance, drop, fill, full, waiting } from './input'
import { enterMode, Mode } from './mode'
import { flush, pending, print } from './terminal'
import { hide } from './view'

/** Who takes orders. */
export const enum Service { Pool, Switches }
const names: string[] = ['The pool\'s service', 'The switches\' service']

const interruptKey: i32 = 0x03 // Ctrl-C
const most: u32 = 4096 // bytes that may wait for the terminal
const rowsPerTurn: i32 = 64
/** Nanoseconds after which whoever waits is told so. */
const patience: u64 = 2000000000

/** Orders that belong together, and what is shown of their answers. */
export abstract class Conversation {
  /** Nobody waits for it any more. */
  isAside: bool = false

  constructor(readonly service: Service) {}
  /** Fills in the next order; false when there is none any more. */
  abstract ask(): bool
  /** False while the next order is to wait, until a wake that was asked for. */
  isReady(): bool { return true }
  /** Gives it; false when it is not taken. */
  abstract give(): bool
  /** Fetches the answer; false while there is none. */
  abstract fetch(): bool
  /** Takes the answer to it. */
  abstract answered(): void
  /** Shows a part of what was found; true while there is more. */
  show(): bool { return false }
  /** True for orders that change something: they go on, and how they end is said, also when nobody waits for them any more. */
  isChange(): bool { return false }
  /** What is said to whoever does not want to wait for a change any longer; `isAsked`: something was ordered. */
  leaving(isAsked: bool): string { return isAsked ? 'Not waiting any longer. The order goes on, and how it ends will be said here.' : 'Nothing was ordered.' }
  /** How a change ended, in words; '' while it goes on. */
  outcome(): string { return '' }
}

const askers: (Conversation | null)[] = [null, null] // whose order is under way, of each service
let current: Conversation | null = null // which is waited for
const asides: Conversation[] = [] // which nobody waits for, and which go on
let notice: u64 = 0 // uptime at which that is said

/** Begins. */
export function converse(begun: Conversation): void {
  current = begun
  notice = uptime() + patience
  enterMode(Mode.Waiting)
}

/** Begins one that shows nothing, which goes on while a line is typed. */
export function converseAside(begun: Conversation): void {
  begun.isAside = true
  asides.push(begun)
}

/** Goes on waiting. */
export function waitOn(): void {
  fill()
  const interrupt = distance(interruptKey)
  if (interrupt >= 0) {
    drop(interrupt + 1)
    return interrupted()
  }
  // What is typed meanwhile waits for the prompt.
  if (full()) {
    drop(waiting())
    requestWake(0)
  }
  const waitedFor = current!
  takeAnswer(waitedFor.service)
  if (askers[waitedFor.service]) return sayPatience()
  if (!waitedFor.isReady()) return
  if (waitedFor.ask()) {
    if (waitedFor.give()) {
      askers[waitedFor.service] = waitedFor
      return sayPatience()
    }
    print(`${names[waitedFor.service]} takes no order: it does not run, or is at one that was given before the console was restarted. See: sandbox list\n`)
    return leave()
  }
  for (let i = 0; i < rowsPerTurn; i++) {
    if (pending() > most && (!flush() || pending() > most)) return // woken again when there is room
    if (!waitedFor.show()) return leave()
  }
  requestWake(0)
}

/** True while the order that is waited for is a change: what happens meanwhile can be said, since no table or record is shown. */
export function waitsForChange(): bool {
  const waitedFor = current
  return waitedFor ? waitedFor.isChange() : false
}

/** At the prompt: goes on with what nobody waits for, and tells how it has ended. */
export function announceOutcome(): void {
  for (let service = 0; service < askers.length; service++) takeAnswer(service)
  for (let i = 0; i < asides.length; i++) {
    const asked = asides[i]
    if (askers[asked.service] || !asked.isReady()) continue
    if (asked.ask() && asked.give()) askers[asked.service] = asked
    else asides.splice(i--, 1)
  }
}

function takeAnswer(service: i32): void {
  const asked = askers[service]
  if (!asked || !asked.fetch()) return
  askers[service] = null
  const isWaitedFor = asked === current
  if (!isWaitedFor && !asides.includes(asked)) return // a question that was left
  asked.answered()
  const said = asked.isChange() ? asked.outcome() : ''
  if (!said.length) return
  if (!isWaitedFor) hide()
  print(`${isWaitedFor ? '' : '*** '}${said}\n`)
}

function interrupted(): void {
  print('^C\n')
  const left = current!
  if (left.isChange()) {
    const isAsked = askers[left.service] === left
    if (isAsked || !left.isReady()) converseAside(left)
    print(left.leaving(isAsked) + '\n')
  }
  leave()
}

function sayPatience(): void {
  if (!notice || !current!.isChange()) return
  if (uptime() < notice) return requestWake(notice)
  notice = 0
  print(`Waiting for t${names[current!.service].substring(1)}; Ctrl-C leaves it to itself.\n`)
}

function leave(): void {
  current = null
  enterMode(Mode.Prompt)
}
