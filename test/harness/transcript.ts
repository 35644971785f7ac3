/**
 * What a terminal shows of a byte stream, as lines: carriage returns, backspaces and the few control sequences that the console uses
 * are carried out, so that a prompt that was taken back is not in the text. ECMA-48.
 */
export class Transcript {
  /** Lines that are finished. */
  readonly lines: string[] = []
  #row: string[] = []
  #column = 0
  #pending = ''

  /** The line that the cursor is in. */
  get current(): string { return this.#row.join('') }

  /** All lines from `from` on, the unfinished one included. */
  text(from = 0): string { return [...this.lines.slice(from), this.current].join('\n') }

  /** Takes in what arrived. */
  feed(text: string): void {
    let rest = this.#pending + text
    this.#pending = ''
    while (rest) {
      if (rest[0] !== '\x1b') {
        const next = rest.indexOf('\x1b')
        const plain = next < 0 ? rest : rest.slice(0, next)
        for (const character of plain) this.#put(character)
        rest = rest.slice(plain.length)
        continue
      }
      // eslint-disable-next-line no-control-regex
      const sequence = /^\x1b(?:\[([?\d;]*)([@-~])|[()].|[\\c78=>])/.exec(rest)
      if (!sequence) {
        // A sequence that has not arrived whole; one that never will is dropped.
        if (rest.length < 16) this.#pending = rest
        else rest = rest.slice(1)
        if (this.#pending) return
        continue
      }
      if (sequence[0] === '\x1b[H') this.#home()
      else this.#control(sequence[2] ?? '', Number(sequence[1]?.replace('?', '') || 0))
      rest = rest.slice(sequence[0].length)
    }
  }

  #put(character: string): void {
    if (character === '\n') {
      this.lines.push(this.current.trimEnd())
      this.#row = []
      this.#column = 0
    } else if (character === '\r') this.#column = 0
    else if (character === '\b') this.#column = Math.max(0, this.#column - 1)
    else if (character >= ' ') {
      while (this.#row.length < this.#column) this.#row.push(' ')
      this.#row[this.#column++] = character
    }
  }

  /** What fills the screen again and again is one screenful of lines after the other. */
  #home(): void {
    if (this.current.trim()) this.#put('\n')
    this.#row = []
    this.#column = 0
  }

  #control(final: string, argument: number): void {
    if (final === 'K') this.#row.length = argument === 2 ? 0 : Math.min(this.#row.length, this.#column)
    else if (final === 'C') this.#column += argument || 1
    else if (final === 'D') this.#column = Math.max(0, this.#column - (argument || 1))
    else if (final === 'G') this.#column = Math.max(0, argument - 1)
    else if (final === 'P') this.#row.splice(this.#column, argument || 1)
    else if (final === '@') this.#row.splice(this.#column, 0, ...' '.repeat(argument || 1))
    else if (final === 'J' && argument === 2) this.#row.length = 0
  }
}
