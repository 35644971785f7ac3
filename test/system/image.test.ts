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

test('gdb\'s file shows TypeScript at a function\'s address', () => {
  const [, address] = /^([0-9a-f]+) \w w2c_nucleus_kernel0x2Fcapability0x2Fadminhost0x2FadminHostText$/m.exec(execFileSync('nm', [described], { encoding: 'utf8' }))!
  expect(execFileSync('addr2line', ['-e', described, address], { encoding: 'utf8' })).toMatch(/\.ts:\d+/)
})
