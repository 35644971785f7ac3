/** What is to be seen: cells of a character and its colors, laid out as VGA text memory is. */

/** The largest screen in characters; of a larger one the upper left part is used. */
export const maximumColumns: u32 = 256
export const maximumRows: u32 = 96

/** Light grey on black. */
export const plainAttribute: u32 = 0x07

const space: u32 = 0x20
const cells = memory.data(49152) // maximumColumns × maximumRows of u16: the character's place in code page 437, the attribute above it

/** The size in use. */
export let columns: u32 = 0
export let rows: u32 = 0

/** Sets the size, clamped to what there is room for, and clears the grid. */
export function resize(newColumns: u32, newRows: u32): void {
  columns = min(newColumns, maximumColumns)
  rows = min(newRows, maximumRows)
  erase(0, 0, columns, rows, plainAttribute)
}

/** The cell's character in bits 0–7, its attribute in bits 8–15. */
export function cell(column: u32, row: u32): u32 {
  return load<u16>(address(column, row))
}

/** Puts a character into a cell. */
export function put(column: u32, row: u32, character: u32, attribute: u32): void {
  store<u16>(address(column, row), <u16>(character | attribute << 8))
}

/** Blanks the cells from `left` to before `right` in the rows from `top` to before `bottom`. */
export function erase(left: u32, top: u32, right: u32, bottom: u32, attribute: u32): void {
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) put(column, row, space, attribute)
  }
}

/** Moves the rows from `top` to before `bottom` up by `count`; blank ones follow. */
export function scrollUp(top: u32, bottom: u32, count: u32, attribute: u32): void {
  count = min(count, bottom - top)
  memory.copy(address(0, top), address(0, top + count), rowBytes(bottom - top - count))
  erase(0, bottom - count, columns, bottom, attribute)
}

/** Moves the rows from `top` to before `bottom` down by `count`; blank ones come before them. */
export function scrollDown(top: u32, bottom: u32, count: u32, attribute: u32): void {
  count = min(count, bottom - top)
  memory.copy(address(0, top + count), address(0, top), rowBytes(bottom - top - count))
  erase(0, top, columns, top + count, attribute)
}

/** Moves what stands at and after `column` right by `count`; what leaves the row is lost. */
export function insert(column: u32, row: u32, count: u32, attribute: u32): void {
  count = min(count, columns - column)
  memory.copy(address(column + count, row), address(column, row), <usize>(columns - column - count) * 2)
  erase(column, row, column + count, row + 1, attribute)
}

/** Takes `count` cells out at `column`; what follows them moves left. */
export function remove(column: u32, row: u32, count: u32, attribute: u32): void {
  count = min(count, columns - column)
  memory.copy(address(column, row), address(column + count, row), <usize>(columns - column - count) * 2)
  erase(columns - count, row, columns, row + 1, attribute)
}

function address(column: u32, row: u32): usize {
  return cells + rowBytes(row) + <usize>column * 2
}

function rowBytes(count: u32): usize {
  return <usize>count * maximumColumns * 2
}
