/** Reads a ring line by line. */
import { renderLine } from './guestline'
import { beginOf, endOf, readFrom } from './source'

const longestLine: u32 = 1024 // bytes; a longer one is shown in pieces
const chunk = memory.data(1024, 16)
/** How long the beginning of a line waits for its end before it is shown all the same, in nanoseconds. */
const patience: u64 = 1000000000

/** What `LineFeed.next` found. */
export const enum Found { Nothing, Line, Gap }

/** A place in a ring, and what is known of the line that begins there. */
export class LineFeed {
  /** After `Found.Gap`: how many bytes were overwritten before they could be read. */
  lost: u64 = 0
  /** When the unfinished line at the end is to be shown; u64.MAX_VALUE when there is none. */
  deadline: u64 = u64.MAX_VALUE

  constructor(readonly source: i32, public position: u64) {}

  /**
   * Goes on to the next line before `end` and renders it (see guestline.ts). An unfinished line is found when its deadline
   * has passed at `now`, or at once when `all` is set.
   */
  next(end: u64, now: u64, all: bool): Found {
    const begin = beginOf(this.source)
    if (this.position < begin) {
      this.lost = begin - this.position
      this.position = begin
      return Found.Gap
    }
    end = min(end, endOf(this.source))
    if (this.position >= end) return this.nothing()
    let count = readFrom(this.source, this.position, chunk, <u32>min<u64>(longestLine, end - this.position))
    if (beginOf(this.source) > this.position) return this.next(end, now, all) // overwritten while it was read
    for (let i: u32 = 0; i < count; i++) if (load<u8>(chunk + i) == 10) return this.line(i, i + 1)
    if (!count) return this.nothing()
    if (count == longestLine) {
      // Not inside a character: its later bytes are 80h–BFh.
      for (let i = 0; i < 3 && (load<u8>(chunk + count - 1) & 0xc0) == 0x80; i++) count--
      if (load<u8>(chunk + count - 1) >= 0xc0) count--
      return this.line(count, count)
    }
    if (this.deadline == u64.MAX_VALUE) this.deadline = now + patience
    if (!all && now < this.deadline) return Found.Nothing
    return this.line(count, count)
  }

  /** Leaves out all but the last `bytes` bytes; returns how many were left out. */
  skipTo(bytes: u64): u64 {
    const end = endOf(this.source)
    if (end < bytes || end - bytes <= this.position) return 0
    const skipped = end - bytes - this.position
    this.position = end - bytes
    this.deadline = u64.MAX_VALUE
    return skipped
  }

  private nothing(): Found {
    this.deadline = u64.MAX_VALUE
    return Found.Nothing
  }

  private line(shown: u32, taken: u32): Found {
    renderLine(chunk, shown)
    this.position += taken
    this.deadline = u64.MAX_VALUE
    return Found.Line
  }
}
