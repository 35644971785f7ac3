/** A terminal for the bytes that people are to be shown: the subset of ECMA-48 and xterm that line editors and full-screen programs use. */
import { forgetAnswers } from './answers'
import { decode, incomplete, place, resetCharacter, width } from './characters'
import { carriageReturn, lineFeed, moveTo, resetCursor, restoreCursor, reverseLineFeed, saveCursor, stepBack, tabulate, write } from './cursor'
import { columns, erase, plainAttribute, rows } from './grid'
import { addDigit, clearParameters, nextParameter } from './parameters'
import { resetRendition } from './rendition'
import { controlSequence } from './sequence'

const enum State {
  Ground,
  Escape, // ESC came
  Intermediate, // ESC and a byte from 20h to 2Fh: one more ends it
  Sequence, // CSI came
  Text, // an operating system command or the like, which has no effect here, until BEL or ST
  TextEscape, // ESC in it, perhaps ST's first half
}

let state: State = State.Ground
let prefix: u32 = 0 // '?' and the like at a sequence's start, or an intermediate byte

/** Back to a clear screen. */
export function reset(): void {
  state = State.Ground
  resetCharacter()
  resetRendition()
  resetCursor()
  erase(0, 0, columns, rows, plainAttribute)
}

/** Shows one byte. */
export function show(byte: u32): void {
  if (state == State.Text || state == State.TextEscape) return text(byte)
  if (byte < 0x20) {
    resetCharacter()
    return control(byte)
  }
  switch (state) {
    case State.Escape: return escape(byte)
    case State.Intermediate:
      state = State.Ground
      return
    case State.Sequence: return sequence(byte)
    default: return ground(byte)
  }
}

function ground(byte: u32): void {
  if (byte == 0x7f) return
  let point: i32 = byte
  if (byte < 0x80) resetCharacter()
  else point = decode(byte)
  if (point == incomplete || point >= 0x80 && point < 0xa0) return
  const cells = width(point)
  for (let index: u32 = 0; index < cells; index++) write(place(point))
}

/** Control characters act in the midst of sequences too, as on the VT100. */
function control(byte: u32): void {
  switch (byte) {
    case 0x08: return stepBack()
    case 0x09: return tabulate()
    case 0x0a:
    case 0x0b:
    case 0x0c: return lineFeed()
    case 0x0d: return carriageReturn()
    case 0x18:
    case 0x1a: return cancel()
    case 0x1b:
      state = State.Escape
  }
}

/** CAN and SUB break a sequence off, and what was asked before. */
function cancel(): void {
  state = State.Ground
  forgetAnswers()
}

function escape(byte: u32): void {
  state = State.Ground
  if (byte < 0x30) {
    state = State.Intermediate
    return
  }
  switch (byte) {
    case 0x37: return saveCursor() //     ESC 7
    case 0x38: return restoreCursor() //  ESC 8
    case 0x44: return lineFeed() //       ESC D, IND
    case 0x45: // ESC E, NEL
      carriageReturn()
      return lineFeed()
    case 0x4d: return reverseLineFeed() // ESC M, RI
    case 0x5b: // ESC [, CSI
      state = State.Sequence
      prefix = 0
      return clearParameters()
    case 0x50: // ESC P, DCS
    case 0x58: // ESC X, SOS
    case 0x5d: // ESC ], OSC
    case 0x5e: // ESC ^, PM
    case 0x5f: // ESC _, APC
      state = State.Text
      return
    case 0x63: // ESC c, RIS
      reset()
      return moveTo(0, 0)
  }
}

function sequence(byte: u32): void {
  if (byte >= 0x30 && byte <= 0x39) addDigit(byte - 0x30)
  else if (byte == 0x3a || byte == 0x3b) nextParameter() // colons divide within a color, as semicolons do
  else if (byte < 0x40) prefix = byte
  else {
    state = State.Ground
    if (byte <= 0x7e) controlSequence(byte, prefix)
  }
}

function text(byte: u32): void {
  if (byte == 0x1b) {
    state = State.TextEscape
  } else if (byte == 0x07) {
    state = State.Ground
  } else if (byte == 0x18 || byte == 0x1a) {
    cancel()
  } else if (state == State.TextEscape) {
    // ESC \ is the end; ESC and anything else begins another sequence.
    state = State.Escape
    if (byte == 0x5c) state = State.Ground
    else if (byte >= 0x20) escape(byte)
    else control(byte)
  }
}
