/** Says what is wrong with a configuration: where, what was found, what is allowed. */
import type { z } from 'zod'

/** One thing wrong with a configuration. */
export interface Problem {
  /** The field, as one would write it in code: `vms[1].boot.kernel`. Empty for the whole. */
  path: string
  message: string
}

type Key = PropertyKey

/** A field's path as one would write it in code. */
export function pathText(path: readonly Key[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = String(key)
    if (!/^[\w$]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`
    return text ? `${text}.${name}` : name
  }, '')
}

/** A value as a person wrote it, shortened; control characters are escaped, so that a terminal shows them and obeys none. */
export function foundText(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number') return String(value)
  const text = JSON.stringify(value) ?? String(value)
  const quoted = typeof value === 'string' ? `'${text.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'` : text
  return quoted.length > 60 ? `${quoted.slice(0, 57)}...` : quoted
}

/** Turns zod's issues into problems; `config` is what was checked. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], config: unknown, schema: z.ZodType): Problem[] {
  return issues.flatMap(issue => {
    if (issue.code !== 'unrecognized_keys') {
      return [{ path: pathText(issue.path), message: `found ${foundText(valueAt(config, issue.path))}; allowed: ${issue.message}` }]
    }
    const known = knownKeys(schema, issue.path)
    return issue.keys.map(key => {
      const meant = closest(key, known)
      return {
        path: pathText([...issue.path, key]),
        message: `there is no such field${meant ? `; did you mean ${meant}?` : ''}; allowed: ${known.join(', ')}`,
      }
    })
  })
}

/** Problems as lines for a terminal. */
export function problemText(problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => path ? `  ${path}: ${message}` : `  ${message}`).join('\n')
}

function valueAt(value: unknown, path: readonly Key[]): unknown {
  return path.reduce<unknown>((part, key) => (part as Record<Key, unknown> | undefined)?.[key], value)
}

/** The fields that the schema's object at `path` has. */
function knownKeys(schema: z.ZodType, path: readonly Key[]): string[] {
  let part = schema as any
  for (const key of [...path, undefined]) {
    while (part.def.innerType) part = part.def.innerType
    if (key !== undefined) part = part.def.type === 'array' ? part.def.element : part.def.shape[key]
  }
  return Object.keys(part.def.shape).filter(key => !key.startsWith('$'))
}

/** The known word that is fewest edits away, when it is near enough to have been meant. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map(name => ({ name, edits: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .sort((one, other) => one.edits - other.edits)
  return ranked[0] && ranked[0].edits <= Math.max(1, Math.floor(ranked[0].name.length / 2)) ? ranked[0].name : undefined
}

/** Insertions, deletions, replacements and swaps of neighbours between two words. */
function editDistance(one: string, other: string): number {
  const rows = Array.from({ length: one.length + 1 }, (_, i) => [i, ...Array<number>(other.length).fill(0)])
  for (let j = 0; j <= other.length; j++) rows[0][j] = j
  for (let i = 1; i <= one.length; i++) {
    for (let j = 1; j <= other.length; j++) {
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1))
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      if (swapped) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1)
    }
  }
  return rows[one.length][other.length]
}
