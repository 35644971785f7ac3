/** Which line of which file an address in the image's code comes from, by the table that tools/symbols/table.ts makes; its layout is in tools/symbols/blob.ts. */
import { load32, load64, load8 } from '../hw'

const magic: u32 = 0x54565359 // 'YSVT'
const blockRows: u32 = 128
const headerBytes: u32 = 0x1c

let table: u64 = 0 // host physical address; 0 while there is none
let tableBytes: u32 = 0

let cursor: u32 = 0 // where the next number is read

let place: u32 = 0 // what `find` found: the place's offset and the line
let line: u32 = 0

/** Takes the table at `hpa`, `size` bytes long; false, and every address stays unknown, where there is none, as in an image that was linked once only. */
export function open(hpa: u64, size: u32): bool {
  tableBytes = 0
  if (size < headerBytes || load32(hpa) != magic || load32(hpa + 4) < headerBytes || load32(hpa + 4) > size) return false
  table = hpa
  tableBytes = load32(hpa + 4)
  return true
}

/**
 * Writes at most `capacity` bytes such as `kernel/vm/exit.ts:123 onExit` to `target` and returns how many; only the name where no line is
 * known, and nothing where the address is not in code. For a return address ask about the byte before it, which is in the call.
 */
export function describe(address: u64, target: usize, capacity: u32): u32 {
  if (!find(address)) return 0
  const strings = word(0x18)
  const name = strings + word(place)
  const path = strings + word(place + 4)
  let length: u32 = 0
  if (line) {
    length = copy(path, target, 0, capacity)
    length = put(0x3a, target, length, capacity) // ':'
    length = decimal(line, target, length, capacity)
    if (byte(name)) length = put(0x20, target, length, capacity)
  }
  return copy(name, target, length, capacity)
}

/** Finds the last row at or before `address`. */
function find(address: u64): bool {
  if (!tableBytes) return false
  const base = load64(table + 8)
  if (address < base || address - base > 0xffff_ffff) return false
  const wanted = <u32>(address - base)
  // The last block that begins at or before it.
  let low: u32 = 0
  let high = word(0x10)
  const blocks = high
  while (low < high) {
    const middle = low + ((high - low) >> 1) // their sum may not fit
    if (word(headerBytes + middle * 8) <= wanted) low = middle + 1
    else high = middle
  }
  if (!low) return false
  const block = headerBytes + (low - 1) * 8
  const end = low < blocks ? word(block + 12) : word(0x14)
  let at = word(block)
  let number: u32 = 0
  line = 0
  cursor = word(block + 4)
  for (let row: u32 = 0; row < blockRows && cursor < end; row++) {
    const step = next()
    at += step >> 1
    if (at > wanted) break
    if (step & 1) number = next()
    const change = next()
    line += (change >> 1) ^ -(change & 1)
  }
  place = word(0x14) + number * 8
  return true
}

/** An LEB128 number at the cursor. */
function next(): u32 {
  let value: u32 = 0
  for (let shift: u32 = 0; shift < 32; shift += 7) {
    const digit = byte(cursor++)
    value |= (digit & 0x7f) << shift
    if (!(digit & 0x80)) break
  }
  return value
}

/** A read outside the table gives 0: a backtrace must not fault, whatever became of the table. */
function byte(offset: u32): u32 {
  return offset < tableBytes ? load8(table + offset) : 0
}

function word(offset: u32): u32 {
  return offset <= tableBytes - 4 ? load32(table + offset) : 0
}

function put(character: u32, target: usize, length: u32, capacity: u32): u32 {
  if (length >= capacity) return length
  store<u8>(target + length, <u8>character)
  return length + 1
}

function copy(text: u32, target: usize, length: u32, capacity: u32): u32 {
  for (let offset = text; length < capacity; offset++) {
    const character = byte(offset)
    if (!character) break
    length = put(character, target, length, capacity)
  }
  return length
}

function decimal(value: u32, target: usize, length: u32, capacity: u32): u32 {
  let scale: u32 = 1
  while (value / scale > 9) scale *= 10
  for (; scale; scale /= 10) length = put(0x30 + value / scale % 10, target, length, capacity)
  return length
}
