import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { SourceMap as NodeSourceMap } from 'node:module'
import { join, resolve } from 'node:path'
import asc from 'assemblyscript/asc'
import { beforeAll, describe, expect, test } from 'vitest'
import { insertLines } from '../../tools/symbols/lines.ts'
import { fileOf, readableName } from '../../tools/symbols/name.ts'
import { SourceMap } from '../../tools/symbols/sourcemap.ts'
import { functions } from '../../tools/symbols/wasm.ts'

const root = resolve(import.meta.dirname, '../..')
const directory = join(root, 'build/test/symbols')
const sample = 'test/tools/symbols/sample.ts'

function run(program: string, ...options: string[]): string {
  return execFileSync(program, options, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })
}

async function compile(name: string, options: string[]) {
  mkdirSync(directory, { recursive: true })
  const wasm = join(directory, `${name}.wasm`)
  const { error, stderr } = await asc.main([sample, '--baseDir', root, '--debug', '--sourceMap', ...options, '-o', wasm])
  if (error) throw new Error(stderr?.toString())
  const cPath = join(directory, `${name}.c`)
  run(join(root, 'node_modules/.bin/wasm2c'), '-n', 'sample', wasm, '-o', cPath)
  return { name, wasm, module: readFileSync(wasm), map: readFileSync(wasm + '.map', 'utf8'), c: readFileSync(cPath, 'utf8') }
}

type Module = Awaited<ReturnType<typeof compile>>

const builds: [string, string[], string][] = [
  ['none', ['-O0', '--runtime', 'stub'], '-O0'],
  ['speed', ['-O3', '--runtime', 'stub'], '-O2'],
  ['size', ['-Oz', '--runtime', 'minimal'], '-O2'],
]

describe.each(builds)('compiled for %s', (name, options, optimization) => {
  let module: Module
  beforeAll(async () => { module = await compile(name, options) })

  test('the instructions are those that wasm-objdump finds', () => {
    const lines = run(join(root, 'node_modules/.bin/wasm-objdump'), '-d', module.wasm).split('\n')
    const instructions = functions(module.module).flat()
    // Local declarations and the continuation of long instructions are no instructions.
    const expected = lines
      .filter((line) => /^ [0-9a-f]{6}: /.test(line) && !/\| +local\[/.test(line) && /\| +[a-z]/.test(line))
      .map((line) => /^ ([0-9a-f]{6}): ([0-9a-f]{2})/.exec(line)!.slice(1).map((digits) => parseInt(digits, 16)))
    expect(expected.length).toBeGreaterThan(100)
    expect(instructions.map(({ offset, opcode }) => [offset, opcode])).toEqual(expected)
  })

  test('the source map says what Node says', () => {
    const oracle = new NodeSourceMap(JSON.parse(module.map))
    const map = new SourceMap(module.map)
    let compared = 0
    for (const { offset } of functions(module.module).flat()) {
      const entry = oracle.findEntry(0, offset) as { originalSource?: string, originalLine?: number }
      const location = map.at(offset)
      // Where the map says that there is no line, Node gives the one before.
      if (!location) continue
      expect([location.path, location.line]).toEqual([entry.originalSource, entry.originalLine! + 1])
      compared++
    }
    expect(compared).toBeGreaterThan(functions(module.module).flat().length * 0.6)
  })

  test('addr2line shows each call of mark on its own line', () => {
    const { text, warnings } = insertLines(module.module, module.map, module.c, 'sample.c')
    expect(warnings).toEqual([])
    const cPath = join(directory, `${name}.lines.c`)
    // The project's runtime knows no tables of external references.
    writeFileSync(cPath, text.replace(/^DEFINE_TABLE_\w+\(externref\)$/gm, ''))
    const object = join(directory, `${name}.o`)
    run('gcc', '-c', '-std=gnu11', optimization, '-g', '-ffreestanding', '-I', 'boot', '-I', 'boot/include', '-I', directory, cPath, '-o', object)
    const calls = [...run('objdump', '-dr', object).matchAll(/^\s+([0-9a-f]+): R_X86_64_PL\w+\s+w2c_probe_mark/gm)].map(([, address]) => address)
    const answers = run('addr2line', '-e', object, ...calls).trim().split('\n')
    const lines = new Set(answers.map((answer) => /test\/tools\/symbols\/sample\.ts:(\d+)/.exec(answer)?.[1]))
    const marks = [...readFileSync(join(root, sample), 'utf8').matchAll(/\bmark\((\d+)\)/g)].map(([, line]) => line)
    expect(marks.length).toBeGreaterThan(15)
    expect([...lines].sort()).toEqual(marks.sort())
  })
})

test('the argument of mark, too, comes from the line that it names', async () => {
  const { module, map, c } = await compile('argument', ['-O3', '--runtime', 'stub'])
  const { text } = insertLines(module, map, c, 'sample.c')
  let line = ''
  let checked = 0
  for (const row of text.split('\n')) {
    line = /^#line (\d+) "test\/tools\/symbols\/sample\.ts"$/.exec(row)?.[1] ?? (row.startsWith('#line') ? '' : line)
    for (const [, , number] of row.matchAll(/(var_i\d+) = (\d+)u; w2c_probe_mark\(instance->w2c_probe_instance, \1\);/g)) {
      expect(number).toBe(line)
      checked++
    }
  }
  expect(checked).toBeGreaterThan(10)
})

test('a function that does not match its instructions keeps its first line and is named in a warning', async () => {
  const { module, map, c } = await compile('mismatch', ['-O3', '--runtime', 'stub'])
  const tampered = c.replace(/^(\s+)(w2c_probe_mark\(.*)$/m, '$1if (0) {\n$1$2\n$1}')
  const { text, warnings } = insertLines(module, map, tampered, 'sample.c')
  expect(warnings.length).toBe(1)
  expect(warnings[0]).toMatch(/^sample\.c:\d+: 'if \(0\) \{' does not follow from call/)
  expect(text.split('\n').filter((line) => line.startsWith('#line')).length).toBeGreaterThan(10)
})

test('the command writes what the function gives, and paths are relative', async () => {
  const { wasm, module, map, c } = await compile('command', ['-O3', '--runtime', 'stub'])
  const cPath = wasm.replace(/wasm$/, 'c')
  const output = run('npx', 'tsx', 'tools/symbols/lines.ts', wasm, wasm + '.map', cPath)
  expect(output).toBe(insertLines(module, map, c, cPath).text)
  const paths = new Set([...output.matchAll(/^#line \d+ "(.*)"$/gm)].map(([, path]) => path))
  expect([...paths].filter((path) => path !== sample && !path.startsWith('~lib/'))).toEqual([])
})

test('C of another shape is refused', async () => {
  const { module, map } = await compile('refused', ['-O3', '--runtime', 'stub'])
  expect(() => insertLines(module, map, 'int main() {}', 'sample.c')).toThrow('not the C that wasm2c 1.0.39 writes')
})

test('names lose what wasm2c added and the folders that stand beside them', () => {
  expect(readableName('w2c_nucleus_kernel0x2Fvm0x2Fexit0x2FonExit')).toBe('onExit')
  expect(readableName('w2c_machine_machine0x2Fboard0x2FBoard0x23reset')).toBe('Board#reset')
  expect(readableName('w2c_console_0x7Elib0x2Fmap0x2FMap0x3C0x7Elib0x2Fstring0x2FString0x2Ci320x3E0x23set')).toBe('Map<String,i32>#set')
  expect(readableName('w2c_console_start0x3Aservices0x2Fconsole0x2Findex')).toBe('start')
  expect(readableName('w2c_nucleus_kernel0x2Fvm0x2Fexit0x2FonExit.cold')).toBe('onExit')
  expect(readableName('wasm_rt_trap')).toBe('wasm_rt_trap')
})

test('names tell the file', () => {
  expect(fileOf('w2c_nucleus_kernel0x2Fvm0x2Fexit0x2FonExit')).toBe('kernel/vm/exit.ts')
  expect(fileOf('w2c_console_0x7Elib0x2Fmap0x2FMap0x3C0x7Elib0x2Fstring0x2FString0x2Ci320x3E0x23set')).toBe('~lib/map.ts')
  expect(fileOf('w2c_console_start0x3Aservices0x2Fconsole0x2Findex')).toBe('services/console/index.ts')
  expect(fileOf('wasm_rt_trap')).toBe(undefined)
})
