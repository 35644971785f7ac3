import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { encode } from '../../tools/symbols/blob.ts'
import { readRows, type Row } from '../../tools/symbols/image.ts'
import { instantiate, type Sandbox } from '../sandbox.ts'

const root = resolve(import.meta.dirname, '../..')
const directory = join(root, 'build/test/symbols-table')
const tableAddress = 0x20_0000n
let physical: Buffer = Buffer.alloc(0) // what lies at `tableAddress`
let strayReads = 0
let sandbox: Sandbox

function load(hpa: bigint, bytes: number): Buffer {
  const offset = Number(BigInt.asUintN(64, hpa) - tableAddress)
  if (offset >= 0 && offset + bytes <= physical.length) return physical.subarray(offset, offset + bytes)
  strayReads++
  return Buffer.alloc(8, 0xff)
}

beforeAll(async () => {
  mkdirSync(directory, { recursive: true })
  sandbox = await instantiate('test/tools/symbols-table.entry.ts', {
    imports: {
      hw: {
        load8: (hpa: bigint) => load(hpa, 1).readUInt8(),
        load32: (hpa: bigint) => load(hpa, 4).readUInt32LE(),
        load64: (hpa: bigint) => load(hpa, 8).readBigUInt64LE(),
      },
    },
  })
})

function open(table: Buffer): boolean {
  physical = table
  return sandbox.exports.open(tableAddress, table.length) != 0
}

function describeAddress(address: bigint): string {
  return Buffer.from(sandbox.memory.buffer, sandbox.exports.describe(address), sandbox.exports.described.value).toString().replace(/^ /, '')
}

function textOf({ name, path, line }: Row): string {
  return line ? `${path}:${line}${name && ' ' + name}` : name
}

const base = 0xffffffff80100000n

test('an address is described by the row at or before it', () => {
  expect(open(encode([
    { address: base, name: 'onExit', path: 'kernel/vm/exit.ts', line: 123 },
    { address: base + 5n, name: 'onExit', path: 'kernel/vm/exit.ts', line: 7 },
    { address: base + 0x1000n, name: 'entry', path: '', line: 0 },
    { address: base + 0x2000n, name: '', path: '', line: 0 },
  ]))).toBe(true)
  expect(describeAddress(base)).toBe('kernel/vm/exit.ts:123 onExit')
  expect(describeAddress(base + 4n)).toBe('kernel/vm/exit.ts:123 onExit')
  expect(describeAddress(base + 5n)).toBe('kernel/vm/exit.ts:7 onExit')
  expect(describeAddress(base + 0x1fffn)).toBe('entry')
  expect(describeAddress(base + 0x2000n)).toBe('')
  expect(describeAddress(base - 1n)).toBe('')
  expect(describeAddress(0n)).toBe('')
  expect(describeAddress(0xffffffffffffffffn)).toBe('')
})

test('no table, a table of something else and a cut one are refused', () => {
  const table = encode([{ address: base, name: 'onExit', path: 'kernel/vm/exit.ts', line: 123 }])
  expect(open(Buffer.alloc(0))).toBe(false)
  expect(describeAddress(base)).toBe('')
  expect(open(Buffer.alloc(64))).toBe(false)
  expect(open(table.subarray(0, table.length - 1))).toBe(false)
  expect(open(encode([]))).toBe(true)
  expect(describeAddress(base)).toBe('')
})

const anyRows = fc.array(fc.record({
  step: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 0x40_0000 })),
  name: fc.constantFrom('', 'onExit', 'Map<String,i32>#set', 'entry'),
  path: fc.constantFrom('kernel/vm/exit.ts', 'boot/entry.asm', '~lib/map.ts'),
  line: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 1_000_000 })),
}), { minLength: 1, maxLength: 700 })

test('any table gives back its rows', () => {
  fc.assert(fc.property(anyRows, (drawn) => {
    let address = base
    const rows = drawn.map(({ step, ...rest }) => ({ address: address += BigInt(step), ...rest }))
    if (rows[rows.length - 1].address - rows[0].address > 0xffffffffn) return
    expect(open(encode(rows))).toBe(true)
    strayReads = 0
    for (let index = 0; index < rows.length; index += 1 + index % 7) {
      expect(describeAddress(rows[index].address)).toBe(textOf(rows[index]))
      const end = rows[index + 1]?.address ?? rows[index].address + 100n
      expect(describeAddress(end - 1n)).toBe(textOf(rows[index]))
    }
    expect(strayReads).toBe(0)
  }), { numRuns: 60 })
})

test('a damaged table is survived and never read outside', () => {
  const rows = Array.from({ length: 500 }, (_, index) => ({ address: base + BigInt(index * 9), name: `f${index >> 3}`, path: `kernel/${index >> 5}.ts`, line: index }))
  const table = encode(rows)
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(table.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }), fc.nat(5000), (damage, offset) => {
    const damaged = Buffer.from(table)
    for (const [position, value] of damage) damaged[position] = value
    if (!open(damaged)) return
    strayReads = 0
    describeAddress(base + BigInt(offset))
    expect(strayReads).toBe(0)
  }), { numRuns: 2000 })
})

/** A program with an inlined C function inside lines that claim to be TypeScript, as wasm2c's loads are, and assembly without lines of its own. */
const program = `
static inline int load(const int *address) { return *(const volatile int *)address; }
int last(int value) { return value * 3; }
#line 40 "kernel/vm/exit.ts"
int w2c_nucleus_kernel0x2Fvm0x2Fexit0x2FonExit(int *pointer) {
#line 41 "kernel/vm/exit.ts"
  int value = load(pointer);
#line 42 "vmx/reason.ts"
  return value / pointer[1];
}
__asm__(".text\\n.globl bare\\n.type bare,@function\\nbare: nop\\nnop\\nret\\n");
`

test('an image is described as addr2line does, with TypeScript before the C that it inlines', async () => {
  const source = join(directory, 'program.c')
  const elf = join(directory, 'program.elf')
  writeFileSync(source, program)
  execFileSync('gcc', ['-c', '-g', '-O2', '-mcmodel=kernel', '-fno-pic', source, '-o', join(directory, 'program.o')], { cwd: root })
  writeFileSync(join(directory, 'stub.asm'), 'global stub\nstub:\n  nop\n  ret\n')
  execFileSync('nasm', ['-f', 'elf64', '-g', '-F', 'dwarf', 'build/test/symbols-table/stub.asm', '-o', join(directory, 'stub.o')], { cwd: root })
  execFileSync('ld', [`-Ttext=0x${base.toString(16)}`, '-e', '0', join(directory, 'program.o'), join(directory, 'stub.o'), '-o', elf])
  const rows = await readRows(elf, root)
  expect(open(encode(rows))).toBe(true)
  const disassembly = execFileSync('objdump', ['-d', '--no-show-raw-insn', elf], { encoding: 'utf8' })
  const at = (pattern: RegExp) => BigInt('0x' + pattern.exec(disassembly)![1])
  expect(describeAddress(at(/([0-9a-f]{16}) <last>:/))).toBe('build/test/symbols-table/program.c:3 last')
  // The first load from the pointer is load()'s, inlined at line 41; the division is line 42's.
  expect(describeAddress(at(/\s(ffff[0-9a-f]+):\s+mov +\(%rdi\),%e/))).toBe('kernel/vm/exit.ts:41 onExit')
  expect(describeAddress(at(/\s(ffff[0-9a-f]+):\s+idivl? /))).toBe('vmx/reason.ts:42 onExit')
  expect(describeAddress(at(/([0-9a-f]{16}) <bare>:/) + 1n)).toBe('bare')
  expect(describeAddress(at(/([0-9a-f]{16}) <stub>:/) + 1n)).toBe('build/test/symbols-table/stub.asm:4 stub')
  const [, size, begin] = /\.text\s+([0-9a-f]+)\s+([0-9a-f]+)/.exec(execFileSync('objdump', ['-h', elf], { encoding: 'utf8' }))!
  expect(describeAddress(BigInt('0x' + begin) + BigInt('0x' + size))).toBe('')
})

test('the command writes the same table, and refuses a stripped image', async () => {
  const table = join(directory, 'symbols.bin')
  const elf = join(directory, 'program.elf')
  execFileSync('npx', ['tsx', 'tools/symbols/table.ts', elf, table], { cwd: root, stdio: 'pipe' })
  expect(readFileSync(table)).toEqual(encode(await readRows(elf, root)))
  execFileSync('strip', [elf, '-o', join(directory, 'stripped.elf')])
  expect(() => execFileSync('npx', ['tsx', 'tools/symbols/table.ts', join(directory, 'stripped.elf'), table], { cwd: root, stdio: 'pipe' })).toThrow()
})
