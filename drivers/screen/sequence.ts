/** Control sequences by their final bytes. ECMA-48, 8.3; those with a '?' are the VT100's and xterm's. */
import { answer, answerDecimal } from './answers'
import { bottom, column, moveTo, restoreCursor, row, saveCursor, setCursorVisible, setRegion, setWraps, top } from './cursor'
import { columns, erase, insert, remove, rows, scrollDown, scrollUp } from './grid'
import { parameter, parameterCount } from './parameters'
import { blankAttribute, selectRendition } from './rendition'

/** Carries out a sequence; `prefix` is '?' or another byte that changes its meaning, or 0. What is not known does nothing. */
export function controlSequence(final: u32, prefix: u32): void {
  if (prefix == 0x3f) return privateMode(final)
  if (prefix) return
  const count = parameter(0, 1)
  const blank = blankAttribute()
  switch (final) {
    case 0x40: return insert(column, row, count, blank) //            @ ICH
    case 0x41: return moveTo(column, up(count)) //                    A CUU
    case 0x42: return moveTo(column, down(count)) //                  B CUD
    case 0x43: return moveTo(column + count, row) //                  C CUF
    case 0x44: return moveTo(column - min(column, count), row) //     D CUB
    case 0x45: return moveTo(0, down(count)) //                       E CNL
    case 0x46: return moveTo(0, up(count)) //                         F CPL
    case 0x47:
    case 0x60: return moveTo(count - 1, row) //                       G CHA, ` HPA
    case 0x48:
    case 0x66: return moveTo(parameter(1, 1) - 1, count - 1) //       H CUP, f HVP
    case 0x4a: return eraseDisplay(parameter(0, 0), blank) //         J ED
    case 0x4b: return eraseLine(parameter(0, 0), blank) //            K EL
    case 0x4c: return shiftLines(count, true, blank) //               L IL
    case 0x4d: return shiftLines(count, false, blank) //              M DL
    case 0x50: return remove(column, row, count, blank) //            P DCH
    case 0x53: return scrollUp(top, bottom, count, blank) //          S SU
    case 0x54: return scrollDown(top, bottom, count, blank) //        T SD
    case 0x58: return erase(column, row, min(column + count, columns), row + 1, blank) // X ECH
    case 0x64: return moveTo(column, count - 1) //                    d VPA
    case 0x6d: return selectRendition() //                            m SGR
    case 0x6e: return report(parameter(0, 0)) //                      n DSR
    case 0x72: return setRegion(count - 1, parameter(1, rows)) //     r DECSTBM
    case 0x73: return saveCursor() //                                 s
    case 0x75: return restoreCursor() //                              u
  }
}

/** Relative movement stays in the region that scrolls, if it begins there. */
function up(count: u32): u32 {
  const limit = row >= top ? top : 0
  return row - min(row - limit, count)
}

function down(count: u32): u32 {
  const limit = row < bottom ? bottom : rows
  return min(row + count, limit - 1)
}

function eraseDisplay(what: u32, blank: u32): void {
  if (what == 0) {
    erase(column, row, columns, row + 1, blank)
    erase(0, row + 1, columns, rows, blank)
  } else if (what == 1) {
    erase(0, 0, columns, row, blank)
    erase(0, row, column + 1, row + 1, blank)
  } else if (what == 2) {
    erase(0, 0, columns, rows, blank)
  }
}

function eraseLine(what: u32, blank: u32): void {
  if (what == 0) erase(column, row, columns, row + 1, blank)
  else if (what == 1) erase(0, row, column + 1, row + 1, blank)
  else if (what == 2) erase(0, row, columns, row + 1, blank)
}

function shiftLines(count: u32, inserts: bool, blank: u32): void {
  if (row < top || row >= bottom) return
  if (inserts) scrollDown(row, bottom, count, blank)
  else scrollUp(row, bottom, count, blank)
  moveTo(0, row)
}

function privateMode(final: u32): void {
  if (final != 0x68 && final != 0x6c) return // h sets, l resets
  for (let index: u32 = 0; index < parameterCount(); index++) {
    const mode = parameter(index, 0)
    if (mode == 7) setWraps(final == 0x68)
    else if (mode == 25) setCursorVisible(final == 0x68)
  }
}

/** A program asks whether the terminal is well, or where the cursor is: the answer comes as if typed. */
function report(what: u32): void {
  if (what != 5 && what != 6) return
  answer(0x1b)
  answer(0x5b) // [
  if (what == 5) {
    answer(0x30) // 0
    answer(0x6e) // n
    return
  }
  answerDecimal(row + 1)
  answer(0x3b) // ;
  answerDecimal(column + 1)
  answer(0x52) // R
}
