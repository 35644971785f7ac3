/** The console's sandbox: started at boot, called when there is something for it, started again when it fails. */
import * as hw from '../hw'
import { cpu, outputWaiting } from '../cpu/cpu'
import { awaitRoom, isAllShown, isRoomAwaited, terminalInput } from '../log/terminal'
import { call, findExport, Sandbox, sandbox } from '../sandbox/sandbox'
import { SandboxKind } from '../security/policy'
import { requestService } from '../vm/attention'
import { askUnbacked } from '../vm/machine'
import { consoleIsDue, setConsoleDeadline } from '../vm/timers'
import { restartSwitch } from '../network/service'
import { restartDriver } from '../device/drivers'
import { begin, clear, create, isRestartDue } from './served'
import { restartTerminal, serviceTerminals, startTerminals } from './terminals'

let consoleSubject: u32 = 0
let wake: u64 = 0
/** A mark that changes whenever a VM's state, its reason or its count of restarts does, and what it was when the console was last called. */
let states: u64 = 0
let shown: u64 = 0
export function noteStates(mark: u64): void { states = mark }

/** Starts the terminals' drivers and the console. */
export function startConsole(): void {
  startTerminals()
  consoleSubject = create(SandboxKind.Console, 'console', 'console')
  startConsoleSandbox()
}

function startConsoleSandbox(): bool {
  if (!begin(consoleSubject)) return false
  wake = findExport(sandbox(consoleSubject), 'wake')
  return true
}

/** Hands on what was typed, what guests wrote, and what is to be shown. Bounded: what is left over is seen to next time. */
export function serviceConsole(): void {
  serviceTerminals()
  if (consoleSubject == 0) return
  if (terminalInput().length != 0 || isRoomAwaited && isAllShown() || cpu(0).outputWaiting != 0 || states != shown || consoleIsDue(hw.readTsc())) {
    shown = states
    hw.exchange32(outputWaiting(), 0)
    awaitRoom(false)
    if (consoleIsDue(hw.readTsc())) setConsoleDeadline(u64.MAX_VALUE)
    if (terminalInput().length != 0) askUnbacked()
    call(sandbox(consoleSubject), wake)
    if (!isAllShown()) requestService()
  }
  if (isRestartDue(sandbox(consoleSubject))) restart(sandbox(consoleSubject))
}

/** Gives a sandbox that is kept alive, any but a machine, a fresh instance. */
export function restart(box: Sandbox): bool {
  switch (box.kind) {
    case SandboxKind.Driver:
    case SandboxKind.Screen: return restartTerminal(box)
    case SandboxKind.Device:
    case SandboxKind.Storage: return restartDriver(box)
    case SandboxKind.Switch: return restartSwitch(box)
  }
  clear(box)
  return startConsoleSandbox()
}
