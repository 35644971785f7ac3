/** How many tests passed, failed and were skipped. */
import { readFileSync } from 'node:fs'

export interface Outcome { passed: number, failed: number, skipped: number }

/** What vitest's JSON reporter writes, as far as it is read here. */
interface VitestReport {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: { status: string, assertionResults: { status: string }[] }[]
}

/**
 * The outcome of a run of vitest from its report at `path`; `clean` is whether vitest itself ended well. A file that failed before its
 * first test counts as one failure, and so does a run that left no report or failed in no test: nothing that went wrong counts as nothing.
 */
export function readVitestReport(path: string, clean: boolean): Outcome {
  let report: VitestReport
  try {
    report = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const brokenFiles = report.testResults.filter(file => file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed'))
  const failed = report.numFailedTests + brokenFiles.length
  return {
    passed: report.numPassedTests,
    failed: failed || (clean ? 0 : 1),
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** The sum of several outcomes. */
export function addOutcomes(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((sum, one) => ({
    passed: sum.passed + one.passed, failed: sum.failed + one.failed, skipped: sum.skipped + one.skipped,
  }), { passed: 0, failed: 0, skipped: 0 })
}

/** The last line of `make test`. */
export function summaryLine({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
