/** What `Utf8Decoder.push` gives while a sequence is not complete. */
export const Incomplete: i32 = -1

/** U+FFFD, shown for what is not UTF-8. */
export const Replacement: i32 = 0xfffd

/** Decodes UTF-8 byte by byte. Unicode 15.0, section 3.9, table 3-7: overlong forms, surrogates and values above 10FFFFh are ill-formed. */
export class Utf8Decoder {
  private value: i32 = 0
  private missing: i32 = 0
  private least: i32 = 0
  /** True when the byte pushed last cut an unfinished sequence short; a `Replacement` stands for that sequence. */
  broken: bool = false

  /** Takes one byte; gives a code point, `Replacement` for an ill-formed sequence, or `Incomplete`. */
  push(byte: i32): i32 {
    this.broken = false
    if (this.missing) {
      if ((byte & 0xc0) == 0x80) return this.next(byte)
      this.broken = true
      this.missing = 0
    }
    if (byte < 0x80) return byte
    if (byte >= 0xc2 && byte < 0xe0) return this.first(byte & 0x1f, 1, 0x80)
    if (byte >= 0xe0 && byte < 0xf0) return this.first(byte & 0x0f, 2, 0x800)
    if (byte >= 0xf0 && byte < 0xf5) return this.first(byte & 0x07, 3, 0x10000)
    return Replacement
  }

  /** Forgets an unfinished sequence; true if there was one. */
  reset(): bool {
    const unfinished = this.missing != 0
    this.missing = 0
    this.broken = false
    return unfinished
  }

  private first(bits: i32, missing: i32, least: i32): i32 {
    this.value = bits
    this.missing = missing
    this.least = least
    return Incomplete
  }

  private next(byte: i32): i32 {
    this.value = (this.value << 6) | (byte & 0x3f)
    if (--this.missing) return Incomplete
    if (this.value < this.least || this.value > 0x10ffff || isSurrogate(this.value)) return Replacement
    return this.value
  }
}

/** True for D800h–DFFFh, which are no characters. */
export function isSurrogate(code: i32): bool {
  return code >= 0xd800 && code <= 0xdfff
}

/** True for C0, DEL and C1: what a terminal may take for an order. ECMA-48, section 5. */
export function isControl(code: i32): bool {
  return code < 0x20 || (code >= 0x7f && code < 0xa0)
}

/** True for the characters that reorder the text around them, with which one text can pass for another. Unicode 15.0, section 23.2. */
export function isBidirectional(code: i32): bool {
  return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)
}

/** Columns a character takes on a terminal: 0, 1 or 2. Unicode Standard Annex 11, the blocks that matter. */
export function columnsOf(code: i32): i32 {
  if (code < 0x300) return 1
  if (code < 0x370 || (code >= 0x200b && code <= 0x200f) || (code >= 0x20d0 && code <= 0x20ff) || (code >= 0xfe00 && code <= 0xfe0f)) return 0
  if (code < 0x1100) return 1
  if (code <= 0x115f || (code >= 0x2e80 && code <= 0xa4cf && code != 0x303f)) return 2
  if ((code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f)) return 2
  if ((code >= 0xff00 && code <= 0xff60) || (code >= 0xffe0 && code <= 0xffe6)) return 2
  if ((code >= 0x1f300 && code <= 0x1f64f) || (code >= 0x1f900 && code <= 0x1f9ff) || (code >= 0x20000 && code <= 0x3fffd)) return 2
  return 1
}
