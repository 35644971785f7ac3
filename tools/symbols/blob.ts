/**
 * The symbol table that is linked into the image, read by kernel/debug/symbols.ts. Little-endian:
 *
 *   00h  u32  54565359h, 'YSVT'
 *   04h  u32  bytes in all
 *   08h  u64  address of the first row
 *   10h  u32  rows
 *   14h  u32  offset of the places
 *   18h  u32  offset of the strings
 *   1Ch       the rows
 *
 * A row is LEB128 numbers: the address's increase twice plus 1 if the place is another, the place's number if so, and the
 * line's change in zigzag (0, -1, 1, -2 …); address, place and line begin at the first row's address, 0 and 0. A place is two u32 offsets among
 * the strings: of the function's name and of the file's path; strings end with a zero byte.
 */
import type { Row } from './image.ts'

export const magic = 0x54565359

/** `rows` are by ascending address; rows that change nothing are left out. */
export function encode(rows: Row[]): Buffer {
  const changes = rows.filter((row, index) => {
    const before = rows[index - 1]
    return !before || row.name !== before.name || row.path !== before.path || row.line !== before.line
  })
  const strings = new Strings()
  const places = new Map<string, number>()
  const placeBytes: Buffer[] = []
  const place = (row: Row): number => {
    const key = `${row.name}\0${row.path}`
    let number = places.get(key)
    if (number === undefined) {
      places.set(key, number = places.size)
      placeBytes.push(u32(strings.offset(row.name)), u32(strings.offset(row.path)))
    }
    return number
  }
  const base = changes[0]?.address ?? 0n
  const stream: number[] = []
  let before = { address: base, place: 0, line: 0 }
  for (const row of changes) {
    const now = { address: row.address, place: place(row), line: row.line }
    const moved = now.place !== before.place
    leb(stream, Number(now.address - before.address) * 2 + (moved ? 1 : 0))
    if (moved) leb(stream, now.place)
    const change = now.line - before.line
    leb(stream, change < 0 ? -change * 2 - 1 : change * 2)
    before = now
  }
  while (stream.length % 4) stream.push(0)
  const placeOffset = 0x1c + stream.length
  const stringOffset = placeOffset + placeBytes.length * 4
  const pool = strings.bytes()
  const address = Buffer.alloc(8)
  address.writeBigUInt64LE(base)
  return Buffer.concat([
    u32(magic), u32(stringOffset + pool.length), address, u32(changes.length), u32(placeOffset), u32(stringOffset),
    Buffer.from(stream), ...placeBytes, pool,
  ])
}

/** Each string once. */
class Strings {
  private readonly offsets = new Map<string, number>()
  private readonly parts: Buffer[] = []
  private length = 0

  offset(text: string): number {
    let offset = this.offsets.get(text)
    if (offset === undefined) {
      this.offsets.set(text, offset = this.length)
      const part = Buffer.from(text + '\0')
      this.parts.push(part)
      this.length += part.length
    }
    return offset
  }

  bytes(): Buffer { return Buffer.concat(this.parts) }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function leb(stream: number[], value: number): void {
  for (; value > 0x7f; value = Math.floor(value / 128)) stream.push((value & 0x7f) | 0x80)
  stream.push(value)
}
