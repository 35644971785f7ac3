/** Carries out a line: finds its command, checks the arguments, and says what is allowed where something is wrong. */
import { Arguments, Command, commands, findCommand, firstWords, membersOf, Option } from './command'
import { quoted } from './format'
import { allowedFor } from './candidates'
import { nearest } from './suggestion'
import { print } from './terminal'
import { Words } from './words'

const mostWords: i32 = 64

/** Carries out one line. */
export function dispatch(line: string): void {
  const words = new Words(line)
  if (words.unclosed) return print('A quotation mark is not closed.\n')
  const list = words.list
  if (!list.length) return
  if (list.length > mostWords) return print(`A line can have ${mostWords} words.\n`)
  const members = membersOf(list[0])
  if (members.length && list.length == 1) return print(`${list[0]} needs a command:\n  ${members.join(', ')}\n`)
  const command = members.length ? findCommand(list[0] + ' ' + list[1]) : findCommand(list[0])
  if (!command) return print(unknownCommand(list, members) + '\n')
  const given = new Arguments()
  const problem = check(command, list.slice(members.length ? 2 : 1), given)
  if (problem.length) return print(`${problem}\nUsage: ${command.usage()}\n`)
  command.run(given)
}

function unknownCommand(words: string[], members: string[]): string {
  if (members.length) {
    const meant = nearest(words[1], members)
    const start = `${words[0]} has no command ${quoted(words[1])}.`
    if (meant.length) return `${start} Did you mean: ${words[0]} ${meant}?`
    return `${start} There are: ${members.join(', ')}.`
  }
  const start = `There is no command ${quoted(words[0])}.`
  // 'start web' means 'vm start web'.
  const end = ' ' + words[0]
  for (let i = 0; i < commands.length; i++) {
    if (commands[i].name.endsWith(end)) return `${start} Did you mean: ${commands[i].name}?`
  }
  const meant = nearest(words[0], firstWords())
  if (meant.length) return `${start} Did you mean: ${meant}?`
  return `${start} help lists the commands.`
}

/** Sorts words into positions and options; gives what is wrong with them, '' if nothing. */
function check(command: Command, words: string[], given: Arguments): string {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word.length < 2 || !word.startsWith('-')) {
      given.positions.push(word)
      continue
    }
    const equals = word.indexOf('=')
    const name = equals < 0 ? word : word.substring(0, equals)
    const option = optionOf(command, name)
    if (!option) return unknownOption(command, name)
    let value = ''
    if (option.value.length) {
      if (equals >= 0) value = word.substring(equals + 1)
      else if (i + 1 < words.length) value = words[++i]
      if (!value.length) return `${name} needs a value: ${name} ${option.value}.`
    } else if (equals >= 0) {
      return `${name} takes no value.`
    }
    given.set(option.name, value)
  }
  return checkPlaces(command, given.positions)
}

function checkPlaces(command: Command, words: string[]): string {
  for (let i = words.length; i < command.positions.length; i++) {
    const position = command.positions[i]
    if (!position.required) break
    const allowed = allowedFor(position.kind, words)
    return `${command.name} needs ${position.label}${allowed.length ? ': ' + allowed : ''}.`
  }
  const last = words.length - 1
  if (last >= 0 && !command.positionAt(last)) return `${command.name} does not take ${quoted(words[last])}.`
  return ''
}

function optionOf(command: Command, name: string): Option | null {
  for (let i = 0; i < command.options.length; i++) {
    const option = command.options[i]
    if (option.name == name || (option.alias.length > 0 && option.alias == name)) return option
  }
  return null
}

function unknownOption(command: Command, name: string): string {
  const names: string[] = []
  for (let i = 0; i < command.options.length; i++) names.push(command.options[i].name)
  const start = `${command.name} has no option ${quoted(name)}.`
  if (!names.length) return `${start} It has none.`
  const meant = nearest(name, names)
  return meant.length ? `${start} Did you mean: ${meant}?` : `${start} It has: ${names.join(', ')}.`
}
