/** The device of docs/virtual-device.md, taken from the page itself: it is added to a copy of the machine, compiled, and its own tests are run. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blocks, page } from './blocks.ts'

const root = join(import.meta.dirname, '../..')
// Below build/, so that the project's packages are found from there.
const copy = join(root, 'build/test/docs-device')
const code = blocks(page('docs/virtual-device.md'))
const device = 'machine/watchdog/watchdog.ts'

/** Applies a hunk: what has no `+` is found exactly once, and becomes what has no `-`. */
function applyHunk(path: string, hunk: string): void {
  const lines = hunk.split('\n').filter(Boolean)
  const without = (sign: string) => lines.filter(line => line[0] !== sign).map(line => line.slice(1)).join('\n')
  const parts = readFileSync(path, 'utf8').split(without('+'))
  expect(parts.length, `${path} has once:\n${without('+')}`).toBe(2)
  writeFileSync(path, parts.join(without('-')))
}

/** Runs the tests of the copy and says how it went. */
function runTests(): { passed: number, failed: number } {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  try {
    execFileSync(join(root, 'node_modules/.bin/vitest'), ['run', '--root', copy, '--reporter=json', '--testTimeout=60000', `--outputFile=${report}`, 'watchdog'], { stdio: 'pipe', timeout: 110_000 })
  } catch {
    // A test that fails is in the report; where there is none, reading it says so.
  }
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
  return { passed: numPassedTests, failed: numFailedTests }
}

beforeAll(() => {
  rmSync(copy, { recursive: true, force: true })
  for (const part of ['machine', 'capability', 'asconfig.json', 'test/sandbox.ts', 'test/machine/board.ts', 'test/machine/board.entry.ts']) {
    cpSync(join(root, part), join(copy, part), { recursive: true })
  }
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }\n')
  for (const { language, title, text } of code) {
    const place = join(copy, title)
    if (language === 'ts') {
      mkdirSync(dirname(place), { recursive: true })
      writeFileSync(place, text)
    } else if (language === 'diff') for (const hunk of text.split(/^@@$/m)) applyHunk(place, hunk)
  }
})
afterAll(() => { rmSync(copy, { recursive: true, force: true }) })

test('the page has the device, its registers, its tests and the changes to the board', () => {
  expect(code.map(({ title }) => title)).toEqual([
    'machine/watchdog/registers.ts', device, 'machine/addresses.ts', 'machine/deadlines.ts', 'capability/power.ts', 'machine/board.ts',
    'test/machine/watchdog.test.ts',
  ])
})

test('it compiles and does what its data sheet says', () => {
  expect(runTests()).toEqual({ passed: 6, failed: 0 })
})

test('its tests notice a fault in it', () => {
  const place = join(copy, device)
  writeFileSync(place, readFileSync(place, 'utf8').replace('status &= ~Status.Warned', ''))
  expect(runTests().failed).toBeGreaterThan(0)
})
