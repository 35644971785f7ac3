/** QEMU's monitor, by which a test changes the machine under a host. */
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const PROMPT = '(qemu) '

export class Monitor {
  #socket: Socket | undefined
  #said = ''
  readonly #path: string

  /** `name` is nobody else's. */
  constructor(name: string) { this.#path = join(tmpdir(), `${name}-${process.pid}.monitor`) }

  /** What gives QEMU this monitor. */
  get parameters(): string[] { return ['-monitor', `unix:${this.#path},server=on,wait=off`] }

  /** Connects to the monitor of a QEMU that was started. */
  async open(seconds = 20): Promise<void> {
    for (const end = Date.now() + seconds * 1000; ;) {
      try {
        this.#socket = await new Promise<Socket>((resolve, reject) => {
          const socket = connect(this.#path, () => resolve(socket)).on('error', reject)
        })
        break
      } catch (error) {
        if (Date.now() > end) throw error
        await sleep(50)
      }
    }
    this.#socket.setEncoding('utf8').on('data', (text: string) => { this.#said += text }).on('error', () => {})
    await this.#prompts()
  }

  /** Types a command; what it printed. */
  async command(text: string): Promise<string> {
    this.#said = ''
    this.#socket!.write(`${text}\n`)
    await this.#prompts()
    return this.#said.slice(this.#said.indexOf('\n') + 1, -PROMPT.length) // ahead of it the echo
  }

  close(): void { this.#socket?.destroy() }

  async #prompts(seconds = 20): Promise<void> {
    for (const end = Date.now() + seconds * 1000; !this.#said.endsWith(PROMPT); await sleep(10)) {
      if (Date.now() > end) throw new Error(`QEMU's monitor says only: ${this.#said}`)
    }
  }
}
