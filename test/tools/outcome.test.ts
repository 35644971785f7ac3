/** Nothing that went wrong counts as nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addOutcomes, readFailedFiles, readVitestReport, summaryLine } from '../../tools/outcome.ts'

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'typervisor-outcome-')) })
afterAll(() => { rmSync(folder, { recursive: true }) })

const file = (name: string, status: string, ...statuses: string[]) => ({ name, status, assertionResults: statuses.map(status => ({ status })) })
function write(...testResults: object[]) {
  const path = join(folder, 'report.json')
  writeFileSync(path, JSON.stringify({ testResults }))
  return path
}
const fine = file('fine', 'passed', 'passed')

test('a clean run', () => {
  expect(readVitestReport(write(fine, file('others', 'passed', 'passed', 'skipped', 'todo', 'pending')), true)).toEqual({ passed: 2, failed: 0, skipped: 3 })
})
test('a failed test counts once', () => {
  expect(readVitestReport(write(file('one', 'failed', 'failed', 'passed')), false)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})
test('a file that cannot be loaded counts as a failure', () => {
  expect(readVitestReport(write(fine, file('broken', 'failed')), false)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})
test('a run that ends badly counts as a failure, whatever it reports', () => {
  expect(readVitestReport(write(fine), false)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})
test('a run without a report counts as a failure', () => {
  expect(readVitestReport(join(folder, 'none.json'), true)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})
test('what failed is told from the rest', () => {
  const path = write(fine, file('broken', 'failed'), file('one', 'failed', 'failed', 'passed'), file('none', 'passed', 'skipped'))
  expect(readFailedFiles(path)).toEqual({ failed: ['broken', 'one'], others: { passed: 1, failed: 0, skipped: 1 } })
  expect(readFailedFiles(join(folder, 'none.json')).failed).toEqual([])
})
test('the last line', () => {
  expect(summaryLine(addOutcomes([{ passed: 3, failed: 0, skipped: 1 }, { passed: 4, failed: 2, skipped: 0 }]))).toBe('7 passed, 2 failed, 1 skipped')
})
