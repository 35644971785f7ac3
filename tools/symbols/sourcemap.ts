/** Reads a source map of a WebAssembly module: one generated line whose columns are offsets in the file. ECMA-426, 9. */
import { posix } from 'node:path'

/** A line of a source file; `line` counts from 1. */
export interface Location {
  path: string
  line: number
}

/** Where code comes from, by its offset in the module. */
export class SourceMap {
  private readonly offsets: number[] = []
  private readonly locations: (Location | undefined)[] = []

  /** `json` is the map's text. Paths come out relative to the project's root, `~lib/…` for AssemblyScript's own library. */
  constructor(json: string) {
    const map: { sources: string[], mappings: string } = JSON.parse(json)
    const paths = map.sources.map(normalise)
    let offset = 0
    let source = 0
    let line = 0
    for (const segment of map.mappings.split(/[,;]/)) {
      if (!segment) continue
      const fields = decode(segment)
      offset += fields[0]
      this.offsets.push(offset)
      // A segment of one field says that what follows comes from no source line.
      if (fields.length < 4) {
        this.locations.push(undefined)
        continue
      }
      source += fields[1]
      line += fields[2]
      this.locations.push({ path: paths[source], line: line + 1 })
    }
  }

  /** The line of the code at `offset`: that of the last segment that begins at or before it. */
  at(offset: number): Location | undefined {
    let low = 0
    let high = this.offsets.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.offsets[middle] <= offset) low = middle + 1
      else high = middle
    }
    return low ? this.locations[low - 1] : undefined
  }
}

/** asc writes paths relative to its base directory, with `./` or `../` where the build directory shows through. */
function normalise(source: string): string {
  return source.startsWith('~lib/') ? source : posix.normalize(source).replace(/^(\.\.\/)+/, '')
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 VLQ: five bits a digit, lowest first, bit 5 continues, the lowest bit of the whole is the sign. */
function decode(segment: string): number[] {
  const fields: number[] = []
  let value = 0
  let shift = 0
  for (const character of segment) {
    const digit = digits.indexOf(character)
    value += (digit & 31) << shift
    shift += 5
    if (digit & 32) continue
    fields.push(value & 1 ? -(value >>> 1) : value >>> 1)
    value = shift = 0
  }
  return fields
}
