/** Numbers as people read them; integers only. */

/** A size in the largest binary unit that leaves at least 1, with one decimal unless it is 0. */
export function size(bytes: u64): string {
  if (bytes < 1 << 10) return `${bytes} B`
  if (bytes < 1 << 20) return `${tenths(bytes, 10)} KiB`
  if (bytes < 1 << 30) return `${tenths(bytes, 20)} MiB`
  return `${tenths(bytes, 30)} GiB`
}

/** A span of time given in nanoseconds, in the two units that matter. */
export function duration(nanoseconds: u64): string {
  const milliseconds = nanoseconds / 1000000
  const seconds = milliseconds / 1000
  if (seconds < 1) return `${milliseconds} ms`
  if (seconds < 60) return `${seconds}.${(milliseconds % 1000) / 100} s`
  if (seconds < 3600) return `${seconds / 60} min ${seconds % 60} s`
  if (seconds < 86400) return `${seconds / 3600} h ${(seconds / 60) % 60} min`
  return `${seconds / 86400} d ${(seconds / 3600) % 24} h`
}

/** A frequency in Hz. */
export function frequency(hertz: u64): string {
  if (hertz < 1000000) return `${hertz} Hz`
  const kilohertz = (hertz + 500) / 1000
  return `${kilohertz / 1000}.${(kilohertz % 1000).toString().padStart(3, '0')} MHz`
}

/** `part` of `whole` in percent with one decimal. */
export function percent(part: u64, whole: u64): string {
  const unit = whole / 1000
  if (!unit) return '0.0 %'
  const tenth = part / unit
  return `${tenth / 10}.${tenth % 10} %`
}

/** Seconds since 1970-01-01 as date and time, UTC, in the proleptic Gregorian calendar. */
export function dateTime(epoch: u64): string {
  const days = epoch / 86400
  // Years are counted from March so that the leap day is the last of a year, in eras of 400 years (146,097 days).
  const shifted = days + 719468 // days from 0000-03-01 to 1970-01-01
  const era = shifted / 146097
  const dayOfEra = shifted % 146097
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  const monthFromMarch = (5 * dayOfYear + 2) / 153
  const day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = era * 400 + yearOfEra + u64(month <= 2)
  const second = epoch % 86400
  return `${year}-${two(month)}-${two(day)} ${two(second / 3600)}:${two((second / 60) % 60)}:${two(second % 60)} UTC`
}

/** A decimal number, or `limit` + 1 when the text is none or exceeds `limit`. */
export function parseNumber(text: string, limit: u64): u64 {
  let value: u64 = 0
  if (text.length == 0) return limit + 1
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return limit + 1
    value = value * 10 + digit
    if (value > limit) return limit + 1
  }
  return value
}

/** A size such as 10GiB, 512 MiB or 2T in bytes, or 0 when the text is none or exceeds `limit`. */
export function parseSize(text: string, limit: u64): u64 {
  let digits = 0
  while (digits < text.length && text.charCodeAt(digits) >= 0x30 && text.charCodeAt(digits) <= 0x39) digits++
  const number = parseNumber(text.substring(0, digits), limit)
  const unit = text.substring(digits).trimStart().toUpperCase()
  const isWhole = unit.length == 1 || unit.length == 3 && unit.endsWith('IB')
  const power = isWhole ? 'KMGT'.indexOf(unit.charAt(0)) + 1 : 0
  return power && number <= limit >> (10 * power) ? number << (10 * power) : 0
}

/** A word to be quoted back in a message, cut to a length that leaves the message readable. */
export function quoted(word: string): string {
  return word.length > 40 ? `'${word.substring(0, 37)}...'` : `'${word}'`
}

/** Words on lines of at most 60 characters, so that a long list and its heading fit a terminal. */
export function wrapped(text: string): string {
  const words = text.split(' ')
  let out = words[0]
  let column = out.length
  for (let i = 1; i < words.length; i++) {
    column += 1 + words[i].length
    out += (column > 60 ? '\n' : ' ') + words[i]
    if (column > 60) column = words[i].length
  }
  return out
}

function tenths(value: u64, shift: u64): string {
  const unit: u64 = 1 << shift
  let whole = value >> shift
  let tenth = ((value & (unit - 1)) * 10 + unit / 2) >> shift
  if (tenth == 10) {
    whole++
    tenth = 0
  }
  return tenth ? `${whole}.${tenth}` : whole.toString()
}

function two(value: u64): string {
  return value.toString().padStart(2, '0')
}
