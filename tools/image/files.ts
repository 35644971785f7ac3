/** The files of a pack: each content stored once, in the order of first use. */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'

const CHUNK = 1 << 20

/** One file of a pack. */
export interface PackFile {
  name: string
  path: string
  size: number
}

/** Reads the file at `path` piece by piece. */
export function forEachChunk(path: string, take: (chunk: Buffer) => void): void {
  const file = openSync(path, 'r')
  try {
    const chunk = Buffer.alloc(CHUNK)
    for (let length; (length = readSync(file, chunk)) > 0;) take(chunk.subarray(0, length))
  } finally {
    closeSync(file)
  }
}

/** Gathers files and numbers them; the same name and content gets the same number. */
export class FileTable {
  readonly files: PackFile[] = []
  readonly #indices = new Map<string, number>()

  /** The number of the file at `path`. */
  add(path: string): number {
    const hash = createHash('sha256')
    forEachChunk(path, chunk => { hash.update(chunk) })
    const name = fileName(path)
    const key = `${hash.digest('hex')} ${name}`
    const known = this.#indices.get(key)
    if (known !== undefined) return known
    const index = this.files.push({ name, path, size: size(path) }) - 1
    this.#indices.set(key, index)
    return index
  }
}

function size(path: string): number {
  const file = openSync(path, 'r')
  try {
    return fstatSync(file).size
  } finally {
    closeSync(file)
  }
}

/** The last part of a path as the nucleus may show it: without control characters, at most 255 bytes. */
function fileName(path: string): string {
  let name = basename(path).replace(/[\p{Cc}\p{Cs}]/gu, '?')
  while (Buffer.byteLength(name) > 255) name = name.slice(0, -1).replace(/\p{Cs}$/u, '')
  return name
}
