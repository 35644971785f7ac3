/**
 * Gives the C that wasm2c makes the lines of the TypeScript it came from, so that gcc -g, addr2line and gdb show those.
 *
 * Usage: tsx tools/symbols/lines.ts module.wasm module.wasm.map module.c > lines.c
 *
 * wasm2c writes the functions in the module's order and one statement for each instruction, so the C, the code section and
 * the source map are walked in lockstep. A function in which the three disagree gets its first line only, and a warning.
 */
import { readFileSync, writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { fileOf } from './name.ts'
import { SourceMap, type Location } from './sourcemap.ts'
import { functions, type Instruction } from './wasm.ts'

/** What `insertLines` made. */
export interface Result {
  /** The C text with `#line` directives. */
  text: string
  /** One sentence for each function whose instructions could not be followed. */
  warnings: string[]
}

/** `cPath` is what the directives after the last function name as the file again. */
export function insertLines(module: Uint8Array, map: string, c: string, cPath: string): Result {
  const source = new SourceMap(map)
  const bodies = functions(module)
  const lines = c.split('\n')
  const warnings: string[] = []
  const output: string[] = []
  // The wrappers of the exports look like functions but come before this one, the functions proper after it.
  let position = Math.max(0, lines.findIndex((line) => /^wasm_rt_func_type_t wasm2c_\w+_get_func_type\(/.test(line)))
  if (bodies.length && !position) throw new Error(`${cPath}: no wasm2c_…_get_func_type: not the C that wasm2c 1.0.39 writes`)
  output.push(...lines.slice(0, position))
  for (const body of bodies) {
    const begin = lines.findIndex((line, index) => index >= position && /^\w.* \w+\(w2c_\w+\*.*\) \{$/.test(line))
    const end = lines.indexOf('}', begin)
    if (begin < 0 || end < 0) throw new Error(`${cPath}: fewer functions than in the module's code section`)
    output.push(...lines.slice(position, begin))
    const walked = walk(body, lines.slice(begin, end + 1), source)
    if (walked.mismatch) warnings.push(`${cPath}:${begin + walked.mismatch.line + 1}: ${walked.mismatch.reason}: the function keeps only its first line`)
    write(output, walked.locations, lines.slice(begin, end + 1))
    position = end + 1
  }
  const rest = lines.slice(position)
  if (rest.some((line) => line.trim())) output.push(`#line ${position + 1} "${cPath}"`)
  output.push(...rest)
  return { text: output.join('\n'), warnings }
}

interface Walked {
  /** For each line of the function's C, the line it comes from. */
  locations: (Location | undefined)[]
  mismatch?: { line: number, reason: string }
}

/** A list of instructions between a control instruction and its end: wasm2c leaves out what follows a jump in the same list. */
interface List {
  kind: 'block' | 'if'
  reachable: boolean
}

function walk(body: Instruction[], c: string[], source: SourceMap): Walked {
  const locations: (Location | undefined)[] = new Array(c.length)
  const known = body.flatMap((instruction) => source.at(instruction.offset) ?? [])
  // A function may begin with what was inlined from another file, but its name belongs to its own.
  const own = fileOf(/(w2c_\w+)\(/.exec(c[0])?.[1] ?? '')
  const first = known.find(({ path }) => path === own) ?? known[0]
  const lists: List[] = [{ kind: 'block', reachable: true }]
  let line = firstStatement(c)
  let location = first
  for (const instruction of body) {
    const list = lists[lists.length - 1]
    const { kind } = instruction
    if (!list.reachable && kind !== 'end' && kind !== 'else') {
      if (kind === 'block' || kind === 'loop' || kind === 'if') lists.push({ kind: 'block', reachable: false })
      continue
    }
    if (list.reachable) location = source.at(instruction.offset) ?? location
    if (kind === 'block' || kind === 'loop') lists.push({ kind: 'block', reachable: true })
    if (kind === 'block' || kind === 'loop' || kind === 'silent') continue
    if (kind === 'end') {
      lists.pop()
      if (list.kind !== 'if') continue
    }
    while (isLabel(c[line]) || isConditional(c[line])) locations[line++] = location
    const text = c[line].trim()
    if (kind === 'else') {
      if (list.kind !== 'if') continue // the whole if is unreachable
      list.reachable = true
      if (text !== '} else {') continue // an empty else is not written
    } else if (!expected(kind, text)) {
      return { locations: c.map(() => first), mismatch: { line, reason: `'${text}' does not follow from ${kind} (opcode ${instruction.opcode.toString(16)}h)` } }
    }
    locations[line++] = location
    if (kind === 'if') lists.push({ kind: 'if', reachable: true })
    if (kind === 'branchTable') while (locations[line] = location, c[line++].trim() !== '}');
    if (kind === 'branch' || kind === 'branchTable' || kind === 'unreachable') list.reachable = false
  }
  while (isLabel(c[line]) || isConditional(c[line])) line++
  if (c[line].trim() !== 'FUNC_EPILOGUE;') {
    return { locations: c.map(() => first), mismatch: { line, reason: `'${c[line].trim()}' is left over at the function's end` } }
  }
  for (let index = 0; index < firstStatement(c); index++) locations[index] = first
  return { locations }
}

/** Whether wasm2c writes `text` for an instruction of this kind. */
function expected(kind: Instruction['kind'], text: string): boolean {
  switch (kind) {
    case 'if': return /^if \(var_\w+\) \{$/.test(text)
    case 'end': return text === '}'
    case 'branch': return /^(var_\w+ = var_\w+; )?goto var_\w+;$/.test(text)
    case 'branchIf': return /^if \(var_\w+\) \{.*goto var_\w+;\}$/.test(text)
    case 'branchTable': return /^switch \(var_\w+\) \{$/.test(text)
    case 'unreachable': return text === 'UNREACHABLE;'
    case 'call': return /^(var_\w+ = )?(\w+|CALL_INDIRECT)\(.*\);$/.test(text)
    default: return /^(var_\w+|\(?\*?instance->\w+\)?) [^=]*= .*;$|^\w+\(.*\);$/.test(text)
  }
}

/** After the prologue, and the declarations of the stack's variables that follow it. */
function firstStatement(c: string[]): number {
  let line = c.findIndex((text) => text.trim() === 'FUNC_PROLOGUE;') + 1
  while (/^\s+\w+ var_\w+[,;]/.test(c[line])) while (!c[line++].endsWith(';'));
  return line
}

function isLabel(text: string): boolean {
  return /^\s*var_\w+:;?\s*$/.test(text)
}

/** After calls and growth wasm2c restores the segment base, if segments are what it reaches memory by, between two directives. */
function isConditional(text: string): boolean {
  return text.startsWith('#') || /^\s*wasm_rt_segue_write_base\(/.test(text)
}

/** A directive numbers the line after it only, so all that comes from one line of TypeScript is put on one line of C. */
function write(output: string[], locations: (Location | undefined)[], c: string[]): void {
  let current: Location | undefined // what the compiler takes the next line of C to be
  let last: Location | undefined
  let joined = ''
  c.forEach((text, index) => {
    if (isConditional(text)) {
      if (joined) output.push(joined)
      output.push(text)
      current = undefined
      joined = ''
      return
    }
    const location = locations[index] ?? last
    last = location
    if (location && (location.path !== current?.path || location.line !== current.line)) {
      if (joined) output.push(joined)
      output.push(`#line ${location.line} "${location.path}"`)
      current = location
      joined = ''
    }
    joined += joined ? ' ' + text.trim() : text.trim()
  })
  output.push(joined)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [wasm, map, c] = process.argv.slice(2)
  if (!c) {
    console.error('usage: tsx tools/symbols/lines.ts module.wasm module.wasm.map module.c > lines.c')
    process.exit(2)
  }
  const { text, warnings } = insertLines(readFileSync(wasm), readFileSync(map, 'utf8'), readFileSync(c, 'utf8'), c)
  for (const warning of warnings) console.error(`warning: ${warning}`)
  for (let bytes = Buffer.from(text); bytes.length;) bytes = bytes.subarray(writeSync(1, bytes))
}
