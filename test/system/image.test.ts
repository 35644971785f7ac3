/** What is booted: nothing in it tells where it was built, and its addresses can be told as TypeScript. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { build } from '../harness/config.ts'

const root = resolve(import.meta.dirname, '../..')
const booted = resolve(root, 'build/boot/typervisor.elf')
const described = resolve(root, 'build/typervisor.elf')

beforeAll(build)

test('the project\'s folder is not in it', () => {
  // The assembler's debug information has the path, which shows that the search finds one.
  expect(readFileSync(described).includes(root)).toBe(true)
  expect(readFileSync(booted).includes(root)).toBe(false)
})

test('it has a table of TypeScript lines and no debug information', () => {
  const sections = execFileSync('objdump', ['-h', booted], { encoding: 'utf8' })
  expect(sections).toMatch(/ \.symbols /)
  expect(sections).not.toMatch(/\.debug_/)
  expect(readFileSync(booted).includes('kernel/vm/exits.ts\0')).toBe(true)
  expect(readFileSync(booted).includes('services/console/prompt.ts\0')).toBe(true)
})

test('gdb\'s file has the lines of the TypeScript', () => {
  const lines = execFileSync('objdump', ['--dwarf=decodedline', described], { encoding: 'utf8', maxBuffer: 1 << 28 })
  for (const file of ['exits', 'prompt', 'board', 'terminal']) expect(lines).toMatch(new RegExp(`^${file}\\.ts +\\d+ +0xffffffff8`, 'm'))
})
