/** The lines entered before, newest last. Bounded in number and in characters. */
import { lineLength, lineText, setLine } from './line'

const mostLines: i32 = 200
const mostCharacters: i32 = 16384

const lines = new Array<string>()
let characters: i32 = 0
let place: i32 = 0 // of the line being shown; lines.length is the one being typed
let draft: string = '' // what was typed when the first older line was asked for

/** Keeps a line, unless it is blank or the same as the one before, and forgets the oldest ones beyond the bounds. */
export function remember(text: string): void {
  const same = lines.length > 0 && lines[lines.length - 1] == text
  if (text.trim().length > 0 && !same) {
    lines.push(text)
    characters += text.length
    while (lines.length > mostLines || characters > mostCharacters) characters -= lines.shift().length
  }
  forgetPlace()
}

/** Goes back to the line being typed, which is about to be a new one. */
export function forgetPlace(): void {
  place = lines.length
  draft = ''
}

/** Shows the line before the one shown; false when there is none. */
export function older(): bool {
  if (place == 0) return false
  if (place == lines.length) draft = lineText(0, lineLength())
  setLine(lines[--place])
  return true
}

/** Shows the line after the one shown; false when there is none. */
export function newer(): bool {
  if (place == lines.length) return false
  place++
  setLine(place == lines.length ? draft : lines[place])
  return true
}
