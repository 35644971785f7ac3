/** Counts the lines that have to be trusted: the code of the nucleus, of hardware virtualization and of the boot stubs. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'

/**
 * Folders whose code can do anything; the linker script, which lays it out and says what is writable, counts with the boot code, and what the emulator shares with machines with
 * its own: of all else in capability/ the nucleus takes layouts and numbers only.
 */
const TRUSTED = { kernel: ['kernel'], vmx: ['vmx', 'capability/operand.ts'], boot: ['boot', 'linker.ld'] }

/** More than this, and nobody reads all of it any more. */
export const BUDGET = 12_000

type Language = 'c' | 'assembly'
const LANGUAGES: Record<string, Language> = {
  '.ts': 'c', '.c': 'c', '.h': 'c', '.ld': 'c', '.asm': 'assembly', '.inc': 'assembly',
}

/** Lines that are neither blank nor only comment. */
export function codeLines(text: string, language: Language): number {
  return (language === 'assembly' ? withoutAssemblyComments(text) : withoutComments(text)).split('\n').filter(line => line.trim()).length
}

function withoutAssemblyComments(text: string): string {
  return text.replace(/("[^"\n]*"|'[^'\n]*'|`[^`\n]*`)|;.*/g, (_, quoted: string | undefined) => quoted ?? '')
}

/** Strings are kept whole, so that what looks like a comment in one is none. A comment keeps its line ends. */
function withoutComments(text: string): string {
  const part = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/.*|\/\*[^]*?\*\//g
  return text.replace(part, (match, quoted: string | undefined) => quoted ?? match.replace(/[^\n]/g, ''))
}

/** Code lines of each trusted part below `root`. */
export function countTrusted(root: string): Map<string, number> {
  return new Map(Object.entries(TRUSTED).map(([part, paths]) => {
    const lines = paths.flatMap(path => filesBelow(join(root, path))).map(file => {
      const language = LANGUAGES[extname(file)]
      return language ? codeLines(readFileSync(file, 'utf8'), language) : 0
    })
    return [part, lines.reduce((sum, count) => sum + count, 0)]
  }))
}

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).map(file => join(path, file))
}

/** The count in words, and whether it is within the budget. */
export function trustedReport(root: string): { text: string, within: boolean } {
  const counts = countTrusted(root)
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const parts = [...counts].map(([folder, count]) => `${folder} ${count}`).join(' + ')
  return { text: `trusted lines of code: ${parts} = ${total} of ${BUDGET}`, within: total <= BUDGET }
}

if (process.argv[1] === import.meta.filename) {
  const { text, within } = trustedReport(join(import.meta.dirname, '..'))
  console.log(text)
  if (!within) process.exitCode = 1
}
