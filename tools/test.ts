/** `make test`: builds, checks and tests everything, and says in its last line how it went. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addOutcomes, readVitestReport, summaryLine, type Outcome } from './outcome.ts'
import { trustedReport } from './trusted-lines.ts'

const root = join(import.meta.dirname, '..')
const logs = join(root, 'build/logs')
const binaries = join(root, 'node_modules/.bin')

function run(command: string, parameters: string[]): boolean {
  // A make that calls us has flags of its own in the environment, which are not meant for a make that we call.
  const env = { ...process.env, MAKEFLAGS: '', MAKELEVEL: '' }
  return spawnSync(command, parameters, { cwd: root, stdio: 'inherit', env }).status === 0
}

/** A step that passes or fails as a whole counts as one test. */
function check(title: string, passes: () => boolean): Outcome {
  console.log(`\n── ${title}`)
  const passed = passes()
  if (!passed) console.log(`FAILED: ${title}`)
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 }
}

function vitest(title: string, name: string, parameters: string[]): Outcome {
  console.log(`\n── ${title}`)
  const report = join(logs, `${name}.json`)
  rmSync(report, { force: true })
  const clean = run(join(binaries, 'vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...parameters])
  return readVitestReport(report, clean)
}

mkdirSync(logs, { recursive: true })
const outcomes = [
  check('types of the tools and the tests', () => ['.', 'tools', 'test'].map(project => run(join(binaries, 'tsc'), ['-p', project])).every(Boolean)),
  check('lines that have to be trusted', () => {
    const { text, within } = trustedReport(root)
    console.log(text)
    return within
  }),
  check('the image and the guests', () => run('make', ['--no-print-directory', 'iso', 'guests'])),
  vitest('modules, in Node', 'modules', []),
]
// Without an image every system test would fail after its deadline, and say nothing that the build has not said.
const built = outcomes[2].failed === 0
outcomes.push(built ? vitest('the whole system, in emulators', 'system', ['--config', 'vitest.system.config.ts']) : check('the whole system: there is no image to boot', () => false))

const total = addOutcomes(outcomes)
const last = summaryLine(total)
writeFileSync(join(logs, 'summary.txt'), `${last}\n`)
console.log(`\n${last}`)
process.exitCode = total.failed ? 1 : 0
