/** Shows counters as they grow, once a second until it is ended, or once as JSON. */
import { Counters, readCounters } from './counters'
import { closeFrame, frameRows, noteCorner, openFrame, paint } from './frame'
import { requestWake, uptime } from '../deadline'
import { distance, drop, fill, full, take, waiting } from '../input'
import { Json } from '../json'
import { Key, push, reportedColumn, reportedRow } from '../keyboard'
import { limitBacklog } from '../mirror'
import { enterMode, Mode } from '../mode'
import { pending, print } from '../terminal'

const interruptKey: i32 = 0x03 // Ctrl-C
/** Nanoseconds between two frames, and those that one sample of JSON covers. */
const interval: u64 = 1000000000
/** Until the first frame: too short to be waited for, long enough for rates. */
const firstInterval: u64 = 200000000

/** What is shown of what grew. */
export abstract class View {
  /** A frame, of at most `rows` lines. */
  abstract lines(grown: Counters, rows: i32): string[]
  /** The same as JSON. */
  abstract report(grown: Counters): Json
}

let view: View | null = null
let asJson: bool = false
let before: Counters = new Counters(0)
let due: u64 = 0 // uptime of the next frame

/** Begins. */
export function watch(shown: View, json: bool): void {
  view = shown
  asJson = json
  before = readCounters()
  due = uptime() + (json ? interval : firstInterval)
  if (!json) openFrame()
  enterMode(Mode.Watching)
}

/** Goes on. */
export function watchOn(): void {
  fill()
  if (asJson ? isInterrupted() : isEnded()) return leave()
  // A terminal that has not yet shown the last frame needs no other; its room is news that wakes the console.
  if (!asJson && pending()) return
  if (uptime() >= due) {
    const now = readCounters()
    const grown = now.since(before)
    before = now
    due = now.time + interval
    if (asJson) {
      view!.report(grown).show()
      return leave()
    }
    paint(view!.lines(grown, frameRows()))
  }
  requestWake(due)
}

/** Until the sample is there what is typed waits for the prompt. */
function isInterrupted(): bool {
  const interrupt = distance(interruptKey)
  if (interrupt >= 0) {
    drop(interrupt + 1)
    print('^C\n')
    return true
  }
  if (full()) {
    drop(waiting())
    requestWake(0)
  }
  return false
}

/** Takes keys up to the one that ends it, and terminals' answers among them. */
function isEnded(): bool {
  const wasFull = full()
  while (waiting()) {
    const key = push(take())
    if (key == Key.Position) noteCorner(reportedRow(), reportedColumn())
    else if (key == 0x71 || key == 0x51 || key == Key.Interrupt) return true // q, Q
  }
  if (wasFull) requestWake(0)
  return false
}

function leave(): void {
  if (!asJson) {
    closeFrame()
    limitBacklog()
  }
  view = null
  before = new Counters(0)
  enterMode(Mode.Prompt)
}
