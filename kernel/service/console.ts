/** The console's sandbox and its driver: started at boot, called when there is something for them, started again when they fail. */
import * as hw from '../hw'
import { clearOutputWaiting, outputWaiting } from '../capability/machine'
import { clearConsoleFired, consoleFired } from '../interrupts/interrupt'
import { routeIsa } from '../interrupts/ioapic'
import { localApicId, Vector } from '../interrupts/localapic'
import { isEarlyPresent } from '../log/early'
import { commit, endEarly } from '../log/log'
import { terminalInput, terminalOutput } from '../log/terminal'
import * as words from '../log/text'
import { call, findExport, findModule, instantiate, nameAddress, reserveSandbox, Sandbox, sandbox, SandboxState, SandboxStatus, scrub, setName, trapAddress } from '../sandbox/sandbox'
import { SandboxKind } from '../security/policy'
import { toTicks } from '../time/clock'
import { requestAttention } from '../vm/attention'
import { consoleIsDue, noteDeadline, setConsoleDeadline } from '../vm/timers'
import { vmAt, vmCount } from '../vm/vm'

const Com1: u32 = 0x3F8
const Com1Irq: u32 = 4

let consoleSubject: u32 = 0
let driverSubject: u32 = 0
let wake: u64 = 0
let interrupt: u64 = 0
let transmit: u64 = 0
/** What `fingerprint` was when the console was last called. */
let shown: u64 = 0
let wokenAt: u64 = 0

/** A mark that changes whenever a VM's state or count of restarts does. */
function fingerprint(): u64 {
  let mark: u64 = 0
  for (let i: u32 = 0; i < vmCount; i++) {
    const vm = vmAt(i)
    mark = mark * 31 + vm.state + (<u64>vm.restarts << 4) + (<u64>vm.reasonLength << 24)
  }
  return mark
}

/** Makes a sandbox that restarts by itself. 0 when it cannot be made; the log says why. */
function create(kind: u32, module: string, name: string): u32 {
  const subject = reserveSandbox(kind, findModule(module))
  if (subject == 0) return 0
  words.clear()
  words.text(name)
  setName(sandbox(subject), words.address(), words.size())
  words.clear()
  return subject
}

function begin(subject: u32): bool {
  const box = sandbox(subject)
  const status = instantiate(box)
  if (status == SandboxStatus.Ok && <u32>call(box, findExport(box, 'start')) == 0 && box.state == SandboxState.Running) return true
  box.state = SandboxState.Failed
  words.clear()
  words.bytes(nameAddress(box), box.nameLength)
  words.text(status == SandboxStatus.NoMemory ? ': not enough memory to start' : status == SandboxStatus.Forbidden ? ': it imports what it may not have' : ': did not start ')
  words.bytes(trapAddress(box), box.trapLength)
  commit()
  return false
}

/** Starts the terminal's driver and the console. */
export function startConsole(): void {
  if (isEarlyPresent()) {
    driverSubject = create(SandboxKind.Driver, 'uart', 'driver uart')
    const box = sandbox(driverSubject)
    box.portBase = Com1
    box.portCount = 8
    startDriver()
    routeIsa(Com1Irq, Vector.Console, localApicId())
  }
  consoleSubject = create(SandboxKind.Console, 'console', 'console')
  sandbox(consoleSubject).pageLimit = 64
  startConsoleSandbox()
}

function startDriver(): bool {
  if (!begin(driverSubject)) return false
  const box = sandbox(driverSubject)
  interrupt = findExport(box, 'interrupt')
  transmit = findExport(box, 'transmit')
  endEarly()
  return true
}

function startConsoleSandbox(): bool {
  if (!begin(consoleSubject)) return false
  wake = findExport(sandbox(consoleSubject), 'wake')
  return true
}

/** Hands on what was typed, what guests wrote, and what is to be shown. Bounded: what is left over is seen to next time. */
export function serviceConsole(): void {
  if (driverSubject != 0) {
    if (consoleFired) {
      clearConsoleFired()
      call(sandbox(driverSubject), interrupt)
    }
    if (terminalOutput().length != 0) call(sandbox(driverSubject), transmit)
    recover(driverSubject)
  }
  if (consoleSubject == 0) return
  const mark = fingerprint()
  if (terminalInput().length != 0 || outputWaiting || mark != shown || consoleIsDue(hw.readTsc())) {
    shown = mark
    clearOutputWaiting()
    if (consoleIsDue(hw.readTsc())) setConsoleDeadlineNever()
    call(sandbox(consoleSubject), wake)
    if (terminalOutput().length != 0) requestAttention()
  }
  recover(consoleSubject)
}

function setConsoleDeadlineNever(): void { setConsoleDeadline(u64.MAX_VALUE) }

/** A failure this soon after a start counts as one more in a row, and each in a row doubles the wait, up to a limit; nanoseconds. */
const SoonAfterStart: u64 = 10_000_000_000
const FirstBackOff: u64 = 100_000_000
const BackOffDoublings: u32 = 7

/** Starts a failed sandbox again, with its memory scrubbed, when its back-off is over: one that fails at once must not take the CPU. */
function recover(subject: u32): void {
  const box = sandbox(subject)
  if (box.state == SandboxState.Running) return
  if (box.retryAt == 0) {
    noteFailure(box)
    return
  }
  if (hw.readTsc() < box.retryAt) {
    noteDeadline(box.retryAt)
    return
  }
  words.clear()
  words.bytes(nameAddress(box), box.nameLength)
  words.text(': started again')
  commit()
  restart(box)
}

function noteFailure(box: Sandbox): void {
  const now = hw.readTsc()
  box.quickFailures = now - box.startedAt < toTicks(SoonAfterStart) ? min(box.quickFailures + 1, BackOffDoublings + 1) : 1
  box.retryAt = now + toTicks(FirstBackOff << (box.quickFailures - 1))
  noteDeadline(box.retryAt)
  words.clear()
  words.bytes(nameAddress(box), box.nameLength)
  words.text(': failed: ')
  words.bytes(trapAddress(box), box.trapLength)
  commit()
}

/** Gives a driver or the console a fresh instance. */
export function restart(box: Sandbox): bool {
  scrub(box)
  box.restarts++
  box.retryAt = 0
  return box.subject == driverSubject ? startDriver() : startConsoleSandbox()
}

/** True for the sandboxes that this file keeps alive. */
export function isServed(subject: u32): bool { return subject != 0 && (subject == driverSubject || subject == consoleSubject) }
export function driverOfTerminal(): u32 { return driverSubject }
