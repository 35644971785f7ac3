/** The administration console: the only sandbox that people talk to. */
import { commandWaits, edit } from './prompt'
import { addCommands } from './commands/index'
import { balance } from './balance'
import { announceChanges, startAnnouncing } from './announce'
import { passThrough } from './attach'
import { greet, logVirtualization } from './banner'
import { announceDrives } from './drives'
import { announceOutcome, waitOn, waitsForChange } from './conversation'
import { armDeadline, forgetDeadlines, requestWake } from './deadline'
import { leaveOn } from './leaving'
import { showMirrored, startMirror } from './mirror'
import { currentMode, Mode } from './mode'
import { learnNames } from './net/names'
import { readOn } from './reading'
import { flush } from './terminal'
import { watchOn } from './top/watch'

/** How often a wake goes round before it returns and asks to be woken again: no call into a sandbox may last. */
const rounds: i32 = 16

/** Greets; 0 is ready. */
export function start(): i32 {
  addCommands()
  startAnnouncing()
  startMirror()
  logVirtualization()
  greet()
  learnNames()
  wake()
  return 0
}

/** Something was typed, a guest wrote, a VM changed state, the terminal has room again, or a deadline has passed. */
export function wake(): void {
  forgetDeadlines()
  balance()
  let again: bool = true
  for (let i = 0; again && i < rounds; i++) {
    again = turn()
    flush()
    // @ts-ignore: the runtime's own, which the editor's types leave out
    __collect() // nothing that must live is on the stack here
  }
  if (again) requestWake(0)
  armDeadline()
}

/** Does what is to be done in the present mode; true when there is more at once. */
function turn(): bool {
  flush()
  const mode = currentMode()
  if (mode == Mode.Prompt || mode == Mode.Leaving || mode == Mode.Waiting && waitsForChange()) {
    announceChanges()
    announceDrives()
    showMirrored()
  }
  if (mode == Mode.Prompt) announceOutcome()
  switch (mode) {
    case Mode.Attached:
      passThrough()
      break
    case Mode.Reading:
      readOn()
      break
    case Mode.Watching:
      watchOn()
      break
    case Mode.Waiting:
      waitOn()
      break
    case Mode.Leaving:
      leaveOn()
      break
    default:
      edit()
  }
  return currentMode() != mode || commandWaits()
}
