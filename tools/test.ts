/** `make test`: builds, checks and tests everything, and says in its last line how it went. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { run, say } from './lanes.ts'
import { addOutcomes, readFailedFiles, readVitestReport, summaryLine, type Outcome } from './outcome.ts'
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

/** Runs vitest; its report has the name. */
async function vitest(lane: string, name: string, title: string, parameters: string[]): Promise<Outcome> {
  say(lane, `── ${title}`)
  const report = reportOf(name)
  rmSync(report, { force: true })
  const clean = await run(lane, root, join(binaries, 'vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...parameters])
  return readVitestReport(report, clean)
}

const reportOf = (name: string) => join(logs, `${name}.json`)

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
    await vitest('modules', 'modules', 'modules, in Node', ['--maxWorkers=1']),
  ]
}

/** More files than QEMU's faults spoil. */
const FilesTriedAgain = 3

async function system(): Promise<Outcome[]> {
  const inEmulator = (name: string, title: string, project: string, files: string[] = []) => vitest('system', name, title, ['--config', 'vitest.system.config.ts', '--project', project, ...files])
  const bochs = await inEmulator('system-bochs', 'the whole system, in Bochs', 'bochs-*')
  const qemu = await inEmulator('system-qemu', 'the whole system, in QEMU', 'qemu-*')
  // QEMU 7.2's faults, which end or stop a guest now and then, cannot be prevented (SUPPORT.md, By vendor): a file of tests shares what they spoil. A rare fault of the nucleus's own shows in the report as a file that was tried twice.
  const { failed, others } = readFailedFiles(reportOf('system-qemu'))
  if (failed.length === 0 || failed.length > FilesTriedAgain) return [bochs, qemu]
  return [bochs, others, await inEmulator('system-again', `once more, from the beginning, what failed: ${failed.map(file => relative(root, file)).join(', ')}`, 'qemu-*', failed)]
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
