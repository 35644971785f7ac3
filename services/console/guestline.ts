/**
 * One line of foreign text as a terminal would show it, without letting it steer ours: carriage return, backspace and tab
 * move inside the line, 'erase to the end of the line' erases, every other control character and escape sequence vanishes.
 */
import { printCodePoint } from './terminal'
import { Incomplete, isBidirectional, isControl, Replacement, Utf8Decoder } from './utf8'

const enum Escape { None, Begun, Sequence, String, StringEscape }

const capacity: i32 = 8192 // a line is cut at 1024 bytes, and a tab is at most eight columns
const cells = new StaticArray<i32>(capacity)
const utf8 = new Utf8Decoder()
let length: i32 = 0
let cursor: i32 = 0
let escape: Escape = Escape.None

/** Renders `count` bytes as one line. */
export function renderLine(source: usize, count: u32): void {
  length = 0
  cursor = 0
  escape = Escape.None
  utf8.reset()
  for (let i: u32 = 0; i < count; i++) {
    const code = utf8.push(load<u8>(source + i))
    if (utf8.broken) character(Replacement)
    if (code != Incomplete) take(code)
  }
  if (utf8.reset()) character(Replacement)
}

/** Shows the rendered line, without blanks at its end and without a line end. */
export function printLine(): void {
  let end = length
  while (end > 0 && cells[end - 1] == 0x20) end--
  for (let i = 0; i < end; i++) printCodePoint(cells[i])
}

/** ECMA-48, 5.3 to 5.6: ESC begins a sequence; '[' a control sequence; P, X, ], ^ and _ a string that ESC \ (or BEL) ends. */
function take(code: i32): void {
  switch (escape) {
    case Escape.Begun:
      if (code == 0x5b) escape = Escape.Sequence
      else if (code == 0x50 || code == 0x58 || code == 0x5d || code == 0x5e || code == 0x5f) escape = Escape.String
      else if (code < 0x20 || code > 0x2f) escape = Escape.None // intermediate bytes go on
      return
    case Escape.Sequence:
      if (code >= 0x40 && code <= 0x7e) {
        if (code == 0x4b) length = min(length, cursor) // K
        escape = Escape.None
      } else if (code < 0x20) {
        escape = Escape.None
        take(code)
      }
      return
    case Escape.String:
      if (code == 0x07) escape = Escape.None
      else if (code == 0x1b) escape = Escape.StringEscape
      return
    case Escape.StringEscape:
      escape = code == 0x5c ? Escape.None : Escape.String
      return
    default: character(code)
  }
}

function character(code: i32): void {
  switch (code) {
    case 0x08:
      cursor = max(cursor - 1, 0)
      return
    case 0x09:
      do { put(0x20) } while (cursor & 7)
      return
    case 0x0d:
      cursor = 0
      return
    case 0x1b:
      escape = Escape.Begun
      return
  }
  if (!isControl(code) && !isBidirectional(code)) put(code)
}

function put(code: i32): void {
  if (cursor == capacity) return
  cells[cursor++] = code
  length = max(length, cursor)
}
