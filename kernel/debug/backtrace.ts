/** Walks the frame pointers that -fno-omit-frame-pointer keeps, and names each return address. */
import * as hw from '../hw'
import { commit } from '../log/log'
import * as words from '../log/text'
import { ImageBase } from '../memory/layout'
import { appendPlace } from './symbols'

const Limit: u32 = 24

/** Appends where `address` is: file:line and function where the symbols know it. */
export function appendAddress(address: u64): void {
  words.hex(address, 16)
  appendPlace(address)
}

function isImage(address: u64): bool { return address >= ImageBase && address < hw.imageAddress(hw.ImageAddress.End) }

/** Logs one line per frame, innermost first. A frame pointer that leaves the stacks ends it. */
export function backtrace(address: u64, framePointer: u64): void {
  let rip = address
  let frame = framePointer
  for (let depth: u32 = 0; depth < Limit; depth++) {
    words.text('  at ')
    appendAddress(rip)
    commit()
    if (!isImage(frame) || !isImage(frame + 8) || (frame & 7) != 0) return
    const next = hw.peek(frame)
    rip = hw.peek(frame + 8) - 1
    if (next <= frame || !isImage(rip)) return
    frame = next
  }
}
