/** Shows a part of the log or of a VM's output, line by line as the terminal takes it, and follows it if asked to. */
import { limitBacklog } from './mirror'
import { requestWake, uptime } from './deadline'
import { printLine } from './guestline'
import { distance, drop, fill, full, waiting } from './input'
import { Found, LineFeed } from './linefeed'
import { enterMode, Mode } from './mode'
import { endOf } from './source'
import { flush, pending, print } from './terminal'

const interruptKey: i32 = 0x03 // Ctrl-C
const most: u32 = 4096
const linesPerWake: i32 = 256

let feed = new LineFeed(0, 0)
let end: u64 = 0 // u64.MAX_VALUE: follow

/** Begins to show `source` (see source.ts) from `position` to its present end, or on and on. */
export function read(source: i32, position: u64, follow: bool): void {
  feed = new LineFeed(source, position)
  end = follow ? u64.MAX_VALUE : endOf(source)
  if (follow) print('Following; Ctrl-C ends.\n')
  enterMode(Mode.Reading)
}

/** Goes on showing. */
export function readOn(): void {
  fill()
  const interrupt = distance(interruptKey)
  if (interrupt >= 0) {
    drop(interrupt + 1)
    print('^C\n')
    return leave()
  }
  // While a part is shown, what is typed waits for the prompt; while following, only Ctrl-C means something.
  if (full()) requestWake(0)
  if (following() || full()) drop(waiting())
  for (let i = 0; i < linesPerWake; i++) {
    if (pending() > most && (!flush() || pending() > most)) return
    const found = feed.next(end, uptime(), !following())
    if (found == Found.Nothing) {
      if (!following()) return leave()
      return requestWake(feed.deadline)
    }
    if (found == Found.Gap) print(`... ${feed.lost} bytes lost`)
    else printLine()
    print('\n')
  }
  requestWake(0)
}

function following(): bool {
  return end == u64.MAX_VALUE
}

function leave(): void {
  if (following()) limitBacklog()
  enterMode(Mode.Prompt)
}
