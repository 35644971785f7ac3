/** Completes the word before the cursor when Tab is pressed. */
import { candidatesFor } from './candidates'
import { Command, findCommand, firstWords, Kind, membersOf } from './command'
import { insertText, lineCursor, lineText } from './line'
import { print } from './terminal'
import { finish } from './view'
import { Words } from './words'

const columns: i32 = 80

/** Completes as far as there is only one way, and lists the ways when there are several; false when there is none. */
export function complete(): bool {
  const words = new Words(lineText(0, lineCursor()))
  const before = words.list
  const begun = words.open ? before.pop() : ''
  const matching: string[] = []
  const candidates = candidatesAfter(before, begun)
  for (let i = 0; i < candidates.length; i++) if (candidates[i].startsWith(begun)) matching.push(candidates[i])
  if (!matching.length || words.unclosed) return false
  const common = commonStart(matching)
  if (matching.length == 1) {
    insertText(common.substring(begun.length) + ' ')
  } else if (common.length > begun.length) {
    insertText(common.substring(begun.length))
  } else {
    list(matching)
  }
  return true
}

/** The words that can follow `before`, of which `begun` is the beginning. */
function candidatesAfter(before: string[], begun: string): string[] {
  if (!before.length) return firstWords()
  const members = membersOf(before[0])
  if (members.length && before.length == 1) return members
  const command = members.length ? findCommand(before[0] + ' ' + before[1]) : findCommand(before[0])
  if (!command) return []
  return argumentsAfter(command, before.slice(members.length ? 2 : 1), begun)
}

function argumentsAfter(command: Command, words: string[], begun: string): string[] {
  const places: string[] = []
  const used: string[] = []
  for (let i = 0; i < words.length; i++) {
    if (!words[i].startsWith('-')) {
      places.push(words[i])
      continue
    }
    used.push(words[i])
    for (let j = 0; j < command.options.length; j++) {
      const option = command.options[j]
      if (!option.value.length || (words[i] != option.name && words[i] != option.alias)) continue
      if (++i == words.length) return [] // an option's value
    }
  }
  const candidates: string[] = []
  const position = command.positionAt(places.length)
  if (position && !begun.startsWith('-')) {
    const allowed = candidatesFor(position.kind, places)
    for (let i = 0; i < allowed.length; i++) if (position.kind != Kind.Vm && position.kind != Kind.Disk || !places.includes(allowed[i])) candidates.push(allowed[i])
  }
  // Options are offered where they are asked for, and where nothing must stand.
  if (begun.startsWith('-') || !position || !position.required) {
    for (let i = 0; i < command.options.length; i++) if (!used.includes(command.options[i].name)) candidates.push(command.options[i].name)
  }
  return candidates
}

function commonStart(words: string[]): string {
  let common = words[0]
  for (let i = 1; i < words.length; i++) {
    let same = 0
    while (same < common.length && same < words[i].length && common.charCodeAt(same) == words[i].charCodeAt(same)) same++
    common = common.substring(0, same)
  }
  return common
}

function list(words: string[]): void {
  finish()
  let widest = 0
  for (let i = 0; i < words.length; i++) widest = max(widest, words[i].length)
  const perRow = max(columns / (widest + 2), 1)
  for (let i = 0; i < words.length; i++) {
    const last = i % perRow == perRow - 1 || i == words.length - 1
    print(last ? words[i] + '\n' : words[i].padEnd(widest + 2))
  }
}
