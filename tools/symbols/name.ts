/** The names that wasm2c gives to functions, made readable again. */

/**
 * `w2c_nucleus_kernel0x2Fvm0x2Fexit0x2FonExit` → `onExit`. The folders and file are left out, since they are shown beside it, also
 * in type arguments: `Map<String,i32>#set`. Names of C and assembly are as they are.
 */
export function readableName(symbol: string): string {
  const name = wasmName(symbol)
  if (!name) return symbol.replace(variants, '')
  if (name.startsWith('start:')) return 'start'
  return name.replace(/[^<>,]*\//g, '')
}

/** The file that a function is written in, by its name: `w2c_nucleus_kernel0x2Fvm0x2Fexit0x2FonExit` → `kernel/vm/exit.ts`; undefined where the name tells of none. */
export function fileOf(symbol: string): string | undefined {
  const name = wasmName(symbol)?.replace(/<.*/, '')
  const path = name && (/^start:(.*)/.exec(name) ?? /^(.*)\//.exec(name))
  return path ? `${path[1]}.ts` : undefined
}

/** What gcc adds to the names of a function's pieces and copies. */
const variants = /\.(cold|part|constprop|isra)(\.\d+)*/g

/** AssemblyScript's name, if wasm2c made the symbol. */
function wasmName(symbol: string): string | undefined {
  return /^w2c_[A-Za-z0-9]+_(.+)$/.exec(symbol)?.[1].replace(variants, '').replace(/0x([0-9A-F]{2})/g, (_, digits) => String.fromCharCode(parseInt(digits, 16)))
}
