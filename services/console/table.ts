/** Shows rows as columns. */
import { print } from './terminal'
import { columnsOf } from './utf8'

/** A table: a heading, then rows of as many cells. Columns whose heading begins with '>' are aligned right. */
export class Table {
  private rows: string[][] = []
  private right: bool[] = []
  private widths: i32[] = []

  constructor(heading: string[]) {
    const row: string[] = []
    for (let i = 0; i < heading.length; i++) {
      const right = heading[i].startsWith('>')
      this.right.push(right)
      row.push(right ? heading[i].substring(1) : heading[i])
      this.widths.push(0)
    }
    this.row(row)
  }

  /** Adds a row. */
  row(cells: string[]): void {
    this.widen(cells)
    this.rows.push(cells)
  }

  /** Makes the columns wide enough for a row that `line` is to give. */
  widen(cells: string[]): void {
    for (let i = 0; i < cells.length; i++) this.widths[i] = max(this.widths[i], width(cells[i]))
  }

  /** Shows the table. */
  show(): void {
    const lines = this.lines()
    for (let i = 0; i < lines.length; i++) print(lines[i] + '\n')
  }

  /** The table's lines. */
  lines(): string[] {
    const lines: string[] = []
    for (let i = 0; i < this.rows.length; i++) lines.push(this.line(this.rows[i]))
    return lines
  }

  /** A row as a line, two blanks between columns and none at the end. The last cell may be wider than its column. */
  line(cells: string[]): string {
    let line = ''
    for (let i = 0; i < cells.length; i++) {
      const blanks = ' '.repeat(max(this.widths[i] - width(cells[i]), 0))
      line += (i ? '  ' : '') + (this.right[i] ? blanks + cells[i] : cells[i] + blanks)
    }
    return line.trimEnd()
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
