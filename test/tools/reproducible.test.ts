/** The same sources give the same nucleus wherever they lie: compiled here and in another folder. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const sources = ['Makefile', 'asconfig.json', 'package.json', 'package-lock.json', 'boot', 'capability', 'drivers', 'tools', 'kernel', 'vmx', 'machine', 'services']
let folders: string[]

beforeAll(() => {
  // One name is longer than the other, so that a path in the text would also move what follows it.
  folders = ['typervisor-', 'typervisor-in-another-folder-'].map(name => mkdtempSync(join(tmpdir(), name)))
  for (const folder of folders) {
    for (const source of sources) cpSync(join(root, source), join(folder, source), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  }
})
afterAll(() => { for (const folder of folders) rmSync(folder, { recursive: true }) })

// A driver takes every step that the largest module takes: asc, wasm2c, the lines, the glue, gcc.
test('a module is the same, byte for byte', () => {
  const objects = folders.map(folder => {
    execFileSync('make', ['--no-print-directory', '-f', 'boot/rules.mk', 'build/obj/uart.o', 'build/obj/uart.wasm'], { cwd: folder, env: { ...process.env, MAKEFLAGS: '', MAKELEVEL: '' } })
    return ['uart.wasm', 'uart.lines.c', 'uart.h', 'uart.o'].map(name => readFileSync(join(folder, 'build/obj', name)))
  })
  expect(objects[0].map((bytes, index) => bytes.equals(objects[1][index]))).toEqual([true, true, true, true])
  expect(objects[0].some(bytes => folders.some(folder => bytes.includes(folder)))).toBe(false)
})
