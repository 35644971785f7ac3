/** How many tests passed, failed and were skipped. */
import { readFileSync } from 'node:fs'

export interface Outcome { passed: number, failed: number, skipped: number }

/** What vitest's JSON reporter writes, as far as it is read here. */
interface VitestReport { testResults: VitestFile[] }
interface VitestFile { name: string, status: string, assertionResults: { status: string }[] }

/**
 * The outcome of a run of vitest from its report at `path`; `clean` is whether vitest itself ended well. A file that failed before its
 * first test counts as one failure, and so does a run that left no report or failed in no test: nothing that went wrong counts as nothing.
 */
export function readVitestReport(path: string, clean: boolean): Outcome {
  const files = filesOf(path)
  if (!files) return { passed: 0, failed: 1, skipped: 0 }
  const outcome = addOutcomes(files.map(outcomeOf))
  return { ...outcome, failed: outcome.failed || (clean ? 0 : 1) }
}

/** The files of the report at `path` that failed, and the outcome of all others: for who gives those another attempt. */
export function readFailedFiles(path: string): { failed: string[], others: Outcome } {
  const files = filesOf(path) ?? []
  const hasFailed = (file: VitestFile) => outcomeOf(file).failed !== 0
  return { failed: files.filter(hasFailed).map(({ name }) => name), others: addOutcomes(files.filter(file => !hasFailed(file)).map(outcomeOf)) }
}

function filesOf(path: string): VitestFile[] | undefined {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as VitestReport).testResults
  } catch {
    return undefined
  }
}

function outcomeOf({ status, assertionResults }: VitestFile): Outcome {
  const count = (...statuses: string[]) => assertionResults.filter(test => statuses.includes(test.status)).length
  const [passed, failed] = [count('passed'), count('failed')]
  return { passed, failed: failed || (status === 'failed' ? 1 : 0), skipped: assertionResults.length - passed - failed }
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
