/** A host without a serial port, administered as a person does it: by its screen, as QEMU draws it, and its keyboard, by QEMU's monitor. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Deadline, PATIENCE } from './emulator.ts'
import { releaseEmulator, takeEmulator } from './lock.ts'
import { spawnBound } from './spawn.ts'

const GLYPH = { width: 8, height: 16 }
const FONT = glyphs()

/** QEMU with a screen and a keyboard and nothing else to talk to. */
export class ScreenHost {
  #process: ChildProcess
  #folder = mkdtempSync(join(tmpdir(), 'typervisor-screen-'))
  #monitor = ''

  private constructor(parameters: string[]) {
    this.#process = spawnBound('qemu-system-x86_64', [
      '-machine', 'q35', '-accel', 'tcg', '-cpu', 'EPYC', '-m', '512', '-no-reboot', ...parameters,
      '-nodefaults', '-display', 'none', '-vga', 'std', '-serial', 'none', '-monitor', 'stdio',
    ], { stdio: ['pipe', 'pipe', 'ignore'] })
    this.#process.stdout!.setEncoding('utf8').on('data', (text: string) => { this.#monitor += text })
    this.#process.stdin!.on('error', () => {}) // it may exit while something is typed
  }

  /** Starts QEMU with these parameters as soon as no other emulator runs. */
  static async start(...parameters: string[]): Promise<ScreenHost> {
    await takeEmulator()
    return new ScreenHost(parameters)
  }

  /** Presses keys: lower case letters, blanks and Enter. */
  async type(text: string): Promise<void> {
    for (const character of text) {
      const key = character === ' ' ? 'spc' : character === '\n' ? 'ret' : character
      await this.#command(`sendkey ${key} 20`)
      await sleep(60)
    }
  }

  /** Waits until text is on the screen. `read` is `framebuffer` or `textMode`. */
  async sees(pattern: RegExp, read: () => Promise<string>, { within = PATIENCE }: Deadline = {}): Promise<void> {
    for (const end = Date.now() + within * 1000; ;) {
      const text = await read()
      if (pattern.test(text)) return
      if (this.#process.exitCode !== null) throw new Error(`${pattern}: the emulator has ended`)
      if (Date.now() > end) throw new Error(`${pattern}: not within ${within} s; the screen shows:\n${text}`)
      await sleep(300)
    }
  }

  /** The letters of the driver's font that are in the picture. */
  framebuffer = async (): Promise<string> => {
    const file = join(this.#folder, 'screen.ppm')
    rmSync(file, { force: true })
    await this.#command(`screendump ${file}`)
    return existsSync(file) ? lettersOf(readFileSync(file)) : ''
  }

  /** VGA text memory: a byte of character, a byte of attribute. */
  textMode = async (): Promise<string> => {
    const answer = await this.#command('xp /2000hx 0xb8000')
    // The monitor echoes the command as it is typed, and only its answer has addresses before the words.
    const words = [...answer.matchAll(/^[0-9a-f]{16}:((?: 0x[0-9a-f]{4})+)/gm)].map(([, row]) => row).join('')
    const characters = [...words.matchAll(/0x..(..)/g)].map(([, code]) => String.fromCharCode(parseInt(code, 16))).join('')
    return characters.match(/.{1,80}/gs)?.map(line => line.trimEnd()).join('\n') ?? ''
  }

  async #command(text: string): Promise<string> {
    const before = this.#monitor.length
    this.#process.stdin!.write(`${text}\n`)
    for (let turn = 0; turn < 500; turn++) {
      const answer = this.#monitor.slice(before)
      if (answer.includes('\n') && answer.endsWith('(qemu) ')) return answer
      await sleep(10)
    }
    throw new Error(`QEMU's monitor did not answer '${text}'`)
  }

  /** Ends it. */
  async close(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = new Promise(resolve => this.#process.on('close', resolve))
      this.#process.kill('SIGKILL')
      await ended
    }
    rmSync(this.#folder, { recursive: true })
    releaseEmulator()
  }
}

/** The printable ASCII characters by the rows of their glyphs. */
function glyphs(): Map<string, string> {
  const source = readFileSync(join(import.meta.dirname, '../../drivers/screen/font.ts'), 'utf8')
  const bytes = [...source.slice(source.indexOf('memory.data<u8>')).matchAll(/0x([0-9a-f]{2}),/g)].map(([, digits]) => digits)
  return new Map(Array.from({ length: 95 }, (_, index) => [
    bytes.slice(index * GLYPH.height, (index + 1) * GLYPH.height).join(''), String.fromCharCode(0x20 + index),
  ]))
}

/** Reads a binary PPM picture; a cell that holds no letter is a blank. */
function lettersOf(picture: Buffer): string {
  const [header, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(picture.toString('latin1', 0, 40))!
  const isLit = (x: number, y: number) => picture[header.length + (y * Number(width) + x) * 3 + 1] > 0x55
  const lines: string[] = []
  for (let top = 0; top + GLYPH.height <= Number(height); top += GLYPH.height) {
    let line = ''
    for (let left = 0; left + GLYPH.width <= Number(width); left += GLYPH.width) {
      let rows = ''
      for (let y = top; y < top + GLYPH.height; y++) {
        let row = 0
        for (let x = left; x < left + GLYPH.width; x++) row = row * 2 + (isLit(x, y) ? 1 : 0)
        rows += row.toString(16).padStart(2, '0')
      }
      line += FONT.get(rows) ?? ' '
    }
    lines.push(line.trimEnd())
  }
  return lines.join('\n')
}
