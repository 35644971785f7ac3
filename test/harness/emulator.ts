/** One started emulator with its serial port, every byte of which is kept in a log: what QEMU and Bochs have in common. */
import type { ChildProcess } from 'node:child_process'
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { releaseEmulator } from './lock.ts'
import { Transcript } from './transcript.ts'

/** Where the logs of all runs are. */
export const logs = join(import.meta.dirname, '../../build/logs')

/** How long something may take, in seconds, where the emulator is as fast as QEMU. */
export interface Deadline { within?: number }

/** Nested emulation is slow, and the machine may be busy. */
export const PATIENCE = 120

/** What is kept of an emulator's own words, in characters. */
const MEMORY = 1 << 16

/** Every wait has a deadline, and one that is missed shows what came last. */
export abstract class Emulator {
  readonly transcript = new Transcript()
  protected said = ''
  #log: WriteStream
  #exit: Promise<number | null>
  #exited = false

  /** `slowness`: how many times longer than QEMU's this emulator's work takes; deadlines are longer by that. `lastWords` is over when all that was said has been heard. */
  protected constructor(readonly name: string, protected readonly process: ChildProcess, readonly slowness: number, lastWords: Promise<unknown> = Promise.resolve()) {
    mkdirSync(logs, { recursive: true })
    this.#log = createWriteStream(join(logs, `${name}.log`))
    this.#exit = new Promise<number | null>(resolve => {
      process.on('error', error => {
        this.said += error.message
        resolve(null)
      })
      process.on('close', code => lastWords.then(() => resolve(code)))
    }).finally(() => { this.#exited = true })
  }

  /** What the serial port said. */
  protected hears(text: string): void {
    this.#log.write(text)
    this.transcript.feed(text)
  }

  /** What the emulator itself said. */
  protected notes(text: string): void { this.said = (this.said + text).slice(-MEMORY) }

  get exited(): boolean { return this.#exited }

  /** Types text as it is. */
  abstract type(text: string): void

  /** The emulator's own complaints, for the report of a failure. */
  protected abstract complaints(): string

  /** Waits until `found` returns something. */
  async until<T>(what: string, found: () => T | undefined | false | null, { within = PATIENCE }: Deadline = {}): Promise<T> {
    const seconds = within * this.slowness
    const end = Date.now() + seconds * 1000
    for (;;) {
      const result = found()
      if (result) return result
      if (this.#exited) throw this.failure(`${what}: the emulator has ended with ${this.process.signalCode ?? this.process.exitCode}`)
      if (Date.now() > end) throw this.failure(`${what}: not within ${seconds} s`)
      await sleep(20)
    }
  }

  /** An error that shows what the serial port said last. */
  failure(message: string): Error {
    const complaints = this.complaints()
    const last = this.transcript.lines.slice(-25).join('\n')
    return new Error(`${message}\n── the last of ${this.name}.log:\n${last}\n${this.transcript.current}${complaints ? `\n── ${this.constructor.name}: ${complaints}` : ''}`)
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
    if (!this.#exited) this.process.kill('SIGKILL')
    await this.#exit
    this.#log.end()
    releaseEmulator()
  }
}
