/**
 * Makes the symbol table of a linked image, for the second link to put into its section `.symbols`.
 *
 * Usage: tsx tools/symbols/table.ts image.elf symbols.bin
 */
import { writeFileSync } from 'node:fs'
import { encode } from './blob.ts'
import { readRows } from './image.ts'

const [elf, target] = process.argv.slice(2)
if (!target) {
  console.error('usage: tsx tools/symbols/table.ts image.elf symbols.bin')
  process.exit(2)
}
const rows = await readRows(elf, process.cwd())
if (!rows.some((row) => row.name)) {
  console.error(`${elf}: no code with symbols or lines in it: was it stripped?`)
  process.exit(1)
}
writeFileSync(target, encode(rows))
