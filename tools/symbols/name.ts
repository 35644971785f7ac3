/** The names that wasm2c gives to functions, made readable again. */

/**
 * `w2c_nucleus_kernel0x2Fvm0x2Fexit0x2FonExit` → `onExit`. The folders and file are left out, since they are shown beside it, also
 * in type arguments: `Map<String,i32>#set`. Names of C and assembly are as they are.
 */
export function readableName(symbol: string): string {
  const mangled = /^w2c_[A-Za-z0-9]+_(.+)$/.exec(symbol)
  if (!mangled) return symbol.replace(/\.(cold|part|constprop|isra)(\.\d+)*/g, '')
  const name = mangled[1].replace(/\.(cold|part|constprop|isra)(\.\d+)*/g, '').replace(/0x([0-9A-F]{2})/g, (_, digits) => String.fromCharCode(parseInt(digits, 16)))
  if (name.startsWith('start:')) return 'start'
  return name.replace(/[^<>,]*\//g, '')
}
