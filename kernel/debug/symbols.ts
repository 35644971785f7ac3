/** Which line of which file an address in the image's code comes from, by the table that tools/symbols/table.ts makes; its layout is in tools/symbols/blob.ts. */
import { load32, load64, load8 } from '../hw'
import * as words from '../log/text'

const magic: u32 = 0x54565359 // 'YSVT'
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
 * Appends such as ` kernel/vm/exit.ts:123 onExit` to the line being built; only the name where no line is known, and nothing where the address is
 * not in code. For a return address ask about the byte before it, which is in the call.
 */
export function appendPlace(address: u64): void {
  if (!find(address)) return
  if (line != 0) {
    appendString(word(place + 4))
    words.byte(0x3A)
    words.decimal(line)
  }
  appendString(word(place))
}

/** Goes through the rows to the last one at or before `address`. */
function find(address: u64): bool {
  line = 0
  cursor = headerBytes
  let at = tableBytes != 0 ? load64(table + 8) : u64.MAX_VALUE
  if (address < at) return false
  let number: u32 = 0
  for (let row = word(0x10); row != 0 && cursor < tableBytes; row--) {
    const step = next()
    at += step >> 1
    if (at > address) break
    if ((step & 1) != 0) number = next()
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
    if ((digit & 0x80) == 0) break
  }
  return value
}

/** A space and the string, unless it is empty. */
function appendString(offset: u32): void {
  let at = word(0x18) + offset
  if (byte(at) != 0) words.byte(0x20)
  for (; byte(at) != 0; at++) words.byte(byte(at))
}

/** A read outside the table gives 0: a backtrace must not fault, whatever became of the table. */
function byte(offset: u32): u32 { return offset < tableBytes ? load8(table + offset) : 0 }
function word(offset: u32): u32 { return offset <= tableBytes - 4 ? load32(table + offset) : 0 }
