/** A small terminal of 80 columns that remembers every row: what an administrator would see of the bytes the console sent. */
export class Screen {
  rows: string[][] = [[]]
  row = 0
  column = 0
  top = 0
  bells = 0
  /** Columns; a terminal has 80. */
  width = 80
  height = 24
  /** What the terminal has typed by itself: where its cursor is, each time that it was asked. */
  answer = ''
  /** Whether it does that. */
  answers = false
  private saved: [row: number, column: number] = [0, 0]
  /** While the alternate screen is shown, what the other has. */
  private other?: { rows: string[][], row: number, column: number, top: number }
  raw = ''
  private decoder = new TextDecoder()
  private sequence = ''

  write(bytes: Uint8Array): void {
    const text = this.decoder.decode(bytes, { stream: true })
    this.raw += text
    for (const character of text) this.take(character)
  }

  /** True while the alternate screen is shown. */
  get isAlternate(): boolean { return this.other !== undefined }

  /** All rows, without blanks at their ends. */
  lines(): string[] {
    return this.rows.map((row) => row.join('').trimEnd())
  }

  text(): string {
    return this.lines().join('\n')
  }

  /** The row in which the cursor stands, with the cursor as '|'. */
  cursorRow(): string {
    const cells = [...this.rows[this.row]]
    while (cells.length < this.column) cells.push(' ')
    const at = cells.slice(0, this.column).join('') + '|' + cells.slice(this.column).join('')
    return at.trimEnd()
  }

  private take(character: string): void {
    if (this.sequence) return this.escape(character)
    switch (character) {
      case '\x1b': this.sequence = character; return
      case '\r': this.column = 0; return
      case '\n': this.down(); return
      case '\b': this.column = Math.max(0, this.column - 1); return
      case '\x07': this.bells++; return
      case '\x18':
      case '\x0f': return
    }
    if (character < ' ' || (character >= '\x7f' && character < '\xa0')) throw new Error(`control character ${character.charCodeAt(0)} reached the terminal`)
    const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60]|\p{Extended_Pictographic}/u.test(character)
    if (/\p{M}/u.test(character)) {
      this.rows[this.row][this.column - 1] += character
      return
    }
    if (this.column + (wide ? 2 : 1) > this.width) {
      this.column = 0
      this.down()
    }
    const row = this.rows[this.row]
    while (row.length < this.column) row.push(' ')
    row[this.column++] = character
    if (wide) row[this.column++] = ''
  }

  private moveTo(row: number, column: number): void {
    this.row = this.top + Math.min(row, this.height) - 1
    this.column = Math.min(column, this.width) - 1
    while (!this.rows[this.row]) this.rows.push([])
  }

  private down(): void {
    this.row++
    if (!this.rows[this.row]) this.rows.push([])
    this.top = Math.max(this.top, this.row - this.height + 1)
  }

  private escape(character: string): void {
    if (character === '\x18') { this.sequence = ''; return }
    this.sequence += character
    const two = /^\x1b[\\78>=]$/.test(this.sequence) || /^\x1b\(.$/.test(this.sequence)
    const control = /^\x1b\[([?]?)([0-9;]*)([@-~])$/.exec(this.sequence)
    if (!two && !control) {
      if (!/^\x1b(\[[?]?[0-9;]*|\()?$/.test(this.sequence)) throw new Error(`escape sequence ${JSON.stringify(this.sequence)} is not known`)
      return
    }
    const sequence = this.sequence
    this.sequence = ''
    if (sequence === '\x1b7') this.saved = [this.row, this.column]
    if (sequence === '\x1b8') [this.row, this.column] = this.saved
    if (control?.[0] === '\x1b[?1049h') {
      this.other = { rows: this.rows, row: this.row, column: this.column, top: this.top }
      Object.assign(this, { rows: [[]], row: 0, column: 0, top: 0 })
    }
    if (control?.[0] === '\x1b[?1049l') {
      Object.assign(this, this.other)
      this.other = undefined
    }
    if (!control || control[1]) return
    const count = Number(control[2] || 1)
    switch (control[3]) {
      case 'C': this.column = Math.min(this.width - 1, this.column + count); return
      case 'D': this.column = Math.max(0, this.column - count); return
      case 'H': return this.moveTo(...(control[2] || '1;1').split(';').map(Number) as [number, number])
      case 'J':
        if (control[2] !== '2') this.rows[this.row].length = Math.min(this.rows[this.row].length, this.column)
        for (let i = control[2] === '2' ? this.top : this.row + 1; i < this.rows.length; i++) this.rows[i] = []
        return
      case 'n': if (this.answers) this.answer += `\x1b[${this.row - this.top + 1};${this.column + 1}R`; return
      case 'K': this.rows[this.row].length = Math.min(this.rows[this.row].length, this.column); return
      case 'm': case 'r': case 'l': return
      default: throw new Error(`escape sequence ${JSON.stringify(control[0])} is not known`)
    }
  }
}
