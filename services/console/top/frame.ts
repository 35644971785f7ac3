/** A screenful of text that is refreshed in place: as many rows and columns as the terminals have, and nothing left behind. */
import { control, print } from '../terminal'
import { columnsOf } from '../utf8'

/** Of a terminal that does not say. */
const standardRows: i32 = 24
const standardColumns: i32 = 80
/** A terminal that says less than this has answered something else: xterm reports some keys in the same form. */
const leastRows: i32 = 2
const leastColumns: i32 = 20

/** The lower right corner, as far as there is one, then where that is (ECMA-48, 8.3.35, DSR 6), and back. */
const question: string = '\x1b7\x1b[999;999H\x1b[6n\x1b8'

let rows: i32 = standardRows
let columns: i32 = standardColumns
let answeredRows: i32 = i32.MAX_VALUE // of the smallest terminal that has answered since it was asked: all of them show the same
let answeredColumns: i32 = i32.MAX_VALUE

/** Clears the screen for frames: xterm's alternate screen (DECSET 1049), where there is one, keeps what is on the other. */
export function openFrame(): void {
  rows = standardRows
  columns = standardColumns
  control('\x1b[?1049h\x1b[H\x1b[2J')
  ask()
}

/** Takes the last frame off the screen. */
export function closeFrame(): void {
  control('\x1b[H\x1b[J\x1b[?1049l')
}

/** A terminal answered where its lower right corner is. */
export function noteCorner(row: i32, column: i32): void {
  if (row < leastRows || column < leastColumns) return
  answeredRows = min(answeredRows, row)
  answeredColumns = min(answeredColumns, column)
}

/** How many lines the next frame can have. */
export function frameRows(): i32 {
  if (answeredRows < i32.MAX_VALUE) {
    rows = answeredRows
    columns = answeredColumns
  }
  return rows
}

/** Shows lines in the place of the last frame, cut to the screen, and asks how large it is by now. */
export function paint(lines: string[]): void {
  const count = min(lines.length, frameRows())
  control('\x1b[H')
  for (let i = 0; i < count; i++) {
    if (i) control('\r\n')
    print(cut(lines[i]))
    control('\x1b[K')
  }
  control('\x1b[J')
  ask()
}

function ask(): void {
  answeredRows = i32.MAX_VALUE
  answeredColumns = i32.MAX_VALUE
  control(question)
}

/** Writing in the last column would wrap on some terminals, and the erasing that follows take the character away on others. */
function cut(line: string): string {
  let width = 0
  for (let i = 0; i < line.length; i++) {
    const code = line.codePointAt(i)
    width += columnsOf(code)
    if (width >= columns) return line.substring(0, i)
    if (code > 0xffff) i++
  }
  return line
}
