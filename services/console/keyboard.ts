/** Turns the bytes of a terminal into keys: ECMA-48 and the sequences of xterm, VT220, rxvt and the Linux console. */
import { Incomplete, Replacement, Utf8Decoder } from './utf8'

/** Keys that are no characters; they lie beyond Unicode. */
export namespace Key {
  export const None: i32 = -1
  export const Enter: i32 = 0x110000
  export const Tab: i32 = 0x110001
  export const Left: i32 = 0x110002
  export const Right: i32 = 0x110003
  export const Up: i32 = 0x110004
  export const Down: i32 = 0x110005
  export const Home: i32 = 0x110006
  export const End: i32 = 0x110007
  export const Backspace: i32 = 0x110008
  export const Delete: i32 = 0x110009
  export const WordLeft: i32 = 0x11000a
  export const WordRight: i32 = 0x11000b
  export const EraseWord: i32 = 0x11000c
  export const EraseToStart: i32 = 0x11000d
  export const EraseToEnd: i32 = 0x11000e
  export const Redraw: i32 = 0x11000f
  export const Interrupt: i32 = 0x110010
  export const EndOfInput: i32 = 0x110011
  export const Unknown: i32 = 0x110012
  /** A terminal's answer where its cursor is: `reportedRow()`, `reportedColumn()`. */
  export const Position: i32 = 0x110013
}

const enum State { Ground, Escape, Sequence, Single }

const utf8 = new Utf8Decoder()
let state: State = State.Ground
let parameter: i32 = 0 // of an escape sequence, the first
let modifier: i32 = 0 // and the second: of a key, 2 Shift, 3 Alt, 5 Control
let parameters: i32 = 0
let afterReturn: bool = false // a line feed that follows a carriage return is the same key

/** Takes one byte; gives a character, a `Key`, or `Key.None` while a sequence is not complete. */
export function push(byte: i32): i32 {
  switch (state) {
    case State.Escape: return escape(byte)
    case State.Sequence: return sequence(byte)
    case State.Single:
      state = State.Ground
      return final(byte)
    default: return ground(byte)
  }
}

/** After `Key.Position`: the row, counted from 1. */
export function reportedRow(): i32 { return parameter }

/** After `Key.Position`: the column, counted from 1; 0 when the key was another that xterm writes alike. */
export function reportedColumn(): i32 { return modifier }

function ground(byte: i32): i32 {
  const repeated = afterReturn && byte == 10
  afterReturn = byte == 13
  if (repeated) return Key.None
  if (byte >= 0x80 || byte >= 0x20 && byte != 0x7f) {
    const code = utf8.push(byte)
    if (code == Incomplete) return Key.None
    return code >= 0x80 && code < 0xa0 ? Replacement : code
  }
  utf8.reset()
  switch (byte) {
    case 0x01: return Key.Home //         ^A
    case 0x02: return Key.Left //         ^B
    case 0x03: return Key.Interrupt //    ^C
    case 0x04: return Key.EndOfInput //   ^D
    case 0x05: return Key.End //          ^E
    case 0x06: return Key.Right //        ^F
    case 0x08: return Key.Backspace //    ^H
    case 0x09: return Key.Tab
    case 0x0a: return Key.Enter
    case 0x0b: return Key.EraseToEnd //   ^K
    case 0x0c: return Key.Redraw //       ^L
    case 0x0d: return Key.Enter
    case 0x0e: return Key.Down //         ^N
    case 0x10: return Key.Up //           ^P
    case 0x15: return Key.EraseToStart // ^U
    case 0x17: return Key.EraseWord //    ^W
    case 0x7f: return Key.Backspace
    case 0x1b:
      state = State.Escape
      return Key.None
    default: return Key.Unknown
  }
}

function escape(byte: i32): i32 {
  state = State.Ground
  switch (byte) {
    case 0x1b: // Escape was pressed twice
      state = State.Escape
      return Key.None
    case 0x5b: // [
      state = State.Sequence
      parameter = modifier = parameters = 0
      return Key.None
    case 0x4f: // O: the keypad's application mode
      state = State.Single
      modifier = 0
      return Key.None
    case 0x62: return Key.WordLeft //  Alt-b
    case 0x66: return Key.WordRight // Alt-f
    case 0x7f: return Key.EraseWord // Alt-Backspace
  }
  return byte < 0x20 ? ground(byte) : Key.Unknown
}

/** ECMA-48, 5.4: parameter bytes 30h–3Fh, intermediate bytes 20h–2Fh, one final byte 40h–7Eh. */
function sequence(byte: i32): i32 {
  if (byte >= 0x30 && byte <= 0x39) {
    const digit = byte - 0x30
    if (parameters == 0) parameter = min(parameter * 10 + digit, 9999)
    else if (parameters == 1) modifier = min(modifier * 10 + digit, 9999)
    return Key.None
  }
  if (byte == 0x3b) parameters++
  if (byte >= 0x20 && byte < 0x40) return Key.None
  state = State.Ground
  if (byte < 0x20) return ground(byte) // a control character ends what was no sequence
  return final(byte)
}

function final(byte: i32): i32 {
  switch (byte) {
    case 0x41: return Key.Up //   A
    case 0x42: return Key.Down // B
    case 0x43: return modifier > 2 ? Key.WordRight : Key.Right // C
    case 0x44: return modifier > 2 ? Key.WordLeft : Key.Left //   D
    case 0x46: return Key.End //  F
    case 0x48: return Key.Home // H
    case 0x4d: return Key.Enter // M: the keypad's
    case 0x52: return Key.Position // R: CPR, ECMA-48, 8.3.14
    case 0x7e: return numbered() // ~
    default: return Key.None
  }
}

function numbered(): i32 {
  switch (parameter) {
    case 1:
    case 7: return Key.Home
    case 4:
    case 8: return Key.End
    case 3: return Key.Delete
    default: return Key.None
  }
}
