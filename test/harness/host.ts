/** A booted Typervisor, administered as a person does it: by typing at its console and reading what comes. */
import { type Deadline, type Emulator, PATIENCE } from './emulator.ts'

const PROMPT = 'typervisor>'
/** Characters that BusyBox' shell takes in a line: what comes after them is gone. */
const LineLimit = 1021

/** The host console. */
export class Host {
  #seen = 0
  #vms = new Map<string, Vm>()

  constructor(readonly emulator: Emulator) {}

  /** Waits for text that has not been waited for before. Lines, not bytes: what the console has taken back is not seen. */
  async sees(pattern: RegExp, deadline: Deadline = {}): Promise<RegExpExecArray> {
    const { transcript } = this.emulator
    return this.emulator.until(`${pattern}`, () => {
      const found = pattern.exec(transcript.text(this.#seen))
      if (found) this.#seen += found.input.slice(0, found.index + found[0].length).split('\n').length - 1
      return found
    }, deadline)
  }

  /** Takes all that was shown so far as seen. */
  forget(): void { this.#seen = this.emulator.transcript.lines.length }

  /** Fails when text comes that should not, for so many seconds. */
  async doesNotSee(pattern: RegExp, seconds: number): Promise<void> {
    const { transcript } = this.emulator
    const end = Date.now() + seconds * 1000
    await this.emulator.until('nothing', () => {
      if (pattern.test(transcript.text(this.#seen))) throw this.emulator.failure(`${pattern} was seen`)
      return Date.now() > end
    }, { within: seconds + 30 })
  }

  /** Types text as it is; `\n` is what the Enter key sends. */
  type(text: string): void { this.emulator.type(text.replaceAll('\n', '\r')) }

  /** Waits for the prompt with nothing typed behind it. */
  async prompts(deadline: Deadline = {}): Promise<void> {
    await this.emulator.until('the prompt', () => this.emulator.transcript.current.trimEnd() === PROMPT, deadline)
  }

  /** Types a command and returns what it printed, without what mirrored guests wrote and what changed state meanwhile. */
  async command(text: string, deadline: Deadline = {}): Promise<string> {
    const { transcript } = this.emulator
    await this.prompts(deadline)
    const begin = transcript.lines.length
    this.type(`${text}\n`)
    const echo = await this.emulator.until(`echo of '${text}'`, () => {
      const line = transcript.lines.findIndex((line, index) => index >= begin && line === `${PROMPT} ${text}`.trimEnd())
      return line < 0 ? undefined : { line }
    }, deadline)
    const end = await this.emulator.until(`end of '${text}'`, () => transcript.current.trimEnd() === PROMPT && { line: transcript.lines.length }, deadline)
    return transcript.lines.slice(echo.line + 1, end.line).filter(line => !/^\[[a-z0-9-]+\]( |$)|^\*\*\* /.test(line)).join('\n')
  }

  /** A command's answer with `--json`. */
  async json<T = any>(text: string, deadline: Deadline = {}): Promise<T> {
    const answer = await this.command(`${text} --json`, deadline)
    try {
      return JSON.parse(answer) as T
    } catch {
      throw this.emulator.failure(`'${text} --json' answered what is no JSON: ${answer}`)
    }
  }

  /** Has a sandbox ended, by the beginning of its name, and waits until it is started again. */
  async restart(name: string): Promise<void> {
    const find = async () => (await this.json<{ name: string, state: string, restarts: number }[]>('sandbox list')).find(box => box.name.startsWith(name))!
    const { name: whole, restarts } = await find()
    await this.command(`sandbox restart ${whole}`)
    for (const end = Date.now() + PATIENCE * 1000; ;) {
      const box = await find()
      if (box.restarts > restarts && box.state === 'running') return
      if (Date.now() > end) throw this.emulator.failure(`${whole} was not started again`)
    }
  }

  /** One of its virtual machines: always the same object, which remembers what was waited for. */
  vm(name: string): Vm {
    const vm = this.#vms.get(name) ?? new Vm(this, name)
    this.#vms.set(name, vm)
    return vm
  }

  /** Waits for the emulator to end by itself. */
  async ends(deadline: Deadline = {}): Promise<number | null> { return this.emulator.ends(deadline) }

  async close(): Promise<void> { await this.emulator.close() }
}

/** A virtual machine, as its lines on the host console and the administrator's commands show it. */
export class Vm {
  #seen = 0

  constructor(readonly host: Host, readonly name: string) {}

  /** The mirrored lines so far, without the name. */
  lines(): string[] {
    const prefix = `[${this.name}] `
    return this.host.emulator.transcript.lines.filter(line => line.startsWith(prefix)).map(line => line.slice(prefix.length))
  }

  /** Waits for text among the lines that it wrote and that have not been waited for through this object. */
  async sees(pattern: RegExp, deadline: Deadline = {}): Promise<RegExpExecArray> {
    return this.host.emulator.until(`${pattern} from ${this.name}`, () => {
      const found = pattern.exec(this.lines().slice(this.#seen).join('\n'))
      if (found) this.#seen += found.input.slice(0, found.index + found[0].length).split('\n').length
      return found
    }, deadline)
  }

  /** What `vm info` says. */
  async info(): Promise<VmInfo> { return this.host.json<VmInfo>(`vm info ${this.name}`) }

  /** Waits until `vm info` says that it is in this state. */
  async is(state: VmInfo['state'], { within = PATIENCE }: Deadline = {}): Promise<VmInfo> {
    const { emulator } = this.host
    for (const end = Date.now() + within * emulator.slowness * 1000; ;) {
      const info = await this.info()
      if (info.state === state) return info
      if (Date.now() > end) throw emulator.failure(`${this.name} is ${info.state}, not ${state}`)
    }
  }

  /** Attaches the terminal to its serial port, or to a port of its console. */
  async attach(port?: string): Promise<void> {
    const what = port ? `${this.name} ${port}` : this.name
    await this.host.prompts()
    this.host.type(`vm console ${what}\n`)
    await this.host.sees(new RegExp(`Attached to ${what}\\.`))
  }

  /** Attaches, types a line, waits for what is to come of it, and detaches, also where it does not come. What was shown meanwhile is not mirrored. */
  async carriesOut(line: string, outcome: RegExp, deadline: Deadline = {}): Promise<RegExpExecArray> {
    if (line.length > LineLimit) throw new Error(`a line of ${line.length} characters, of which a guest's shell takes ${LineLimit}: ${line}`)
    await this.attach()
    this.host.type(`${line}\n`)
    try {
      return await this.host.sees(outcome, deadline)
    } finally {
      await this.detach()
    }
  }

  /** Gives the terminal back to the console. */
  async detach(): Promise<void> {
    this.host.type('\x1d')
    await this.host.prompts()
  }
}

/** What `vm info --json` answers. */
export interface VmInfo {
  name: string
  state: 'running' | 'stopped' | 'paused' | 'crashed'
  memoryBytes: number
  vcpus: number
  vcpusPlugged: number
  maxVcpus: number
  weight: number
  cpuTimeNanoseconds: number
  uptimeNanoseconds: number
  exits: number
  restarts: number
  reason: string
  overheadBytes: number
  unbackedAccesses: number
  exitsByReason: Record<string, number>
}
