/** One QEMU with its serial port, every byte of which is kept in a log. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { releaseEmulator, takeEmulator } from './lock.ts'
import { Transcript } from './transcript.ts'

const logs = join(import.meta.dirname, '../../build/logs')

/** How long something may take, in seconds. */
export interface Deadline { within?: number }

/** Nested emulation is slow, and the machine may be busy. */
export const PATIENCE = 120

/** A started emulator. Every wait has a deadline, and one that is missed shows what came last. */
export class Emulator {
  readonly transcript = new Transcript()
  #said = ''
  #process: ChildProcess
  #log: WriteStream
  #exit: Promise<number | null>
  #exited = false
  #name: string

  private constructor(name: string, parameters: string[]) {
    mkdirSync(logs, { recursive: true })
    this.#name = name
    this.#log = createWriteStream(join(logs, `${name}.log`))
    this.#process = spawn('qemu-system-x86_64', [
      ...parameters, '-nodefaults', '-display', 'none', '-vga', 'std', '-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console',
    ], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#process.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#log.write(text)
      this.transcript.feed(text)
    })
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text
    })
    this.#process.stdin!.on('error', () => {}) // it may exit while something is typed
    this.#exit = new Promise(resolve => {
      this.#process.on('error', error => {
        this.#said += error.message
        this.#exited = true
        resolve(null)
      })
      this.#process.on('close', code => {
        this.#exited = true
        resolve(code)
      })
    })
  }

  /** Starts QEMU with these parameters as soon as no other emulator runs. `name` names its log. */
  static async start(name: string, parameters: string[]): Promise<Emulator> {
    await takeEmulator()
    return new Emulator(name, parameters)
  }

  get exited(): boolean { return this.#exited }

  /** Types text as it is. */
  type(text: string): void { this.#process.stdin!.write(text) }

  /** Waits until `found` returns something. */
  async until<T>(what: string, found: () => T | undefined | false | null, { within = PATIENCE }: Deadline = {}): Promise<T> {
    const end = Date.now() + within * 1000
    for (;;) {
      const result = found()
      if (result) return result
      if (this.#exited) throw this.failure(`${what}: the emulator has ended`)
      if (Date.now() > end) throw this.failure(`${what}: not within ${within} s`)
      await sleep(20)
    }
  }

  /** An error that shows what the serial port said last. */
  failure(message: string): Error {
    const complaints = this.#said.split('\n').filter(line => line && !line.includes("TCG doesn't support requested feature")).join('\n')
    const last = this.transcript.lines.slice(-25).join('\n')
    return new Error(`${message}\n── the last of ${this.#name}.log:\n${last}\n${this.transcript.current}${complaints ? `\n── QEMU: ${complaints}` : ''}`)
  }

  /** Waits for the emulator to end by itself; its exit status. */
  async ends({ within = PATIENCE }: Deadline = {}): Promise<number | null> {
    await this.until('end of the emulator', () => this.#exited, { within }).catch(error => {
      if (!this.#exited) throw error
    })
    releaseEmulator()
    return this.#exit
  }

  /** Ends it. */
  async close(): Promise<void> {
    if (!this.#exited) this.#process.kill('SIGKILL')
    await this.#exit
    this.#log.end()
    releaseEmulator()
  }
}
