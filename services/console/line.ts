/** The line being typed: at most 4096 characters and a cursor between two of them. */

/** Characters a line may have; more are refused with a bell. */
export const lineCapacity: i32 = 4096

/** The characters, `lineLength()` of them. */
export const lineCharacters = new StaticArray<i32>(lineCapacity)
const units = new StaticArray<u16>(2 * lineCapacity) // the same in UTF-16, while a string is made of it
let length: i32 = 0
let cursor: i32 = 0

/** Characters in the line. */
export function lineLength(): i32 {
  return length
}

/** Characters before the cursor. */
export function lineCursor(): i32 {
  return cursor
}

/** Puts the cursor before character `position`. False when it is there already or no such place exists. */
export function moveTo(position: i32): bool {
  if (position < 0 || position > length || position == cursor) return false
  cursor = position
  return true
}

/** Inserts a character at the cursor; false when the line is full. */
export function insert(code: i32): bool {
  if (length == lineCapacity) return false
  move(cursor + 1, cursor)
  lineCharacters[cursor++] = code
  length++
  return true
}

/** Removes the characters from `first` up to, but not including, `end` and leaves the cursor there; false when there are none. */
export function erase(first: i32, end: i32): bool {
  first = max(first, 0)
  end = min(end, length)
  if (first >= end) return false
  move(first, end)
  length -= end - first
  cursor = first
  return true
}

/** Makes the line empty. */
export function clearLine(): void {
  length = 0
  cursor = 0
}

/** Replaces the line and puts the cursor at its end. */
export function setLine(text: string): void {
  clearLine()
  insertText(text)
}

/** Inserts text at the cursor, as far as it fits. */
export function insertText(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)
    if (code > 0xffff) i++
    insert(code)
  }
}

/** The characters from `first` up to `end`. */
export function lineText(first: i32, end: i32): string {
  let count = 0
  for (let i = first; i < end; i++) {
    const code = lineCharacters[i]
    if (code > 0xffff) {
      units[count++] = <u16>(0xd800 | ((code - 0x10000) >> 10))
      units[count++] = <u16>(0xdc00 | (code & 0x3ff))
    } else {
      units[count++] = <u16>code
    }
  }
  return String.UTF16.decodeUnsafe(changetype<usize>(units), <usize>count << 1)
}

/** Where the word before the cursor begins. */
export function wordLeft(): i32 {
  let at = cursor
  while (at > 0 && lineCharacters[at - 1] == 0x20) at--
  while (at > 0 && lineCharacters[at - 1] != 0x20) at--
  return at
}

/** Where the word after the cursor ends. */
export function wordRight(): i32 {
  let at = cursor
  while (at < length && lineCharacters[at] == 0x20) at++
  while (at < length && lineCharacters[at] != 0x20) at++
  return at
}

function move(target: i32, source: i32): void {
  const base = changetype<usize>(lineCharacters)
  memory.copy(base + (<usize>target << 2), base + (<usize>source << 2), <usize>(length - source) << 2)
}
