/** Reads from a linked image, by binutils, which source line each piece of its code comes from. */
import { execFile, execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { posix } from 'node:path'
import { readableName } from './name.ts'

/** Code from `address` to the next row's comes from this line; `name` is empty where nothing is known, `line` 0 where no line is. */
export interface Row {
  address: bigint
  name: string
  path: string
  line: number
}

/** Rows by ascending address. Paths below `root` become relative to it. */
export async function readRows(elf: string, root: string): Promise<Row[]> {
  const ranges = codeRanges(elf)
  const isCode = (address: bigint) => ranges.some(({ begin, end }) => address >= begin && address < end)
  const addresses = [...new Set([...lineAddresses(elf), ...symbolAddresses(elf)])].filter(isCode).sort(ascending)
  // addr2line takes longer than all the rest: each processor asks it about a part.
  const share = Math.ceil(addresses.length / availableParallelism()) || 1
  const shares = Array.from({ length: Math.ceil(addresses.length / share) }, (_, i) => addresses.slice(i * share, (i + 1) * share))
  const rows = (await Promise.all(shares.map(addresses => locate(elf, addresses, root)))).flat()
  const ends = ranges.map(({ end }) => end).filter((end) => !isCode(end))
  return [...rows, ...ends.map((address) => ({ address, name: '', path: '', line: 0 }))].sort((a, b) => ascending(a.address, b.address))
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const BINUTILS = { encoding: 'utf8', maxBuffer: 1 << 30 } as const

function run(program: string, options: string[]): string {
  return execFileSync(program, options, { ...BINUTILS, stdio: 'pipe' })
}

/** The sections with code, from `objdump -h`: number, name, size, VMA, …, and the flags on the next line. */
function codeRanges(elf: string): { begin: bigint, end: bigint }[] {
  const sections = /^\s*\d+ \S+\s+([0-9a-f]+)\s+([0-9a-f]+)\s.*\n\s+(.*)$/gm
  return [...run('objdump', ['-h', elf]).matchAll(sections)]
    .filter(([, , , flags]) => /\bCODE\b/.test(flags))
    .map(([, size, begin]) => ({ begin: BigInt(`0x${begin}`), end: BigInt(`0x${begin}`) + BigInt(`0x${size}`) }))
}

/** Every address at which the line table changes. */
function lineAddresses(elf: string): bigint[] {
  return [...run('objdump', ['--dwarf=decodedline', elf]).matchAll(/\s(?:\d+|-)\s+(0x[0-9a-f]+)\b/g)].map(([, address]) => BigInt(address))
}

/** Every function's start, for the assembly that has no line table. */
function symbolAddresses(elf: string): bigint[] {
  return [...run('nm', ['--defined-only', elf]).matchAll(/^([0-9a-f]+) [TtWw] /gm)].map(([, address]) => BigInt(`0x${address}`))
}

/**
 * The innermost TypeScript line at each address: a load or a hardware intrinsic is an inlined C function, and nobody wants to
 * see its line in a header. Code with no TypeScript around it keeps its own line.
 */
async function locate(elf: string, addresses: bigint[], root: string): Promise<Row[]> {
  const text = await new Promise<string>((resolve, reject) => {
    const { stdin } = execFile('addr2line', ['-a', '-f', '-i', '-e', elf], BINUTILS, (error, said) => error ? reject(error) : resolve(said))
    stdin!.end(addresses.map((address) => `0x${address.toString(16)}\n`).join(''))
  })
  return text.split(/^0x(?=[0-9a-f]{16}$)/m).slice(1).map((answer) => {
    const [address, ...frames] = answer.trimEnd().split('\n')
    let chosen = 0
    for (let frame = 0; frame < frames.length; frame += 2) {
      if (!/\.ts:\d/.test(frames[frame + 1])) continue
      chosen = frame
      break
    }
    const [, path, line] = /^(.*):(\d+|\?)/.exec(frames[chosen + 1])!
    // Of what wasm2c wrote around the module's own functions, such as an export's entry, the name says enough.
    const known = path !== '??' && line !== '?' && line !== '0' && !path.endsWith('.lines.c')
    const name = frames[chosen] === '??' ? '' : readableName(frames[chosen])
    return { address: BigInt(`0x${address}`), name, path: known ? relative(path, root) : '', line: known ? Number(line) : 0 }
  })
}

/** A header of the compiler's own lies outside the project: its name says enough, and its folder is the build machine's affair. */
function relative(path: string, root: string): string {
  // nasm takes the source's folder for the one it was called in, and names it twice.
  const inside = posix.relative(root, posix.resolve(root, path)).replace(/^(.*)\/\1\/(?=[^/]*\.asm$)/, '$1/')
  return inside.startsWith('../') ? posix.basename(path) : inside
}
