/** The functions of the module that are on the stack, the innermost first. */
export function functionName(depth = 2): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  const lines = new Error().stack!.split('\n').filter(line => line.includes('wasm'))
  Error.stackTraceLimit = limit
  return lines.slice(0, depth).map(line => line.replace(/^.*at (?:module\.)?(\S+) .*$/, '$1').replace(/^.*\//, '')).join(' < ')
}
