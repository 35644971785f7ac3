/** The 16550A's receiver FIFO: characters, each with the line errors it came with. PC16550D data sheet, 8.4 and 8.11. */

/** Characters that the FIFO holds. */
export namespace Fifo {
  export const Depth: u32 = 16
}

const characters: usize = memory.data(16)
const errors: usize = memory.data(16)
let head: u32 = 0
let count: u32 = 0
let erroneous: u32 = 0 // characters in the FIFO that came with an error

/** Characters that wait. */
@inline export function length(): u32 { return count }

/** True while a character in the FIFO has an error that was not read yet. */
export function hasErrors(): bool { return erroneous != 0 }

/** Adds a character; the caller has seen to it that there is room. */
export function push(character: u32, error: u32): void {
  const place = (head + count) & (Fifo.Depth - 1)
  store<u8>(characters + place, character)
  store<u8>(errors + place, error)
  if (error) erroneous++
  count++
}

/** Takes the oldest character; 0 when there is none. */
export function pop(): u32 {
  if (!count) return 0
  const character = load<u8>(characters + head)
  takeErrors()
  head = (head + 1) & (Fifo.Depth - 1)
  count--
  return character
}

/** Overwrites the newest character, as an overrun does without a FIFO. */
export function replaceLast(character: u32): void { store<u8>(characters + ((head + count - 1) & (Fifo.Depth - 1)), character) }

/** The errors of the oldest character; they are reported once. */
export function takeErrors(): u32 {
  if (!count) return 0
  const error = load<u8>(errors + head)
  if (error) {
    store<u8>(errors + head, 0)
    erroneous--
  }
  return error
}

/** Drops everything. */
export function clear(): void {
  head = 0
  count = 0
  erroneous = 0
}
