/** Nothing that went wrong counts as nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addOutcomes, readVitestReport, summaryLine } from '../../tools/outcome.ts'

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'typervisor-outcome-')) })
afterAll(() => { rmSync(folder, { recursive: true }) })

const passedFile = { status: 'passed', assertionResults: [{ status: 'passed' }] }
function outcome(report: object, clean: boolean) {
  const path = join(folder, 'report.json')
  writeFileSync(path, JSON.stringify({ numPassedTests: 1, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [passedFile], ...report }))
  return readVitestReport(path, clean)
}

test('a clean run', () => {
  expect(outcome({ numPassedTests: 7, numPendingTests: 2, numTodoTests: 1 }, true)).toEqual({ passed: 7, failed: 0, skipped: 3 })
})
test('a failed test counts once', () => {
  const file = { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] }
  expect(outcome({ numFailedTests: 1, testResults: [file] }, false)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})
test('a file that cannot be loaded counts as a failure', () => {
  expect(outcome({ testResults: [passedFile, { status: 'failed', assertionResults: [] }] }, false)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})
test('a run that ends badly counts as a failure, whatever it reports', () => {
  expect(outcome({}, false)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})
test('a run without a report counts as a failure', () => {
  expect(readVitestReport(join(folder, 'none.json'), true)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})
test('the last line', () => {
  expect(summaryLine(addOutcomes([{ passed: 3, failed: 0, skipped: 1 }, { passed: 4, failed: 2, skipped: 0 }]))).toBe('7 passed, 2 failed, 1 skipped')
})
