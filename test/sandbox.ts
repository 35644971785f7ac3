/** Compiles AssemblyScript for Node: the very sources that boot, with imports that the test supplies. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

type ImportFunctions = Record<string, (...args: any[]) => any>

/** What a test's imports are and how its entry is compiled. */
export interface Options {
  imports?: Record<string, ImportFunctions>
  /** AssemblyScript's runtime: `stub` unless the module manages memory. */
  runtime?: 'stub' | 'minimal'
  /** Memory that it gets at most, in pages of 64 KiB; without, all that it asks for, or 64 pages if it manages memory. */
  pages?: number
}

/** A running module: its exports (i64 as BigInt, u32 signed) and its memory. */
export interface Sandbox {
  exports: Record<string, any>
  memory: WebAssembly.Memory
}

async function compile(entry: string, runtime: string, pages: number | undefined): Promise<Uint8Array> {
  const directory = join(root, 'build/test')
  mkdirSync(directory, { recursive: true })
  const target = join(directory, createHash('sha1').update(entry + process.pid).digest('hex') + '.wasm')
  // One that manages memory asks for twice what it has: it is told that there is no more than the nucleus gives, as it is there.
  const most = pages ?? (runtime === 'minimal' ? 64 : undefined)
  const { error, stderr } = await asc.main(
    [entry, '--baseDir', root, '--config', join(root, 'asconfig.json'), '--runtime', runtime, ...most ? ['--maximumMemory', String(most)] : [], '-o', target],
    { stdout: process.stdout },
  )
  if (error || !existsSync(target)) throw new Error(`${entry} does not compile:\n${stderr?.toString() ?? error}`)
  const bytes = readFileSync(target)
  renameSync(target, join(directory, entry.replaceAll('/', '-') + '.wasm'))
  return bytes
}

/** Modules by entry and options: what many tests instantiate is compiled once. */
const modules = new Map<string, Promise<WebAssembly.Module>>()

function moduleOf(entry: string, runtime: string, pages: number | undefined): Promise<WebAssembly.Module> {
  const key = `${entry} ${runtime} ${pages}`
  let module = modules.get(key)
  if (!module) modules.set(key, module = compile(entry, runtime, pages).then(bytes => WebAssembly.compile(bytes as BufferSource)))
  return module
}

/** What the `hw` imports that are about memory alone do where nobody else writes it. */
function atomics(memory: () => WebAssembly.Memory): ImportFunctions {
  const view = () => new DataView(memory().buffer)
  const replace32 = (address: number, value: (old: number) => number) => {
    const old = view().getInt32(address >>> 0, true)
    view().setInt32(address >>> 0, value(old), true)
    return old
  }
  const replace64 = (address: number, value: (old: bigint) => bigint) => {
    const old = view().getBigInt64(address >>> 0, true)
    view().setBigInt64(address >>> 0, value(old), true)
    return old
  }
  return {
    fetchAdd32: (address, value) => replace32(address, old => old + value), exchange32: (address, value) => replace32(address, () => value),
    exchange64: (address, value) => replace64(address, () => value), or64: (address, bits) => { replace64(address, old => old | bits) },
    publish32: (address, value) => { replace32(address, () => value) }, fence: () => {},
  }
}

/** Compiles `entry` (a path from the project's root) and instantiates it. An import that the test does not supply throws when called. */
export async function instantiate(entry: string, options: Options = {}): Promise<Sandbox> {
  const module = await moduleOf(entry, options.runtime ?? 'stub', options.pages)
  const imports: Record<string, ImportFunctions> = {}
  let memory: WebAssembly.Memory
  const own: Record<string, ImportFunctions> = { hw: atomics(() => memory) }
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    imports[space] ??= {}
    imports[space][name] = options.imports?.[space]?.[name] ?? own[space]?.[name] ?? (() => { throw new Error(`import ${space}.${name} was called`) })
  }
  imports.env ??= {}
  imports.env.abort = (message: number, file: number, line: number, column: number) => {
    throw new Error(`abort: ${readString(memory, message)} at ${readString(memory, file)}:${line}:${column}`)
  }
  const instance = await WebAssembly.instantiate(module, imports)
  memory = instance.exports.memory as WebAssembly.Memory
  return { exports: instance.exports, memory }
}

/** An AssemblyScript string (UTF-16, its byte length at -4). */
function readString(memory: WebAssembly.Memory, pointer: number): string {
  if (!pointer) return ''
  const length = new DataView(memory.buffer).getUint32(pointer - 4, true)
  return Buffer.from(memory.buffer, pointer, length).toString('utf16le')
}
