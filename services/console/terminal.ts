/**
 * What is shown on the host console: a bounded queue in front of the terminal's ring. Only `control` and `raw` can send
 * a control character; whatever a guest, a file or a person supplied goes through `print` and cannot steer the terminal.
 */
import { terminalWrite } from '../../capability/admin'
import { isBidirectional, isControl, isSurrogate, Replacement } from './utf8'

const capacity: u32 = 128 * 1024 // a power of two; the longest answer of one command fits many times over
const queue = memory.data(131072, 16)
let head: u32 = 0
let length: u32 = 0
let lost: u32 = 0 // bytes of output that found the queue full

/** Bytes that wait for room in the terminal's ring. */
export function pending(): u32 {
  return length
}

/** Offers what waits to the terminal; true when nothing waits any more. */
export function flush(): bool {
  while (length) {
    const run = min(length, capacity - head)
    const taken = terminalWrite(queue + head, run)
    head = (head + taken) & (capacity - 1)
    length -= taken
    if (taken < run) return false
  }
  if (lost) {
    const count = lost
    lost = 0
    print(`\n... ${count} bytes of output lost\n`)
    return false
  }
  return true
}

/** Shows text. A line feed starts a new line; other control characters become '?'. */
export function print(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)
    if (code > 0xffff) i++
    if (code == 10) control('\r\n')
    else printCodePoint(code)
  }
}

/** Shows one character, or '?' for one that could steer the terminal. */
export function printCodePoint(code: i32): void {
  if (isControl(code) || isBidirectional(code)) code = 63 // '?'
  if (isSurrogate(code)) code = Replacement
  if (code < 0x80) {
    put(code)
  } else if (code < 0x800) {
    put(0xc0 | (code >> 6))
    put(0x80 | (code & 0x3f))
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12))
    put(0x80 | ((code >> 6) & 0x3f))
    put(0x80 | (code & 0x3f))
  } else {
    put(0xf0 | (code >> 18))
    put(0x80 | ((code >> 12) & 0x3f))
    put(0x80 | ((code >> 6) & 0x3f))
    put(0x80 | (code & 0x3f))
  }
}

/** Sends ASCII as it is: the console's own line ends, bells and escape sequences. */
export function control(sequence: string): void {
  for (let i = 0; i < sequence.length; i++) put(sequence.charCodeAt(i))
}

/** Sends bytes as they are: the output of a guest to which the administrator is attached. */
export function raw(source: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) put(load<u8>(source + i))
}

function put(byte: i32): void {
  if (length == capacity) {
    lost++
    return
  }
  store<u8>(queue + ((head + length) & (capacity - 1)), <u8>byte)
  length++
}
