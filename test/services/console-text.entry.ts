/** What console-text.test.ts drives: the console's pure functions. Strings go out as pointers. */
import { dateTime, duration, frequency, percent, size } from '../../services/console/format'
import { distance } from '../../services/console/suggestion'
import { Incomplete, Replacement, Utf8Decoder } from '../../services/console/utf8'
import { Words } from '../../services/console/words'

const decoder = new Utf8Decoder()
const buffer = memory.data(4096)

export function bufferAddress(): usize { return buffer }
export function dateTimeOf(epoch: u64): string { return dateTime(epoch) }
export function durationOf(nanoseconds: u64): string { return duration(nanoseconds) }
export function sizeOf(bytes: u64): string { return size(bytes) }
export function frequencyOf(hertz: u64): string { return frequency(hertz) }
export function percentOf(part: u64, whole: u64): string { return percent(part, whole) }

/** Decodes `length` bytes of the buffer. */
export function decode(length: i32): string {
  const units: i32[] = []
  for (let i = 0; i < length; i++) {
    const code = decoder.push(load<u8>(buffer + i))
    if (decoder.broken) units.push(Replacement)
    if (code == Incomplete) continue
    if (code > 0xffff) {
      units.push(0xd800 | ((code - 0x10000) >> 10))
      units.push(0xdc00 | (code & 0x3ff))
    } else {
      units.push(code)
    }
  }
  if (decoder.reset()) units.push(Replacement)
  return String.fromCharCodes(units)
}

/** The words of the buffer's text, each in brackets; '!' at the end when a quotation mark is open. */
export function words(length: i32): string {
  const result = new Words(String.UTF8.decodeUnsafe(buffer, length))
  let text = ''
  for (let i = 0; i < result.list.length; i++) text += `[${result.list[i]}]`
  return text + (result.unclosed ? '!' : '')
}

/** The distance between the buffer's two texts: `first` bytes, then `second` bytes. */
export function distanceOf(first: i32, second: i32): i32 {
  return distance(String.UTF8.decodeUnsafe(buffer, first), String.UTF8.decodeUnsafe(buffer + first, second))
}
