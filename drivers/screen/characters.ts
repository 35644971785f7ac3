/** From UTF-8 to the text mode's characters, code page 437. */

/** No character yet: more bytes follow. */
export const incomplete: i32 = -1

/** What is shown for a character that the font does not have. */
export const unknown: u32 = 0x7f

let code: i32 = 0
let missing: u32 = 0 // continuation bytes

/** Forgets a character of which not all bytes came. */
export function resetCharacter(): void { missing = 0 }

/** Takes a byte from 80h on; gives a code point, U+FFFD for what is no UTF-8, or `incomplete`. Unicode 15, table 3-6. */
export function decode(byte: u32): i32 {
  if (byte < 0xc0) {
    if (!missing) return 0xfffd
    code = code << 6 | (byte & 0x3f)
    return --missing ? incomplete : code
  }
  missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : byte < 0xf8 ? 3 : 0
  code = byte & (0x3f >> missing)
  return missing ? incomplete : 0xfffd
}

/** Cells that a code point takes: 0 for marks and joiners, 2 for East Asian wide ones and pictures. */
export function width(point: i32): u32 {
  if (point < 0x300) return 1
  if (point < 0x370) return 0
  if (point >= 0x200b && point <= 0x200f || point >= 0xfe00 && point <= 0xfe0f || point == 0xfeff) return 0
  if (point >= 0x1100 && point <= 0x115f || point >= 0x2e80 && point <= 0xa4cf || point >= 0xac00 && point <= 0xd7a3) return 2
  if (point >= 0xf900 && point <= 0xfaff || point >= 0xfe30 && point <= 0xfe6f || point >= 0xff00 && point <= 0xff60) return 2
  return point >= 0xffe0 && point <= 0xffe6 || point >= 0x1f300 && point <= 0x1faff || point >= 0x20000 ? 2 : 1
}

/** The place in code page 437 of a code point, or of what comes nearest. */
export function place(point: i32): u32 {
  if (point >= 0x20 && point < 0x7f) return point
  switch (point) {
    case 0xa0: return 0x20
    case 0xb0: return 0xf8 // °
    case 0xb7: return 0xfa // ·
    case 0xd7: return 0x78 // ×
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013: return 0x2d // hyphens, en dash
    case 0x2014:
    case 0x2500:
    case 0x2550: return 0xc4 // — ─ ═
    case 0x2018:
    case 0x2019: return 0x27 // ‘ ’
    case 0x201c:
    case 0x201d: return 0x22 // “ ”
    case 0x2022:
    case 0x25cf: return 0x07 // • ●
    case 0x2502:
    case 0x2551: return 0xb3 // │ ║
    case 0x250c:
    case 0x2554: return 0xda // ┌ ╔
    case 0x2510:
    case 0x2557: return 0xbf // ┐ ╗
    case 0x2514:
    case 0x255a: return 0xc0 // └ ╚
    case 0x2518:
    case 0x255d: return 0xd9 // ┘ ╝
    case 0x251c:
    case 0x2560: return 0xc3 // ├ ╠
    case 0x2524:
    case 0x2563: return 0xb4 // ┤ ╣
    case 0x252c:
    case 0x2566: return 0xc2 // ┬ ╦
    case 0x2534:
    case 0x2569: return 0xc1 // ┴ ╩
    case 0x253c:
    case 0x256c: return 0xc5 // ┼ ╬
    case 0x2588: return 0xdb // █
    case 0x2591:
    case 0x2592:
    case 0x2593: return 0xb1 // ░ ▒ ▓
    default: return unknown
  }
}
