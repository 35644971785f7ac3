/** Brings the grid to the glass. Only what changed since the last time is written: video memory is slow. */
import { describe, Screen, ScreenType, write16, write32, write8 } from '../../capability/screen'
import { column, cursorVisible, row } from './cursor'
import { glyph, glyphHeight } from './font'
import { cell, columns, maximumColumns, resize, rows } from './grid'

const glyphWidth: u32 = 8
/** So many take well below a millisecond, in which no guest runs on this processor. */
const mostGlyphs: u32 = 128
/** No cell is this: a character 0 is never put. */
const never: u16 = 0

const painted = memory.data(49152) // as the grid's cells: what each place on the glass shows
const pixels = memory.data(64) // the pixel value of each of the 16 colors

const screen = changetype<Screen>(memory.data(32, 8))
let bytesPerPixel: u32 = 0
let nextRow: u32 = 0 // where painting goes on: no row waits for ever for those above it
let magnification: u32 = 1 // pixels for each of a glyph's, in both directions

/** Learns what the screen is like and sets the grid to its size; false when there is none that this driver can use. */
export function openScreen(): bool {
  if (!describe(changetype<usize>(screen))) return false
  const type = screen.type
  const width = screen.width
  const height = screen.height
  bytesPerPixel = (screen.bitsPerPixel + 7) / 8
  magnification = 1
  nextRow = 0
  if (type == ScreenType.Text) {
    resize(width, height)
  } else if (type == ScreenType.Rgb && bytesPerPixel >= 2 && bytesPerPixel <= 4 || type == ScreenType.Indexed && bytesPerPixel == 1) {
    // Letters of 16 lines are too small to read where a screen has many more than 720.
    magnification = max(height / 720, 1)
    resize(width / (glyphWidth * magnification), height / (glyphHeight * magnification))
    for (let color: u32 = 0; color < 16; color++) store<u32>(pixels + <usize>color * 4, type == ScreenType.Rgb ? rgb(color) : color)
  } else {
    return false
  }
  memory.fill(painted, <u8>never, 49152)
  return columns > 0 && rows > 0
}

/** Writes cells that look different from what was painted, but not many more than `mostGlyphs`; false when that was not all. */
export function paint(): bool {
  let glyphs: u32 = 0
  for (let y: u32 = 0; y < rows; y++) {
    if (glyphs >= mostGlyphs) return false
    glyphs += paintRow(nextRow)
    nextRow = (nextRow + 1) % rows
  }
  return true
}

/** How many of a row's cells were drawn as pixels. */
function paintRow(y: u32): u32 {
  let glyphs: u32 = 0
  for (let x: u32 = 0; x < columns; x++) {
    let wanted = cell(x, y)
    if (cursorVisible && x == column && y == row) wanted = inverted(wanted)
    const shown = painted + (<usize>y * maximumColumns + x) * 2
    if (load<u16>(shown) == <u16>wanted) continue
    store<u16>(shown, <u16>wanted)
    if (screen.type == ScreenType.Text) {
      write16(y * screen.pitch + x * 2, wanted)
      continue
    }
    paintGlyph(x, y, wanted)
    glyphs++
  }
  return glyphs
}

/** The cursor: foreground and background change places, so that it needs no hardware and looks the same in every mode. */
function inverted(wanted: u32): u32 {
  const attribute = wanted >> 8
  return wanted & 0xff | (attribute & 7) << 12 | (attribute & 0x70) << 4
}

function paintGlyph(x: u32, y: u32, wanted: u32): void {
  const front = load<u32>(pixels + <usize>(wanted >> 8 & 15) * 4)
  const back = load<u32>(pixels + <usize>(wanted >> 12 & 7) * 4)
  const bits = glyph(wanted & 0xff)
  let line = y * glyphHeight * magnification * screen.pitch + x * glyphWidth * magnification * bytesPerPixel
  for (let height: u32 = 0; height < glyphHeight * magnification; height++) {
    const dots = <u32>load<u8>(bits + height / magnification)
    if (bytesPerPixel == 4 && magnification == 1) writeDots(line, dots, front, back)
    else writeLine(line, dots, front, back)
    line += screen.pitch
  }
}

/** One line of a glyph where nearly all screens have it: a pixel for each dot, of four bytes each. */
@inline function writeDots(offset: u32, dots: u32, front: u32, back: u32): void {
  write32(offset, dots & 0x80 ? front : back)
  write32(offset + 4, dots & 0x40 ? front : back)
  write32(offset + 8, dots & 0x20 ? front : back)
  write32(offset + 12, dots & 0x10 ? front : back)
  write32(offset + 16, dots & 8 ? front : back)
  write32(offset + 20, dots & 4 ? front : back)
  write32(offset + 24, dots & 2 ? front : back)
  write32(offset + 28, dots & 1 ? front : back)
}

function writeLine(line: u32, dots: u32, front: u32, back: u32): void {
  let offset = line
  for (let dot: u32 = 0x80; dot; dot >>= 1) {
    for (let copy: u32 = 0; copy < magnification; copy++) {
      writePixel(offset, dots & dot ? front : back)
      offset += bytesPerPixel
    }
  }
}

function writePixel(offset: u32, pixel: u32): void {
  switch (bytesPerPixel) {
    case 1: return write8(offset, pixel)
    case 2: return write16(offset, pixel)
    case 3:
      write16(offset, pixel & 0xffff)
      return write8(offset + 2, pixel >> 16)
    default: return write32(offset, pixel)
  }
}

/** The VGA's 16 colors, scaled to the bits that the screen has for each component. Color 6 is brown: half the green of dark yellow. */
function rgb(color: u32): u32 {
  const bright: u32 = color & 8 ? 0x55 : 0
  const red = (color & 4 ? 0xaa : 0) + bright
  const green = (color == 6 ? 0x55 : color & 2 ? 0xaa : 0) + bright
  const blue = (color & 1 ? 0xaa : 0) + bright
  return component(red, screen.redPosition, screen.redSize) | component(green, screen.greenPosition, screen.greenSize) | component(blue, screen.bluePosition, screen.blueSize)
}

function component(value: u32, position: u32, size: u32): u32 {
  return (size < 8 ? value >> (8 - size) : value << min(size - 8, 24)) << (position & 31)
}
