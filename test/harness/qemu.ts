/** QEMU, whose serial port is its standard input and output. */
import { Emulator } from './emulator.ts'
import { takeEmulator } from './lock.ts'
import { spawnBound } from './spawn.ts'

/** The same instructions in every run, and a clock that counts them: a nanosecond each, times two to the power of `shift`. */
export function counted(shift: number): string[] {
  return ['-icount', `shift=${shift},sleep=off`, '-seed', '1', '-rtc', 'base=2026-01-01,clock=vm']
}

/** A started QEMU. */
export class Qemu extends Emulator {
  private constructor(name: string, parameters: string[]) {
    super(name, spawnBound('qemu-system-x86_64', [
      ...parameters, '-nodefaults', '-display', 'none', '-vga', 'std', '-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console',
    ], { stdio: ['pipe', 'pipe', 'pipe'] }), 1)
    this.process.stdout!.setEncoding('utf8').on('data', (text: string) => this.hears(text))
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => this.notes(text))
    this.process.stdin!.on('error', () => {}) // it may exit while something is typed
  }

  /** Starts QEMU with these parameters as soon as no other emulator runs. `name` names its log. */
  static async start(name: string, parameters: string[]): Promise<Qemu> {
    await takeEmulator()
    return new Qemu(name, parameters)
  }

  type(text: string): void { this.process.stdin!.write(text) }

  // It names each feature of the CPU that its emulation lacks; that is known, and hides what matters.
  protected complaints(): string { return this.said.split('\n').filter(line => line && !line.includes("TCG doesn't support requested feature")).join('\n') }
}
