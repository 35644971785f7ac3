/** A port's life: its device reset, found, asked what it is, at work, and reset again when it does not do as it should. AHCI 1.3.1, 6.2 and 10. */
import { now } from '../../capability/device'
import { append, appendHexadecimal, say } from '../message'
import { answer, Answer, ask, Step } from './ask'
import { HeaderShift } from './commands'
import { learn, Next } from './learn'
import { placeLists, Plan, Port, State, TagLimit } from './port'
import { Cause, Link, Nothing, PortCommand, PortRegister, Signature, TaskFile } from './registers'
import { blame, collect, failAll, Found, pump, takeBack } from './requests'
import { sayName, withdraw } from './units'

@inline const Millisecond: u64 = 1_000_000
/** What the HBA takes at most to let go of a port's commands. 10.1.2. */
@inline const StopTimeout: u64 = 500 * Millisecond
/** How long COMRESET is sent, at least a millisecond. 10.4.2. */
@inline const ResetTime: u64 = 2 * Millisecond
/** After which a device is there, or none is. 10.1.2 has it be 10 ms. */
@inline const DetectTime: u64 = 50 * Millisecond
/** What a device that is there takes to be spoken with, to be ready, and to answer. */
@inline const LinkTimeout: u64 = 1000 * Millisecond
@inline const ReadyTimeout: u64 = 30_000 * Millisecond
@inline const AnswerTimeout: u64 = 10_000 * Millisecond

/** Resets, without a command that succeeded between them, after which a device is given up. */
const FailureLimit: u32 = 3

/** A port does not let go of its commands: only a reset of the HBA helps. */
export let isStuck: bool = false
/** Its registers are no more. */
export let isGone: bool = false

/** Nothing is to happen by itself soon. */
export function isSettled(port: Port): bool { return port.state <= State.Working }

/** The HBA has been reset, and is at nothing of the port's. */
export function begin(port: Port): void {
  isStuck = false
  takeBack(port)
  placeLists(port)
  port.write(PortRegister.LinkError, Nothing)
  port.write(PortRegister.InterruptStatus, Nothing)
  port.write(PortRegister.InterruptEnable, Cause.Completed | Cause.Changed | Cause.Fatal | Cause.TaskFile)
  port.write(PortRegister.Command, PortCommand.ReceiveFis | PortCommand.SpinUp | PortCommand.PowerOn | PortCommand.Active)
  halt(port, Plan.Reset)
}

/** Something may have happened on a port, or it is time. */
export function stir(port: Port): void {
  const causes = port.read(PortRegister.InterruptStatus)
  if (causes == Nothing) {
    isGone = true
    return
  }
  // What the link says is cleared where it comes from. 3.3.5.
  if (causes & Cause.Changed) port.write(PortRegister.LinkError, Nothing)
  if (causes) port.write(PortRegister.InterruptStatus, causes)
  switch (port.state) {
    case State.Empty:
      if (causes & Cause.Changed) halt(port, Plan.Reset)
      return
    case State.Ended:
      if (causes & Cause.Changed && link(port) != Link.Established) port.state = State.Empty
      return
    case State.Working: return work(port, causes)
    case State.Stopping:
      if (!(port.read(PortRegister.Command) & PortCommand.Running)) stopped(port)
      else if (now() > port.until) isStuck = true
      return
    case State.Resetting:
      if (now() < port.until) return
      port.write(PortRegister.LinkControl, Link.AlwaysOn)
      enter(port, State.Linking, LinkTimeout)
      return
    case State.Linking: return find(port)
    case State.Readying:
      if (link(port) != Link.Established) return lost(port)
      if (!(port.read(PortRegister.TaskFile) & TaskFile.Busy)) ready(port)
      else if (now() > port.until) fail(port, 'does not become ready')
      return
  }
  if (link(port) != Link.Established) return lost(port)
  const given = answer(port, causes)
  if (given != Answer.None) follow(port, learn(port, given == Answer.Given))
  else if (now() > port.until) fail(port, 'does not answer')
}

/** A command takes too long, or what is worse: the device is reset, and it is said why. */
export function fail(port: Port, reason: string): void {
  sayName(port)
  append(' ')
  append(reason)
  append(': it is reset; PxTFD is ')
  appendHexadecimal(port.read(PortRegister.TaskFile))
  say()
  lost(port)
}

/** Nothing comes from the port any more. Nothing of it is under way. */
export function end(port: Port, state: u32): void {
  port.state = state
  port.failures = 0
  port.tellsNot = false
  withdraw(port)
  failAll(port)
}

@inline function link(port: Port): u32 { return port.read(PortRegister.LinkStatus) & Link.Detection }

function enter(port: Port, state: u32, time: u64): void {
  port.state = state
  port.until = now() + time
}

function work(port: Port, causes: u32): void {
  const found = collect(port)
  if (causes & Cause.Changed) return lost(port)
  if (causes & Cause.Fatal) return fail(port, 'reports a fatal error')
  if (found == Found.Nonsense) return fail(port, 'is at commands that it was not given')
  if (found == Found.Failed || causes & Cause.TaskFile) {
    if (!port.issued) return fail(port, 'reports an error of no command')
    if (port.isAlone) blame(port, ctz(port.issued), port.read(PortRegister.TaskFile))
    return halt(port, Plan.Restart)
  }
  pump(port)
}

/** Has the HBA let go of the port's commands. 10.3.2. */
function halt(port: Port, plan: u32): void {
  port.plan = plan
  port.write(PortRegister.Command, port.read(PortRegister.Command) & ~PortCommand.Start)
  enter(port, State.Stopping, StopTimeout)
}

/** The link fails or has failed, or the device. */
function lost(port: Port): void {
  port.failures++
  halt(port, Plan.Reset)
}

function stopped(port: Port): void {
  if (port.plan != Plan.Reset && !(port.read(PortRegister.TaskFile) & TaskFile.Busy) && link(port) == Link.Established) {
    run(port)
    if (port.plan == Plan.AskAgain) question(port, port.step)
    else if (port.isAlone) follow(port, Next.Work)
    else question(port, Step.Log)
    return
  }
  takeBack(port)
  if (port.failures > FailureLimit) {
    sayName(port)
    append(' was reset in vain: its device is given up')
    say()
    return end(port, State.Ended)
  }
  port.write(PortRegister.LinkControl, Link.AlwaysOn | Link.Reset)
  enter(port, State.Resetting, ResetTime)
}

/** COMRESET is over: waits for a device. */
function find(port: Port): void {
  const found = link(port)
  if (found == Link.Established) {
    port.write(PortRegister.LinkError, Nothing)
    port.write(PortRegister.InterruptStatus, Nothing)
    return enter(port, State.Readying, ReadyTimeout)
  }
  const left = port.until - now()
  if (<i64>left < 0 || found == Link.None && left < LinkTimeout - DetectTime) end(port, State.Empty)
}

function ready(port: Port): void {
  const signature = port.read(PortRegister.Signature)
  if (signature != Signature.Disk && signature != Signature.Packet) {
    sayName(port)
    append(' has neither a disk nor a drive for discs, but what signs as ')
    appendHexadecimal(signature)
    say()
    return end(port, State.Ended)
  }
  run(port)
  port.asked = 0
  question(port, signature == Signature.Packet ? Step.IdentifyPacket : Step.Identify)
}

/** Has the HBA look at the port's commands, of which there are none. 10.3.1. */
function run(port: Port): void {
  memory.fill(port.list, 0, TagLimit << HeaderShift)
  port.write(PortRegister.LinkError, Nothing)
  port.write(PortRegister.InterruptStatus, Nothing)
  port.write(PortRegister.Command, port.read(PortRegister.Command) | PortCommand.Start)
}

/** Asks the device something of the driver's own. */
function question(port: Port, step: u32): void {
  ask(port, step)
  port.until = now() + AnswerTimeout
}

/** What follows from an answer. */
function follow(port: Port, next: u32): void {
  switch (next) {
    case Next.Work:
      takeBack(port)
      port.state = State.Working
      return pump(port)
    case Next.Ask: return question(port, Step.Capacity)
    case Next.AskAgain: return halt(port, Plan.AskAgain)
    case Next.Reset: return halt(port, Plan.Reset)
    case Next.Fail: return fail(port, 'does not say what it is')
  }
  end(port, State.Ended)
}
