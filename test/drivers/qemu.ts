/** Cards that QEMU emulates, on one wire, and drives, each with a driver in Node; the emulated processor halts at its first instruction. QEMU's qtest protocol, docs/devel/qtest.rst of its source. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Memory, type PciFunction } from './bench.ts'
import { NetBench } from './net.ts'

const megabytes = 256
const messages = 0x1000 // where the cards' messages are written, which are memory here

/** An emulator, its memory and its functions. */
export class Qemu {
  private readonly folder = mkdtempSync(join(tmpdir(), 'typervisor-qtest-'))
  private readonly process: ChildProcess
  readonly memory: number
  private readonly input: number
  private readonly output: number
  private rest = ''

  /** `cards` are in slots 4 and on; `more` are parameters besides. */
  constructor(cards: string[], more: string[] = []) {
    const [pipe, memory, firmware] = ['pipe', 'memory', 'firmware'].map(name => join(this.folder, name))
    writeFileSync(firmware, Buffer.concat([Buffer.alloc(0xfff0), Buffer.from('faf4ebfd', 'hex'), Buffer.alloc(12)]))
    execFileSync('mkfifo', [`${pipe}.in`, `${pipe}.out`])
    this.memory = openSync(memory, 'w+')
    this.process = spawn('qemu-system-x86_64', [
      '-machine', 'q35,memory-backend=ram', '-nodefaults', '-display', 'none', '-bios', firmware, '-m', `${megabytes}`, '-qtest', `pipe:${pipe}`, '-qtest-log', '/dev/null',
      '-object', `memory-backend-file,id=ram,size=${megabytes}M,mem-path=${memory},share=on`,
      ...cards.flatMap((device, index) => ['-netdev', `hubport,hubid=0,id=wire${index}`, '-device', `${device},netdev=wire${index},addr=${index + 4}`]), ...more,
    ], { stdio: 'inherit' })
    this.input = openSync(`${pipe}.in`, 'w')
    this.output = openSync(`${pipe}.out`, 'r')
  }

  end(): void {
    this.process.kill()
    for (const file of [this.input, this.output, this.memory]) closeSync(file)
    rmSync(this.folder, { recursive: true })
  }

  /** Has QEMU do something, and waits for its answer. */
  ask(command: string): bigint {
    writeSync(this.input, `${command}\n`)
    const buffer = Buffer.alloc(4096)
    for (;;) {
      const end = this.rest.indexOf('\n')
      if (end < 0) {
        this.rest += buffer.toString('latin1', 0, readSync(this.output, buffer))
        continue
      }
      const [word, value] = this.rest.slice(0, end).split(' ')
      this.rest = this.rest.slice(end + 1)
      if (word !== 'OK') throw new Error(`${command}: ${word}`)
      return BigInt(value ?? 0)
    }
  }

  /** Its clock is that of the machine that this runs on. */
  wait(nanoseconds: number): void { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, nanoseconds / 1e6) }

  configuration(slot: number, offset: number, value?: number): number {
    this.ask(`outl 0xcf8 ${0x8000_0000 + (slot << 11) + (offset & ~3)}`)
    if (value === undefined) return Number(this.ask('inl 0xcfc'))
    this.ask(`outl 0xcfc ${value >>> 0}`)
    return value
  }
}

/** The host's memory is QEMU's; the pages of a sandbox lie scattered in it. */
class QemuMemory extends Memory {
  readonly taken: { physical: number, contents: Buffer, before: Buffer }[] = []
  constructor(private readonly first: number) { super() }

  /** It begins as the sandbox's does. */
  fill(file: number): void {
    for (const { physical, contents, before } of this.taken) {
      contents.copy(before)
      writeSync(file, contents, 0, 4096, physical)
    }
  }

  override page(contents: Buffer = Buffer.alloc(4096)): bigint {
    const physical = this.first + this.taken.length * 8192
    this.taken.push({ physical, contents, before: Buffer.alloc(4096) })
    return BigInt(physical)
  }
}

/** A function of QEMU's: its base address registers are given places, and its message one in memory. With `isLined` its driver finds no capabilities, and it has its line. */
class QemuFunction implements PciFunction {
  private readonly bars: { base: number, bytes: number }[] = []
  readonly identity: number
  flush = (): void => {}

  /** Its interrupt is pending: PCI Local Bus Specification 3.0, 6.2.3. */
  readonly line?: () => boolean

  constructor(readonly qemu: Qemu, readonly slot: number, readonly isLined: boolean) {
    this.identity = qemu.configuration(slot, 0)
    for (let index = 0, place = 0xc000_0000 + (slot << 24); index < 6; index++) {
      const at = 0x10 + 4 * index
      qemu.configuration(slot, at, 0xffff_ffff)
      const bits = qemu.configuration(slot, at)
      const bytes = bits & 1 || bits === 0 ? 0 : -(bits & ~15) >>> 0
      this.bars[index] = { base: place, bytes }
      qemu.configuration(slot, at, bytes ? place : 0)
      if (bytes) place += Math.max(bytes, 0x10_0000)
      if ((bits & 7) === 4) qemu.configuration(slot, 0x14 + 4 * index++, 0)
    }
    qemu.configuration(slot, 4, isLined ? 0x006 : 0x406)
    if (isLined) this.line = () => (qemu.configuration(slot, 4) >> 19 & 1) !== 0
    else this.enableMessages()
  }

  get message(): number { return messages + 64 * this.slot }

  private enableMessages(): void {
    for (let at = this.qemu.configuration(this.slot, 0x34) & 0xfc; at; at = this.qemu.configuration(this.slot, at) >> 8 & 0xfc) {
      const word = this.qemu.configuration(this.slot, at)
      if ((word & 0xff) !== 0x11) continue
      const table = this.qemu.configuration(this.slot, at + 4)
      const entry = this.bars[table & 7].base + (table & ~7)
      const values = [this.message, 0, 1, 0]
      values.forEach((value, index) => this.qemu.ask(`writel ${entry + 4 * index} ${value}`))
      this.qemu.configuration(this.slot, at, word & 0x3fff_ffff | 0x8000_0000)
    }
  }

  memoryBytes(bar: number): number { return this.bars[bar]?.bytes ?? 0 }
  configurationSpace(offset: number): number { return this.qemu.configuration(this.slot, offset) & (this.isLined && offset === 4 ? ~0x10_0000 : ~0) }
  read(bar: number, offset: number, width: number): bigint {
    this.flush()
    return this.qemu.ask(`read${{ 1: 'b', 2: 'w', 4: 'l', 8: 'q' }[width]} ${this.bars[bar].base + offset}`)
  }
  write(bar: number, offset: number, width: number, value: bigint): void {
    this.flush()
    this.qemu.ask(`write${{ 1: 'b', 2: 'w', 4: 'l', 8: 'q' }[width]} ${this.bars[bar].base + offset} ${value}`)
  }
}

/** A driver with a card or a drive of QEMU's. */
export class QemuBench extends NetBench {
  messages = 0
  private constructor(readonly card: QemuFunction, private readonly host: QemuMemory) { super(card, host) }

  static async make(qemu: Qemu, index: number, entry: string, isLined = false): Promise<QemuBench> {
    const bench = new QemuBench(new QemuFunction(qemu, index + 4, isLined), new QemuMemory((16 + 64 * index) << 20))
    await bench.load(entry)
    bench.host.fill(qemu.memory)
    bench.card.flush = () => { bench.flush() }
    const { exports } = bench.sandbox
    // Each call sees what the card has written, and the card what the call did.
    bench.driver = Object.fromEntries(['start', 'interrupt', 'deadline', 'netProgress', 'submit'].filter(name => name in exports).map(name => [name, () => {
      bench.refresh()
      const answer = exports[name]()
      bench.flush()
      return answer
    }]))
    return bench
  }

  /** Lets time pass for both, and the driver hear of the card's message. */
  live(nanoseconds: number): void {
    this.card.qemu.wait(nanoseconds)
    const word = Buffer.alloc(4)
    readSync(this.card.qemu.memory, word, 0, 4, this.card.message)
    if (word.readUInt32LE()) {
      writeSync(this.card.qemu.memory, Buffer.alloc(4), 0, 4, this.card.message)
      this.messages++
      this.driver.interrupt()
    }
    this.pass(nanoseconds)
  }

  override take(most = Infinity, isHeard = true): Buffer[] {
    this.refresh()
    return super.take(most, isHeard)
  }

  protected override shared(address: number, bytes: number): Buffer {
    const value = Buffer.alloc(bytes)
    readSync(this.card.qemu.memory, value, 0, bytes, this.host.taken[address >>> 12].physical + (address & 0xfff))
    return value
  }

  private refresh(): void {
    this.flush()
    for (const { physical, contents, before } of this.host.taken) {
      readSync(this.card.qemu.memory, before, 0, 4096, physical)
      before.copy(contents)
    }
  }

  /** Writes what the driver has changed and nothing else, since the card may be writing beside it. */
  flush(): void {
    for (const { physical, contents, before } of this.host.taken) {
      if (contents.equals(before)) continue
      for (let at = 0; at < 4096; at += 2) {
        let end = at
        while (end < 4096 && contents.readUInt16LE(end) !== before.readUInt16LE(end)) end += 2
        if (end === at) continue
        writeSync(this.card.qemu.memory, contents, at, end - at, physical + at)
        at = end
      }
      contents.copy(before)
    }
  }
}
