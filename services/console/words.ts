import { lineCapacity } from './line'

const units = new StaticArray<u16>(2 * lineCapacity) // of the word being read; adding to a string would copy it each time
let count: i32 = 0

/** Splits a line into words: blanks part them, quotes and backslash keep blanks, as a shell does. */
export class Words {
  /** The words, without their quotes. */
  list: string[] = []
  /** True when the line ends inside quotes. */
  unclosed: bool = false
  /** True when the line ends inside or right behind a word, so that a next character would belong to it. */
  open: bool = false

  constructor(line: string) {
    count = 0
    let quote: i32 = 0
    for (let i = 0; i < line.length; i++) {
      const unit = line.charCodeAt(i)
      if (quote ? unit == quote : unit == 0x22 || unit == 0x27) {
        quote = quote ? 0 : unit
        this.open = true
      } else if (unit == 0x5c && quote != 0x27 && i + 1 < line.length) { // backslash; inside '…' it is itself
        append(line.charCodeAt(++i))
        this.open = true
      } else if (!quote && (unit == 0x20 || unit == 0x09)) {
        this.endWord()
        this.open = false
      } else {
        append(unit)
        this.open = true
      }
    }
    this.unclosed = quote != 0
    this.endWord()
  }

  private endWord(): void {
    if (this.open) this.list.push(String.UTF16.decodeUnsafe(changetype<usize>(units), <usize>count << 1))
    count = 0
  }
}

function append(unit: i32): void {
  if (count < units.length) units[count++] = <u16>unit
}
