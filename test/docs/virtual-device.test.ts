/** The device of docs/virtual-device.md, taken from the page itself: it is added to a copy of the machine, compiled, and its own tests are run. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blocks, page } from './blocks.ts'
import { copyOf, runTests } from './copy.ts'

const code = blocks(page('docs/virtual-device.md'))
const device = 'machine/watchdog/watchdog.ts'
let copy: string

/** Applies a hunk: what has no `+` is found exactly once, and becomes what has no `-`. */
function applyHunk(path: string, hunk: string): void {
  const lines = hunk.split('\n').filter(Boolean)
  const without = (sign: string) => lines.filter(line => line[0] !== sign).map(line => line.slice(1)).join('\n')
  const parts = readFileSync(path, 'utf8').split(without('+'))
  expect(parts.length, `${path} has once:\n${without('+')}`).toBe(2)
  writeFileSync(path, parts.join(without('-')))
}

beforeAll(() => {
  copy = copyOf('docs-device', ['machine', 'capability', 'asconfig.json', 'test/sandbox.ts', 'test/machine/board.ts', 'test/machine/board.entry.ts'], code)
  for (const { language, title, text } of code) if (language === 'diff') for (const hunk of text.split(/^@@$/m)) applyHunk(join(copy, title), hunk)
})
afterAll(() => { rmSync(copy, { recursive: true, force: true }) })

test('the page has the device, its registers, its tests and the changes to the board', () => {
  expect(code.map(({ title }) => title)).toEqual([
    'machine/watchdog/registers.ts', device, 'machine/addresses.ts', 'machine/deadlines.ts', 'capability/power.ts', 'machine/board.ts',
    'test/machine/watchdog.test.ts',
  ])
})

test('it compiles and does what its data sheet says', () => {
  expect(runTests(copy, 'watchdog')).toEqual({ passed: 6, failed: 0 })
})

test('its tests notice a fault in it', () => {
  const place = join(copy, device)
  writeFileSync(place, readFileSync(place, 'utf8').replace('status &= ~Status.Warned', ''))
  expect(runTests(copy, 'watchdog').failed).toBeGreaterThan(0)
})
