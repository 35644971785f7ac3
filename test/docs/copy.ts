/** A copy of parts of the project, to which a page's code is added, and whose tests are run. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Block } from './blocks.ts'

const root = join(import.meta.dirname, '../..')

/** Makes a copy of `parts`, with the page's TypeScript in it; where it is. Below build/, so that the project's packages are found from there. */
export function copyOf(name: string, parts: string[], code: Block[]): string {
  const copy = join(root, 'build/test', name)
  rmSync(copy, { recursive: true, force: true })
  for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true })
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }\n')
  for (const { language, title, text } of code) {
    if (language !== 'ts') continue
    mkdirSync(dirname(join(copy, title)), { recursive: true })
    writeFileSync(join(copy, title), text)
  }
  return copy
}

/** Runs the tests of a copy whose names have `filter` in them, and says how it went. */
export function runTests(copy: string, filter: string): { passed: number, failed: number } {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  try {
    execFileSync(join(root, 'node_modules/.bin/vitest'), ['run', '--root', copy, '--reporter=json', '--testTimeout=60000', `--outputFile=${report}`, filter], { stdio: 'pipe', timeout: 110_000 })
  } catch {
    // A test that fails is in the report; where there is none, reading it says so.
  }
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
  return { passed: numPassedTests, failed: numFailedTests }
}
