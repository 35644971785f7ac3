/** Where the compiler that compiles the nucleus puts a class's fields. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { instantiate } from './sandbox.ts'

const root = join(import.meta.dirname, '..')
let calls = 0

/** Offsets of fields of a class that `source` exports, a path from the project's root without its ending. `size` is the whole's. */
export async function offsetsOf(source: string, type: string, fields: string[]): Promise<Record<string, number>> {
  // Test files run at the same time, and two may ask about one class.
  const entry = `build/test/offsets-${type}-${process.pid}-${calls++}.entry.ts`
  mkdirSync(join(root, 'build/test'), { recursive: true })
  writeFileSync(join(root, entry), [
    `import { ${type} } from '../../${source}'`,
    `export function size(): usize { return offsetof<${type}>() }`,
    ...fields.map(field => `export function ${field}(): usize { return offsetof<${type}>('${field}') }`),
  ].join('\n'))
  const { exports } = await instantiate(entry)
  return Object.fromEntries(['size', ...fields].map(field => [field, exports[field]()]))
}
