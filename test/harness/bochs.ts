/** Bochs without a window. Its serial port is a connection to us; what it says of itself it says on its standard error. */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { BIOS } from './bios.ts'
import { Emulator, logs } from './emulator.ts'
import { takeEmulator } from './lock.ts'
import { spawnBound } from './spawn.ts'

/** How much longer than in QEMU things take. */
const SLOWNESS = 3

/** What is to run: a model of `bochs -help cpu`, instructions in a second of its time, an image, MiB of RAM, how many processors, and whether the CPU's panics are only noted. */
export interface BochsMachine { cpu: string, tscHertz: number, iso: string, memory: number, processors: number, bios?: string, panicsFalsely?: boolean }

function settings({ cpu, tscHertz, iso, memory, processors, bios = BIOS, panicsFalsely = false }: BochsMachine, port: number): string {
  return [
    'config_interface: textconfig',
    'display_library: term',
    `romimage: file=${bios}`,
    'vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest',
    'vga: extension=none', // the terminal shows text only, and a graphics mode ends the emulator
    'sound: driver=dummy',
    `megs: ${memory}`,
    `cpu: model=${cpu}, count=${processors}, ips=${tscHertz}, reset_on_triple_fault=1, ignore_bad_msrs=1`,
    'clock: sync=none, time0=1767225600', // 2026-01-01: time is instructions, and every run has the same
    'pci: enabled=1, chipset=i440fx',
    'ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14',
    `ata0-master: type=cdrom, path=${iso}, status=inserted`,
    'boot: cdrom',
    `com1: enabled=1, mode=socket-client, dev=127.0.0.1:${port}`,
    'log: -',
    `panic: action=fatal${panicsFalsely ? ', cpu0=report' : ''}`,
    'info: action=report, cpu0=ignore', // each virtual interrupt
    'error: action=report, cpu0=ignore', // each exit for a port is an error to its SVM
    'plugin_ctrl: unmapped=1', // writes to port 8900h
  ].join('\n')
}

/** A started Bochs. */
export class Bochs extends Emulator {
  #line?: Socket
  #resets = 0

  private constructor(name: string, folder: string, server: Server) {
    const connection = new Promise<Socket>(resolve => server.once('connection', resolve))
    // Debian's is built with the debugger, which is told to continue.
    const bochs = spawnBound('bochs', ['-q', '-f', 'settings', '-rc', 'commands'], { cwd: folder, env: { ...process.env, TERM: 'vt100' }, stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = new Promise(resolve => bochs.once('close', resolve).once('error', resolve))
    const closed = connection.then(line => new Promise(resolve => line.once('close', resolve)))
    super(name, bochs, SLOWNESS, ended.then(() => this.#line && closed))
    void connection.then(line => {
      this.#line = line
      line.setEncoding('utf8').on('data', (text: string) => this.hears(text))
      line.on('error', () => {}) // it may exit while something is typed
    })
    void ended.then(() => server.close())
    const log = createWriteStream(join(logs, `${name}.bochs.log`))
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      log.write(text)
      this.notes(text)
      this.#resets += text.split('Reset(HARDWARE)').length - 1
      if (this.#resets > 1) this.process.kill('SIGKILL') // the first is power-on; a reboot is an end, as with QEMU's -no-reboot
    }).on('end', () => log.end())
  }

  /** Starts Bochs as soon as no other emulator runs. `name` names its logs. */
  static async start(name: string, machine: BochsMachine): Promise<Bochs> {
    await takeEmulator()
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const folder = join(logs, '../bochs', name)
    for (const path of [folder, logs]) mkdirSync(path, { recursive: true })
    writeFileSync(join(folder, 'settings'), settings(machine, (server.address() as AddressInfo).port))
    writeFileSync(join(folder, 'commands'), 'c\n')
    return new Bochs(name, folder, server)
  }

  type(text: string): void { this.#line?.write(text) }

  // Lines of the kind `i` are for information.
  protected complaints(): string {
    return this.said.split('\n').filter(line => /^\d{11}[ep]|exiting with|^\[/.test(line)).slice(-12).join('\n')
  }
}
