/** The prompt: applies keys to the line and carries it out when Enter is pressed. */
import { complete } from './completion'
import { dispatch } from './dispatch'
import { forgetPlace, newer, older, remember } from './history'
import { fill, take, waiting } from './input'
import { Key, push } from './keyboard'
import { clearLine, erase, insert, lineCursor, lineLength, lineText, moveTo, wordLeft, wordRight } from './line'
import { currentMode, Mode } from './mode'
import { control, pending, print } from './terminal'
import { clearScreen, draw, finish } from './view'

/** Bytes that may wait for the terminal while keys are taken: the answer to a command finds the rest of the queue free. */
const most: u32 = 4096

let refusedCharacter: bool = false // rings once for a line that is too long, not for each of its characters

/**
 * Takes the keys that wait, up to and including the first that does more than type, and shows the line. One such key per turn:
 * what it leaves on the heap is collected between turns.
 */
export function edit(): void {
  if (pending() > most) return
  fill()
  let bell = false
  let last = false
  while (waiting() && !last) {
    const key = push(take())
    if (key == Key.None || key == Key.Position) continue // an answer that nobody waits for any more is no key
    if (!apply(key)) bell = true
    last = !isTyping(key)
  }
  if (bell) control('\x07')
  if (currentMode() == Mode.Prompt) draw()
}

/** True when keys wait and could be taken at once. */
export function commandWaits(): bool {
  if (currentMode() != Mode.Prompt || pending() > most) return false
  fill()
  return waiting() > 0
}

function isTyping(key: i32): bool {
  switch (key) {
    case Key.Enter:
    case Key.Tab:
    case Key.Up:
    case Key.Down:
    case Key.Interrupt:
    case Key.EndOfInput: return false
    default: return true
  }
}

function enter(): bool {
  const text = lineText(0, lineLength())
  finish()
  clearLine()
  refusedCharacter = false
  remember(text)
  dispatch(text)
  return true
}

/** Applies one key; false when it can do nothing here. */
function apply(key: i32): bool {
  const cursor = lineCursor()
  switch (key) {
    case Key.Enter: return enter()
    case Key.Left: return moveTo(cursor - 1)
    case Key.Right: return moveTo(cursor + 1)
    case Key.Home: return moveTo(0) || true
    case Key.End: return moveTo(lineLength()) || true
    case Key.WordLeft: return moveTo(wordLeft())
    case Key.WordRight: return moveTo(wordRight())
    case Key.Backspace: return erase(cursor - 1, cursor)
    case Key.Delete: return erase(cursor, cursor + 1)
    case Key.EraseWord: return erase(wordLeft(), cursor)
    case Key.EraseToStart: return erase(0, cursor) || true
    case Key.EraseToEnd: return erase(cursor, lineLength()) || true
    case Key.Up: return older()
    case Key.Down: return newer()
    case Key.Tab: return complete()
    case Key.Redraw: return redraw()
    case Key.Interrupt: return abandon()
    case Key.EndOfInput: return endOfInput()
    case Key.Unknown: return false
    default: return type(key)
  }
}

function type(code: i32): bool {
  const refused = !insert(code)
  const ring = refused && !refusedCharacter
  refusedCharacter = refused
  return !ring
}

function redraw(): bool {
  clearScreen()
  return true
}

function abandon(): bool {
  finish('^C')
  clearLine()
  forgetPlace()
  refusedCharacter = false
  return true
}

/** Deletes under the cursor; on an empty line, where a shell would end, says that this one does not. */
function endOfInput(): bool {
  if (lineLength()) return erase(lineCursor(), lineCursor() + 1)
  finish()
  print('The console does not end; shutdown switches the host off.\n')
  return true
}
