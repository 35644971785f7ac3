/** What a command is: its name, what it takes, what it does, and how it is explained. */

/** What an argument stands for; decides what Tab offers. */
export const enum Kind { Vm, Sandbox, Setting, HostSetting, Value, Command, Disk, Size, Name, Network, Port, PortSetting, PortValue, VolumeSetting, ConsolePort }

/** An argument that is known by its place. */
export class Position {
  constructor(readonly label: string, readonly kind: Kind, readonly required: bool, readonly several: bool) {}
}

/** An argument that begins with '-'. `value` is the label of what must follow it, '' when nothing does. */
export class Option {
  constructor(readonly name: string, readonly alias: string, readonly value: string) {}

  /** How it is written in a usage line. */
  usage(): string {
    return this.value.length ? `[${this.name} ${this.value}]` : `[${this.name}]`
  }
}

/** The arguments of one command line, checked against what the command takes. */
export class Arguments {
  /** Those known by their place. */
  positions: string[] = []
  private names: string[] = []
  private values: string[] = []

  /** Notes an option and its value, which is '' for an option without one. */
  set(name: string, value: string): void {
    this.names.push(name)
    this.values.push(value)
  }

  /** True when the option was given. */
  has(name: string): bool {
    return this.names.includes(name)
  }

  /** The option's value; the last one counts. '' when it was not given. */
  value(name: string): string {
    const at = this.names.lastIndexOf(name)
    return at < 0 ? '' : this.values[at]
  }
}

/** A command of one word ('log') or two ('vm start'). */
export class Command {
  /** The arguments by place. */
  positions: Position[] = []
  /** The options. */
  options: Option[] = []
  /** What `help` says beyond the summary. */
  detail: string = ''

  constructor(readonly name: string, readonly summary: string, readonly example: string, readonly run: (given: Arguments) => void) {}

  /** Adds an argument that must be given. */
  takes(label: string, kind: Kind): this {
    this.positions.push(new Position(label, kind, true, false))
    return this
  }

  /** Adds an argument that must be given and may be repeated. */
  takesSeveral(label: string, kind: Kind): this {
    this.positions.push(new Position(label, kind, true, true))
    return this
  }

  /** Adds an argument that may be given. */
  mayTake(label: string, kind: Kind): this {
    this.positions.push(new Position(label, kind, false, false))
    return this
  }

  /** Adds arguments that may be given and repeated. */
  mayTakeSeveral(label: string, kind: Kind): this {
    this.positions.push(new Position(label, kind, false, true))
    return this
  }

  /** Adds an option. */
  option(name: string, alias: string = '', value: string = ''): this {
    this.options.push(new Option(name, alias, value))
    return this
  }

  /** Adds to what `help` says. */
  explain(detail: string): this {
    this.detail = detail
    return this
  }

  /** The command with its arguments and options, those left out that make it longer than `most` characters. */
  usage(most: i32 = i32.MAX_VALUE): string {
    let text = this.name
    for (let i = 0; i < this.positions.length; i++) {
      const position = this.positions[i]
      // A sandbox's one name may be several words, and so may a size or a rate.
      const isOne = position.kind == Kind.Sandbox || position.kind == Kind.Size || position.kind == Kind.PortValue
      const label = position.label + (position.several && !isOne ? '...' : '')
      text += position.required ? ' ' + label : ` [${label}]`
    }
    for (let i = 0; i < this.options.length; i++) {
      const option = ' ' + this.options[i].usage()
      if (text.length + option.length <= most) text += option
    }
    return text
  }

  /** The argument at a place, or null when there is none. */
  positionAt(place: i32): Position | null {
    if (place < this.positions.length) return this.positions[place]
    const count = this.positions.length
    return count && this.positions[count - 1].several ? this.positions[count - 1] : null
  }
}

/** All commands, in the order in which `help` lists them. */
export const commands: Command[] = []

/** Adds a command. */
export function add(name: string, summary: string, example: string, run: (given: Arguments) => void): Command {
  const command = new Command(name, summary, example, run)
  commands.push(command)
  return command
}

/** The command of that name, or null. */
export function findCommand(name: string): Command | null {
  for (let i = 0; i < commands.length; i++) if (commands[i].name == name) return commands[i]
  return null
}

/** The second words of the commands that begin with `group`; empty when `group` is none. */
export function membersOf(group: string): string[] {
  const members: string[] = []
  const start = group + ' '
  for (let i = 0; i < commands.length; i++) {
    if (commands[i].name.startsWith(start)) members.push(commands[i].name.substring(start.length))
  }
  return members
}

/** The first words of all commands, each once. */
export function firstWords(): string[] {
  const words: string[] = []
  for (let i = 0; i < commands.length; i++) {
    const word = commands[i].name.split(' ')[0]
    if (!words.includes(word)) words.push(word)
  }
  return words
}
