/** Splits a line into words: blanks part them, quotes and backslash keep blanks, as a shell does. */
export class Words {
  /** The words, without their quotes. */
  list: string[] = []
  /** True when the line ends inside quotes. */
  unclosed: bool = false
  /** True when the line ends inside or right behind a word, so that a next character would belong to it. */
  open: bool = false

  constructor(line: string) {
    let word: i32[] = [] // UTF-16 units; adding to a string would copy it each time
    let quote: i32 = 0
    for (let i = 0; i < line.length; i++) {
      const unit = line.charCodeAt(i)
      if (quote ? unit == quote : unit == 0x22 || unit == 0x27) {
        quote = quote ? 0 : unit
        this.open = true
      } else if (unit == 0x5c && quote != 0x27 && i + 1 < line.length) { // backslash; inside '…' it is itself
        word.push(line.charCodeAt(++i))
        this.open = true
      } else if (!quote && (unit == 0x20 || unit == 0x09)) {
        if (this.open) this.list.push(String.fromCharCodes(word))
        word = []
        this.open = false
      } else {
        word.push(unit)
        this.open = true
      }
    }
    this.unclosed = quote != 0
    if (this.open) this.list.push(String.fromCharCodes(word))
  }
}
