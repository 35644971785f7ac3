/** Compiles a module so that each load and store calls out and can stand still there. Binaryen's passes, README of its `src/passes`. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import asc from 'assemblyscript/asc'

const root = resolve(import.meta.dirname, '../..')

/** A change of the sources before they are compiled: a file, what is in it, and what is there instead. */
export interface Mutation { file: string, from: string, to: string }

/** Exports all variables of the module, so that a run can begin with what they were. */
class ExportVariables {
  declare binaryen: { getGlobalInfo(global: number): { name: string, module: string | null, mutable: boolean } }
  afterCompile(module: { getNumGlobals(): number, getGlobalByIndex(index: number): number, addGlobalExport(name: string, as: string): void }): void {
    for (let n = 0; n < module.getNumGlobals(); n++) {
      const { name, module: from, mutable } = this.binaryen.getGlobalInfo(module.getGlobalByIndex(n))
      if (mutable && !from) module.addGlobalExport(name, `${Variable}${n}`)
    }
  }
}
/** Begins the names under which they are exported. */
export const Variable = 'variable '

export async function compile(mutation?: Mutation, entry = 'test/interleavings/races.entry.ts'): Promise<WebAssembly.Module> {
  mkdirSync(join(root, 'build/test'), { recursive: true })
  let bytes: Uint8Array | undefined
  let changed = !mutation
  const { error, stderr } = await asc.main(
    [entry, '--baseDir', root, '--config', join(root, 'asconfig.json'), '--runtime', 'stub', '--optimizeLevel', '0', '--importMemory', '--runPasses', 'instrument-memory,asyncify', '-o', 'races.wasm'],
    {
      stdout: process.stdout,
      transforms: [ExportVariables] as never,
      readFile: (name, directory) => {
        try {
          const text = readFileSync(resolve(directory, name), 'utf8')
          if (!mutation || resolve(directory, name) !== join(root, mutation.file)) return text
          changed = text.includes(mutation.from)
          return text.replace(mutation.from, mutation.to)
        } catch { return null }
      },
      writeFile: (name, contents) => { if (name.endsWith('.wasm')) bytes = contents as Uint8Array },
    },
  )
  if (error || !bytes) throw new Error(`${entry} does not compile:\n${stderr?.toString() ?? error}`)
  if (!changed) throw new Error(`${mutation!.file} has no '${mutation!.from}' any more`)
  return WebAssembly.compile(bytes as BufferSource)
}
