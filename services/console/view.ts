/**
 * Shows the prompt and the part of the line around the cursor in one row of the terminal. The row is all that is ever
 * redrawn, so that other output can be put above it; a line too long for it scrolls sideways.
 */
import { lineCharacters, lineCursor, lineLength } from './line'
import { control, print, printCodePoint } from './terminal'
import { columnsOf } from './utf8'

const prompt: string = 'typervisor> '
const promptColumns: i32 = 12
/** Columns for the line: a terminal has at least 80, and writing in the last one would wrap on some. */
const columns: i32 = 80 - promptColumns - 1

const shown = new StaticArray<i32>(256) // what the row shows behind the prompt; characters of no width make it longer than `columns`
let shownLength: i32 = 0
let shownColumn: i32 = 0 // of the terminal's cursor, behind the prompt
let visible: bool = false
let first: i32 = 0 // the line's first character in the row

/** Draws the prompt and the line, or what changed of them. */
export function draw(): void {
  if (!visible) {
    control('\r\x1b[K')
    print(prompt)
    visible = true
    shownLength = 0
    shownColumn = 0
  }
  scroll()
  const end = lastShown()
  let same = 0
  while (first + same < end && same < shownLength && lineCharacters[first + same] == shown[same]) same++
  // A mark that changed is drawn with the character that carries it.
  while (same > 0 && (carriesMark(lineCharacters[min(first + same, end - 1)]) || (same < shownLength && carriesMark(shown[same])))) same--
  if (first + same < end || same < shownLength) replaceFrom(same, end)
  moveCursor(lineCursorColumn())
}

/** Takes the prompt off the screen, so that a whole line can be written where it stood. */
export function hide(): void {
  if (!visible) return
  control('\r\x1b[K')
  visible = false
}

/** Leaves the line on the screen, followed by `mark`, and goes to the next row. */
export function finish(mark: string = ''): void {
  draw()
  let end = 0
  for (let i = 0; i < shownLength; i++) end += columnsOf(shown[i])
  moveCursor(end)
  print(mark + '\n')
  visible = false
  first = 0
}

/** Clears the screen; the next `draw` puts the prompt in its first row. */
export function clearScreen(): void {
  control('\x1b[H\x1b[2J')
  visible = false
}

/** Chooses `first` so that the cursor is inside the row, with some of the text on either side of it. */
function scroll(): void {
  const cursor = lineCursor()
  if (first > lineLength()) first = lineLength()
  if (cursor < first) {
    first = max(cursor - 20, 0)
    return
  }
  let width = 0
  for (let i = first; i < cursor; i++) width += columnsOf(lineCharacters[i])
  if (width <= columns) return
  first = cursor
  width = 0
  while (first > 0 && width < columns - 20) width += columnsOf(lineCharacters[--first])
}

function lastShown(): i32 {
  let end = first
  let width = 0
  while (end < lineLength() && end - first < shown.length) {
    width += columnsOf(lineCharacters[end])
    if (width > columns) break
    end++
  }
  return end
}

function carriesMark(code: i32): bool {
  return columnsOf(code) == 0
}

function replaceFrom(same: i32, end: i32): void {
  let column = 0
  for (let i = 0; i < same; i++) column += columnsOf(shown[i])
  moveCursor(column)
  let oldWidth = 0
  for (let i = same; i < shownLength; i++) oldWidth += columnsOf(shown[i])
  let newWidth = 0
  shownLength = same
  for (let i = first + same; i < end; i++) {
    const code = lineCharacters[i]
    printCodePoint(code)
    shown[shownLength++] = code
    newWidth += columnsOf(code)
  }
  shownColumn = column + newWidth
  if (newWidth < oldWidth) control('\x1b[K')
}

function lineCursorColumn(): i32 {
  let column = 0
  for (let i = first; i < lineCursor(); i++) column += columnsOf(lineCharacters[i])
  return column
}

function moveCursor(column: i32): void {
  const distance = column - shownColumn
  if (distance == -1) control('\b')
  else if (distance < 0) control(`\x1b[${-distance}D`)
  else if (distance > 0) control(`\x1b[${distance}C`)
  shownColumn = column
}
