/** Shows rows as columns. */
import { print } from './terminal'
import { columnsOf } from './utf8'

/** A table: a heading, then rows of as many cells. Columns whose heading begins with '>' are aligned right. */
export class Table {
  private rows: string[][] = []
  private right: bool[] = []

  constructor(heading: string[]) {
    const row: string[] = []
    for (let i = 0; i < heading.length; i++) {
      const right = heading[i].startsWith('>')
      this.right.push(right)
      row.push(right ? heading[i].substring(1) : heading[i])
    }
    this.rows.push(row)
  }

  /** Adds a row. */
  row(cells: string[]): void {
    this.rows.push(cells)
  }

  /** Shows the table. */
  show(): void {
    const lines = this.lines()
    for (let i = 0; i < lines.length; i++) print(lines[i] + '\n')
  }

  /** The table's lines, two blanks between columns and none at the end of a line. */
  lines(): string[] {
    const lines: string[] = []
    const widths = new StaticArray<i32>(this.right.length)
    for (let i = 0; i < this.rows.length; i++) {
      for (let j = 0; j < widths.length; j++) widths[j] = max(widths[j], width(this.rows[i][j]))
    }
    for (let i = 0; i < this.rows.length; i++) {
      let line = ''
      for (let j = 0; j < widths.length; j++) {
        const cell = this.rows[i][j]
        const blanks = ' '.repeat(widths[j] - width(cell))
        line += (j ? '  ' : '') + (this.right[j] ? blanks + cell : cell + blanks)
      }
      lines.push(line.trimEnd())
    }
    return lines
  }
}

/** Shows names and values in two columns; a value of several lines stays in its column. */
export class Facts {
  private names: string[] = []
  private values: string[] = []

  /** Adds a line, unless there is nothing to say. */
  add(name: string, value: string): this {
    if (value.length == 0) return this
    this.names.push(name)
    this.values.push(value)
    return this
  }

  /** Shows them. */
  show(): void {
    let widest = 0
    for (let i = 0; i < this.names.length; i++) widest = max(widest, width(this.names[i]))
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i] + ' '.repeat(widest - width(this.names[i]) + 2)
      const lines = this.values[i].split('\n')
      for (let j = 0; j < lines.length; j++) print((j ? ' '.repeat(widest + 2) : name) + lines[j] + '\n')
    }
  }
}

/** Columns that a text takes. */
export function width(text: string): i32 {
  let columns = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)
    if (code > 0xffff) i++
    columns += columnsOf(code)
  }
  return columns
}
