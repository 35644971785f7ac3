/** Colors and emphasis as SGR sets them (ECMA-48, 8.3.117, and xterm's additions), made into a VGA attribute. */
import { plainAttribute } from './grid'
import { parameter, parameterCount } from './parameters'

let foreground: u32 = 7 // 0–15 in ANSI's order: red is 1, blue is 4
let background: u32 = 0
let bold: bool = false
let inverse: bool = false

/** The attribute of what is written next: bits 0–3 the foreground, 4–6 the background. */
export let attribute: u32 = plainAttribute

/** Back to light grey on black. */
export function resetRendition(): void {
  foreground = 7
  background = 0
  bold = inverse = false
  attribute = plainAttribute
}

/** What is erased takes the background in use, as on xterm. */
export function blankAttribute(): u32 { return attribute & 0x70 | plainAttribute }

/** Carries out the parameters of an SGR sequence. */
export function selectRendition(): void {
  for (let index: u32 = 0; index < max(parameterCount(), 1); index++) {
    const code = parameter(index, 0)
    if (code == 38 || code == 48) {
      index += extended(index + 1, code == 48)
      continue
    }
    select(code)
  }
  // The attribute's bit 7 blinks on a VGA as the firmware leaves it, so backgrounds are never bright.
  const front = vga(bold ? foreground | 8 : foreground)
  const back = vga(background & 7)
  attribute = inverse ? (front & 7) << 4 | back : back << 4 | front
}

function select(code: u32): void {
  if (code == 0) {
    resetRendition()
  } else if (code == 1) {
    bold = true
  } else if (code == 22) {
    bold = false
  } else if (code == 7) {
    inverse = true
  } else if (code == 27) {
    inverse = false
  } else if (code >= 30 && code <= 37) {
    foreground = code - 30
  } else if (code == 39) {
    foreground = 7
  } else if (code >= 40 && code <= 47) {
    background = code - 40
  } else if (code == 49) {
    background = 0
  } else if (code >= 90 && code <= 97) {
    foreground = code - 90 + 8
  } else if (code >= 100 && code <= 107) {
    background = code - 100
  }
}

/** 38;5;n and 38;2;r;g;b: the nearest of the sixteen colors. Returns how many parameters they took. */
function extended(index: u32, isBackground: bool): u32 {
  const kind = parameter(index, 0)
  let color: u32 = 0
  let taken: u32 = 1
  if (kind == 5) {
    const number = parameter(index + 1, 0)
    taken = 2
    if (number < 16) color = number
    else if (number < 232) color = nearest((number - 16) / 36 * 51, (number - 16) / 6 % 6 * 51, (number - 16) % 6 * 51)
    else color = nearest((number - 232) * 10 + 8, (number - 232) * 10 + 8, (number - 232) * 10 + 8)
  } else if (kind == 2) {
    color = nearest(parameter(index + 1, 0), parameter(index + 2, 0), parameter(index + 3, 0))
    taken = 4
  }
  if (isBackground) background = color
  else foreground = color
  return taken
}

/** A color component counts when it is at least half the strongest; the whole is bright when that is. */
function nearest(red: u32, green: u32, blue: u32): u32 {
  const strongest = max(red, max(green, blue))
  if (strongest < 0x30) return 0
  const least = strongest / 2 + 1
  const color = <u32>(red >= least) | <u32>(green >= least) << 1 | <u32>(blue >= least) << 2
  if (color == 7 && strongest < 0x80) return 8 // dark grey
  return strongest > 0xc0 ? color | 8 : color
}

/** ANSI has red in bit 0 and blue in bit 2, the VGA the other way round. */
function vga(color: u32): u32 {
  return color & 0xa | (color & 1) << 2 | color >> 2 & 1
}
