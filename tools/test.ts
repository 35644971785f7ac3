/** `make test`: builds, checks and tests everything, and says in its last line how it went. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, say } from './lanes.ts'
import { addOutcomes, readVitestReport, summaryLine, type Outcome } from './outcome.ts'
import { trustedReport } from './trusted-lines.ts'

const root = join(import.meta.dirname, '..')
const logs = join(root, 'build/logs')
const binaries = join(root, 'node_modules/.bin')

/** A step that passes or fails as a whole counts as one test. */
async function check(lane: string, title: string, passes: () => Promise<boolean>): Promise<Outcome> {
  say(lane, `── ${title}`)
  const passed = await passes()
  if (!passed) say(lane, `FAILED: ${title}`)
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 }
}

async function vitest(lane: string, title: string, parameters: string[]): Promise<Outcome> {
  say(lane, `── ${title}`)
  const report = join(logs, `${lane}.json`)
  rmSync(report, { force: true })
  const clean = await run(lane, root, join(binaries, 'vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...parameters])
  return readVitestReport(report, clean)
}

async function types(): Promise<boolean> {
  let clean = true
  for (const project of ['.', 'tools', 'test']) clean = await run('modules', root, join(binaries, 'tsc'), ['-p', project]) && clean
  return clean
}

async function trustedLines(): Promise<boolean> {
  const { text, within } = trustedReport(root)
  for (const line of text.split('\n')) say('modules', line)
  return within
}

/** One at a time: the harness of the system tests builds, too. */
const make = (lane: string, ...targets: string[]) => run(lane, root, 'flock', ['Makefile', 'make', '--no-print-directory', ...targets])

/** What needs no emulator, one thing at a time: the other processor is the emulator's. First what its tests will ask for. */
async function modules(): Promise<Outcome[]> {
  return [
    await check('modules', 'the nuclei and the root volume that only tests boot', () => make('modules', '--jobs=1', 'rogue-nucleus', 'instrumented-nucleus', 'delayed-nucleus', 'debian')),
    await check('modules', 'types of the tools and the tests', types),
    await check('modules', 'lines that have to be trusted', trustedLines),
    await vitest('modules', 'modules, in Node', ['--maxWorkers=1']),
  ]
}

async function system(): Promise<Outcome[]> {
  return [await vitest('system', 'the whole system, in emulators', ['--config', 'vitest.system.config.ts'])]
}

mkdirSync(logs, { recursive: true })
const built = await check('build', 'the image and the guests', () => make('build', 'iso', 'guests'))
// Without an image every system test would fail after its deadline, and say nothing that the build has not said.
const lanes = await Promise.all([modules(), built.failed ? [] : system()])
const total = addOutcomes([built, ...lanes.flat()])
const last = summaryLine(total)
writeFileSync(join(logs, 'summary.txt'), `${last}\n`)
console.log(`\n${last}`)
process.exitCode = total.failed ? 1 : 0
