/** help */
import { add, Arguments, Command, commands, findCommand, firstWords, Kind, membersOf } from '../command'
import { quoted } from '../format'
import { nearest } from '../suggestion'
import { Table } from '../table'
import { print } from '../terminal'

/** So that a line has room in 80 columns; `help COMMAND` shows all. */
const usageColumns: i32 = 25

/** Adds `help`. */
export function addHelp(): void {
  add('help', 'explain the commands', 'help vm set', help).mayTakeSeveral('COMMAND', Kind.Command)
}

function help(given: Arguments): void {
  const name = given.positions.join(' ')
  if (!name.length) {
    list('')
    return print('\nhelp COMMAND says more. Tab completes, up and down recall lines.\n')
  }
  if (membersOf(name).length) return list(name + ' ')
  const command = findCommand(name)
  if (command) return explain(command)
  const names = firstWords()
  for (let i = 0; i < commands.length; i++) names.push(commands[i].name)
  const meant = nearest(name, names)
  print(`There is no command ${quoted(name)}.${meant.length ? ` Did you mean: help ${meant}?` : ' help lists them.'}\n`)
}

function list(start: string): void {
  const table = new Table(['COMMAND', 'WHAT IT DOES', 'EXAMPLE'])
  for (let i = 0; i < commands.length; i++) {
    const command = commands[i]
    if (command.name.startsWith(start)) table.row([command.usage(usageColumns), command.summary, command.example])
  }
  table.show()
}

function explain(command: Command): void {
  print(`${command.usage()}\n  ${command.summary}\n`)
  if (command.detail.length) print(`  ${command.detail.split('\n').join('\n  ')}\n`)
  for (let i = 0; i < command.options.length; i++) {
    const option = command.options[i]
    if (option.alias.length) print(`  ${option.name} can be written ${option.alias}.\n`)
  }
  print(`  Example: ${command.example}\n`)
}
