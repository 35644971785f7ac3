/** The host's terminals: the drivers that show what the console says and pass on what is typed. All that the machine has are used at once. */
import * as hw from '../hw'
import { ScreenType } from '../../capability/screen'
import { framebuffer } from '../firmware/bootinformation'
import { apertureBytes, apertureAddress, findScreen } from '../host/screen'
import { clearConsoleFired, consoleFired } from '../interrupts/interrupt'
import { routeIsa } from '../interrupts/ioapic'
import { localApicId, Vector } from '../interrupts/localapic'
import { setLastWords } from '../debug/panic'
import { isEarlyPresent } from '../log/early'
import { endEarly, logRing } from '../log/log'
import { attach, OutputLimit, roomAt, terminalOutput } from '../log/terminal'
import { call, current, findExport, Sandbox, sandbox, SandboxState, release } from '../sandbox/sandbox'
import { SandboxKind } from '../security/policy'
import { toTicks } from '../time/clock'
import { noteDeadline } from '../vm/timers'
import { begin, clear, create, isRestartDue } from './served'

/** The places in the table; those below OutputLimit show. */
export namespace TerminalDriver {
  export const Uart: u32 = 0
  export const Screen: u32 = 1
  export const Keyboard: u32 = 2
}
const Limit: u32 = 3

/** A row of the table. */
@unmanaged class Terminal {
  interrupt: u64 // addresses of the driver's exports
  transmit: u64
  shownAt: u64 //   TSC, when it had last shown something
  pause: u64 //     TSC ticks from then on in which it is given nothing
  subject: u32 //   0 where the machine has no such device
  unfinished: u32 // 1: it was given all that there is to show, and has not shown all
}
const table: usize = memory.data(3 * 40, 8)
@inline function terminal(index: u32): Terminal { return changetype<Terminal>(table + <usize>index * 40) }

/** Painting takes time that guests could have: 25 times a second are enough for people. */
const ScreenPause: u64 = 40_000_000
/** For a whole screen, of a driver that paints a part in each call. */
const MostCalls: i32 = 1000
/** Of the log that was made before a screen was there to show it. */
const LogShown: u64 = 8192

/** Starts the drivers of the terminals that this machine has. */
export function startTerminals(): void {
  if (isEarlyPresent()) {
    add(TerminalDriver.Uart, SandboxKind.Driver, 'uart', 'driver uart', 0x3F8, 8)
    // Until a driver works, and for good if none does, the log goes to the port itself.
    if (terminal(TerminalDriver.Uart).subject != 0) endEarly()
    routeIsa(4, Vector.Console, localApicId())
  }
  if (findScreen()) {
    // A screen in text mode has a cursor, which the CRT controller's registers 3D4h and 3D5h switch off.
    add(TerminalDriver.Screen, SandboxKind.Screen, 'screen', 'driver screen', 0x3D4, framebuffer().type == ScreenType.Text ? 2 : 0)
    terminal(TerminalDriver.Screen).pause = toTicks(ScreenPause)
    repeatLog(logRing().end - min(logRing().end - logRing().begin, LogShown))
    setLastWords(showLastWords)
  }
  add(TerminalDriver.Keyboard, SandboxKind.Driver, 'keyboard', 'driver keyboard', 0x60, 5)
  if (terminal(TerminalDriver.Keyboard).subject != 0) routeIsa(1, Vector.Keyboard, localApicId())
}

/** Makes a driver's sandbox. One whose device does not answer is given up. */
function add(index: u32, kind: u32, module: string, name: string, portBase: u32, portCount: u32): void {
  const subject = create(kind, module, name)
  if (subject == 0) return
  const box = sandbox(subject)
  box.terminal = index
  box.portBase = portBase
  box.portCount = portCount
  if (kind == SandboxKind.Screen) {
    box.aperture = apertureAddress
    box.apertureBytes = apertureBytes
  }
  terminal(index).subject = subject
  if (start(index)) return
  terminal(index).subject = 0
  release(subject)
}

function start(index: u32): bool {
  const row = terminal(index)
  const box = sandbox(row.subject)
  const isReady = begin(row.subject)
  if (isReady) {
    row.interrupt = findExport(box, 'interrupt')
    row.transmit = findExport(box, 'transmit')
    attach(index, true)
  }
  return isReady
}

/** Takes what was typed and shows what there is to show. */
export function serviceTerminals(): void {
  const fired = consoleFired
  if (fired) clearConsoleFired()
  for (let i: u32 = 0; i < Limit; i++) {
    const row = terminal(i)
    if (row.subject == 0) continue
    const box = sandbox(row.subject)
    // One interrupt flag for all: a driver whose device has nothing finds that out by reading one register.
    if (fired) call(box, row.interrupt)
    if (i < OutputLimit && (terminalOutput(i).length != 0 || row.unfinished != 0)) transmit(row, box)
    if (box.state != SandboxState.Running) attach(i, false)
    if (isRestartDue(box)) restartTerminal(box)
  }
}

function transmit(row: Terminal, box: Sandbox): void {
  if (hw.readTsc() - row.shownAt >= pauseOf(row)) {
    row.unfinished = u32(call(box, row.transmit) != 0)
    row.shownAt = hw.readTsc() // from its end on: what takes longer than the pause would leave no time to anybody
    if (row.unfinished == 0) return
  }
  noteDeadline(row.shownAt + pauseOf(row))
}
/** The rest of what has begun is not to take as long. */
@inline function pauseOf(row: Terminal): u64 { return row.pause >> (row.unfinished << 2) }

/** Gives a driver a fresh instance. */
export function restartTerminal(box: Sandbox): bool {
  clear(box)
  return start(box.terminal)
}

/** Shows the log from `position` on the screen, which was not there, or not reached, when it was written. */
function repeatLog(position: u64): void {
  const row = terminal(TerminalDriver.Screen)
  if (row.subject == 0) return
  const output = terminalOutput(TerminalDriver.Screen)
  for (let at = max(position, logRing().begin); at < logRing().end; at++) {
    if (roomAt(TerminalDriver.Screen) < 2) call(sandbox(row.subject), row.transmit)
    const byte = logRing().at(at)
    if (byte == 0x0A) output.push(0x0D)
    output.push(byte)
  }
}

/** Of a panic, from `position` in the log. The driver is sound, unless it was itself calling when the nucleus broke. */
function showLastWords(position: u64): void {
  const row = terminal(TerminalDriver.Screen)
  if (row.subject == 0 || row.subject == current) return
  terminalOutput(TerminalDriver.Screen).push(0x0D)
  terminalOutput(TerminalDriver.Screen).push(0x0A)
  repeatLog(position)
  for (let calls = 0; calls < MostCalls && <u32>call(sandbox(row.subject), row.transmit) != 0; calls++) continue
}
