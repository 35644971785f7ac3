/** Where the next character goes. */
import { columns, put, rows, scrollDown, scrollUp } from './grid'
import { attribute, blankAttribute } from './rendition'

/** The place, counted from 0. */
export let column: u32 = 0
export let row: u32 = 0
/** False while a program has hidden the cursor (DECTCEM). */
export let cursorVisible: bool = true
/** The rows that scroll (DECSTBM): from `top` to before `bottom`. */
export let top: u32 = 0
export let bottom: u32 = 0

let wraps: bool = true // DECAWM
let wrapPending: bool = false // the last column was written: the next character, if one comes, begins a new row
let savedColumn: u32 = 0
let savedRow: u32 = 0

/** To the upper left corner, with all modes as they are at first. */
export function resetCursor(): void {
  setRegion(0, rows)
  wraps = cursorVisible = true
  savedColumn = savedRow = 0
}

/** Moves the cursor, into the screen if the place is outside. */
export function moveTo(newColumn: u32, newRow: u32): void {
  column = min(newColumn, columns - 1)
  row = min(newRow, rows - 1)
  wrapPending = false
}

/** Writes a character (a place in code page 437) and steps on. */
export function write(character: u32): void {
  if (wrapPending && wraps) {
    carriageReturn()
    lineFeed()
  }
  put(column, row, character, attribute)
  if (column + 1 < columns) column++
  else wrapPending = true
}

/** CR. */
export function carriageReturn(): void { moveTo(0, row) }

/** BS: at the left edge it stays. */
export function stepBack(): void { moveTo(column ? column - 1 : 0, row) }

/** HT: a stop at every eighth column. */
export function tabulate(): void { moveTo((column | 7) + 1, row) }

/** LF: one row down in the same column; at the bottom of the region that scrolls instead. */
export function lineFeed(): void {
  if (row + 1 == bottom) scrollUp(top, bottom, 1, blankAttribute())
  else if (row + 1 < rows) row++
  wrapPending = false
}

/** RI: one row up; at the top of the region that scrolls instead. */
export function reverseLineFeed(): void {
  if (row == top) scrollDown(top, bottom, 1, blankAttribute())
  else if (row > 0) row--
  wrapPending = false
}

/** DECSC and DECRC, without the colors. */
export function saveCursor(): void {
  savedColumn = column
  savedRow = row
}

/** Back to where it was saved. */
export function restoreCursor(): void { moveTo(savedColumn, savedRow) }

/** Sets the rows that scroll, if they are at least two, and goes to the upper left corner. */
export function setRegion(newTop: u32, newBottom: u32): void {
  newBottom = min(newBottom, rows)
  if (newTop + 2 > newBottom && rows > 1) return
  top = newTop
  bottom = newBottom
  moveTo(0, 0)
}

/** DECAWM: whether text runs on in the next row. */
export function setWraps(enabled: bool): void { wraps = enabled }

/** DECTCEM. */
export function setCursorVisible(visible: bool): void { cursorVisible = visible }
