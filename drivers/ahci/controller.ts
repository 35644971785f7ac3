/** The HBA's life: taken from the firmware, reset, at work, and reset again when a port does not let go of its commands. AHCI 1.3.1, 10.1 and 10.4.3. */
import { arm, now, read32, startTransfers, write32 } from '../../capability/device'
import { sendsMessages } from '../capability'
import { append, appendDecimal, say } from '../message'
import { implementedPorts, takeCapabilities } from './capabilities'
import { begin, end as endPort, fail, isGone, isSettled, isStuck, stir } from './life'
import { portAt, portCount, PortLimit, preparePorts, State as PortState } from './port'
import { GlobalControl, Handoff, HasHandoff, Nothing, Register, RegistersBar } from './registers'
import { age, refuseAll, take, takeBack, takeStarved } from './requests'
import { prepareSlots } from './slot'
import { open } from './units'

namespace State {
  export const Waiting: u32 = 0 // for the firmware to let go of it
  export const Resetting: u32 = 1
  export const Working: u32 = 2
  export const Ended: u32 = 3 // for good
}

/** How soon the armed time is. */
namespace Watch {
  export const None: u32 = 0
  export const Second: u32 = 1
  export const Poll: u32 = 2
}

@inline const Second: u64 = 1_000_000_000
@inline const PollPeriod: u64 = 1_000_000
/** What the firmware may take (10.6.3), and a reset (10.4.3). */
@inline const HandoffTimeout: u64 = 2 * Second
@inline const ResetTimeout: u64 = Second
/** What `start` waits at most, so that usual devices work when it returns, and how long all wait for one that is slow. */
@inline const StartTimeout: u64 = 300_000_000
@inline const OpenTimeout: u64 = 4 * Second

/** Resets of the HBA after which it is given up. */
const ResetLimit: u32 = 3

let state: u32 = State.Ended
let resets: u32 = 0
let until: u64 = 0 // when the state has to have changed
let openTime: u64 = 0 // when units are announced, whatever is still unknown
let watching: u32 = Watch.None
let nextSecond: u64 = 0
let hasMessages: bool = false

/** Begins to use the HBA, whatever state it is in; false when it cannot be used. */
export function start(): bool {
  hasMessages = sendsMessages()
  prepareSlots()
  if (!takeCapabilities()) {
    refuseAll()
    return false
  }
  write32(RegistersBar, Register.GlobalControl, GlobalControl.Enable)
  openTime = now() + OpenTimeout
  if (read32(RegistersBar, Register.Capabilities2) & HasHandoff) {
    write32(RegistersBar, Register.Handoff, read32(RegistersBar, Register.Handoff) | Handoff.SystemOwns)
    state = State.Waiting
    until = now() + HandoffTimeout
  } else reset()
  for (const last = now() + StartTimeout; now() < last && !areSettled();) proceed()
  watch()
  return state != State.Ended
}

/** Requests wait. */
export function submit(): void {
  take()
  watch()
}

/** The HBA sent its message, or holds its line down. */
export function interrupt(): void {
  if (state == State.Working) {
    const ports = read32(RegistersBar, Register.InterruptStatus)
    if (ports == Nothing) return end('it no longer answers')
    for (let unit: u32 = 0; unit < portCount; unit++) if (ports >> portAt(unit).number & 1) stir(portAt(unit))
    // A port's own bits have been cleared before, so that what comes now interrupts again, and the line is let go. 10.7.2.1.
    write32(RegistersBar, Register.InterruptStatus, ports)
    look()
  } else if (state != State.Ended) proceed()
  watch()
}

/** The armed time came: to look at the states again, or after a second of work. */
export function deadline(): void {
  watching = Watch.None
  if (state == State.Ended) return
  proceed()
  if (state == State.Working && now() >= nextSecond) {
    for (let unit: u32 = 0; unit < portCount; unit++) if (portAt(unit).state == PortState.Working && age(portAt(unit))) fail(portAt(unit), 'takes too long for a command')
    nextSecond = now() + Second
  }
  watch()
}

/** Goes on from the state as far as it is time to, and is called again. A port's message may have been lost. */
function proceed(): void {
  if (state == State.Working) {
    for (let unit: u32 = 0; unit < portCount; unit++) stir(portAt(unit))
    return look()
  }
  const control = read32(RegistersBar, state == State.Waiting ? Register.Handoff : Register.GlobalControl)
  if (control == Nothing) return end('it no longer answers')
  if (state == State.Waiting) {
    // Firmware that does not let go is not asked again: the reset ends what it does.
    if (!(control & Handoff.FirmwareOwns) || now() > until) reset()
  } else if (!(control & GlobalControl.Reset)) work()
  else if (now() > until) end('it does not end its reset')
}

function reset(): void {
  state = State.Resetting
  until = now() + ResetTimeout
  write32(RegistersBar, Register.GlobalControl, GlobalControl.Enable)
  write32(RegistersBar, Register.GlobalControl, GlobalControl.Enable | GlobalControl.Reset)
}

/** It touches no memory any more, and its ports are found, or reset. */
function work(): void {
  write32(RegistersBar, Register.GlobalControl, GlobalControl.Enable)
  startTransfers()
  if (portCount == 0) {
    const count = preparePorts(implementedPorts())
    append('ports: ')
    appendDecimal(count)
    if (count > PortLimit) {
      append('; driven are the first ')
      appendDecimal(PortLimit)
    }
    say()
  }
  state = State.Working
  for (let unit: u32 = 0; unit < portCount; unit++) begin(portAt(unit))
  write32(RegistersBar, Register.InterruptStatus, Nothing)
  write32(RegistersBar, Register.GlobalControl, GlobalControl.Enable | GlobalControl.Interrupts)
}

/** What became of the HBA as a whole. */
function look(): void {
  if (isGone) return end('it no longer answers')
  if (isStuck) {
    if (resets++ == ResetLimit) return end('it was reset in vain')
    append('a port does not let go of its commands: all are reset')
    say()
    return reset()
  }
  if (areSettled()) {
    resets = 0
    open()
  } else if (now() > openTime) open()
  takeStarved()
}

function areSettled(): bool {
  if (state != State.Working) return state == State.Ended
  for (let unit: u32 = 0; unit < portCount; unit++) if (!isSettled(portAt(unit))) return false
  return true
}

function areUnderWay(): bool {
  for (let unit: u32 = 0; unit < portCount; unit++) if (portAt(unit).issued) return true
  return false
}

/**
 * How soon the next look is due: soon while something is awaited, in a second while commands are under way. Without messages commands are looked at soon, and
 * devices that come and go each second, since the line may lead to where nobody hears it.
 */
function due(): u32 {
  const isBusy = areUnderWay()
  if (!areSettled() || isBusy && !hasMessages) return Watch.Poll
  return isBusy || !hasMessages ? Watch.Second : Watch.None
}

/** Has it be taken. */
function watch(): void {
  if (state == State.Ended) return
  const wanted = due()
  if (wanted <= watching) return
  watching = wanted
  const time = now()
  if (nextSecond <= time) nextSecond = time + Second
  arm(wanted == Watch.Poll ? time + PollPeriod : nextSecond)
}

/** It is given up. Requests fail, unless it may still transfer to and from their memory: then only the nucleus can end that, and does when this sandbox fails. */
function end(reason: string): void {
  append(reason)
  append(': it is given up')
  say()
  assert(!areUnderWay() || read32(RegistersBar, Register.GlobalControl) == Nothing, 'the controller does not stop')
  state = State.Ended
  write32(RegistersBar, Register.GlobalControl, GlobalControl.Enable) // its line is let go
  for (let unit: u32 = 0; unit < portCount; unit++) {
    takeBack(portAt(unit))
    endPort(portAt(unit), PortState.Ended)
  }
  open()
  refuseAll()
}
