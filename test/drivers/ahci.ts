/** An AHCI host bus adapter with disks and drives for discs, as AHCI 1.3.1 and ACS-3 describe them, strict with their host and as faulty as a test wants them. */
import { Bench, Memory, type PciFunction } from './bench.ts'

/** What is plugged into a port. */
export interface Device {
  data: Buffer
  blockBytes?: number
  physicalShift?: number
  serial?: string
  /** It takes packets. */
  isPacket?: boolean
  /** Without a disc. */
  isEmpty?: boolean
  /** Depth of the queue; 0: it has none. */
  depth?: number
  trims?: boolean
  /** Packets that fail first with UNIT ATTENTION. */
  attentions?: number
  /** It is never ready; or not there any more. */
  isBusy?: boolean
  signature?: number
  /** Answers READ LOG EXT. */
  hasLog?: boolean
  /** Changes what it says of itself. */
  identified?: (data: Buffer) => void
}

export interface Command { port: number, tag: number, opcode: number, features: number, block: number, count: number, table: bigint, header: Buffer, isQueued: boolean }

export const Failure = { Abort: 0x0451, Uncorrectable: 0x4051 }

interface PortState {
  list: bigint, fis: bigint, causes: number, enabled: number, command: number, taskFile: number, signature: number, control: number, error: number, active: number, issue: number
  /** Fetched, not completed. */
  pending: Command[]
  lost: Command[]
  isHalted: boolean
  /** Byte 0, status, error of the log; what else is asked meanwhile is aborted. */
  log?: [number, number, number]
}

const fresh = (): PortState => ({ list: 0n, fis: 0n, causes: 0, enabled: 0, command: 0, taskFile: 0x7f, signature: 0xffffffff, control: 0, error: 0, active: 0, issue: 0, pending: [], lost: [], isHalted: false })

export class Hba implements PciFunction {
  bar = 0x1100
  implemented = 0x3f
  capabilities = 0xc000_1f05 // S64A, SNCQ, 32 slots, 6 ports
  handoff = 0
  hasHandoff = false
  letsGo = true
  control = 0
  status = 0
  gone = false
  hasMsi = true
  /** Of one without messages: its line leads to where it is heard. */
  isWired = true
  line?: () => boolean
  /** It does as it likes, and is not asked why. */
  isHostile = false
  resetsEnd = true
  stops = true
  /** A command that failed leaves PxCI, as in QEMU 7.2. */
  clearsFailed = false
  mayTransfer = false
  devices = new Map<number, Device>()
  ports = Array.from({ length: 32 }, fresh)
  /** What becomes of a command instead of being carried out: error and status, or nothing at all. */
  fault: (command: Command) => number | 'lost' | undefined = () => undefined
  fetched: Command[] = []
  violations: string[] = []
  resets = 0
  /** COMRESETs of ports with a device. */
  linkResets = 0
  flushes = 0

  constructor(readonly memory: Memory) {}

  memoryBytes(bar: number): number { return bar === 5 ? this.bar : 0 }
  configurationSpace(offset: number): number { return { 0x04: 0x10_0000, 0x34: 0x80, 0x80: 0x01 | (this.hasMsi ? 0xa800 : 0), 0xa8: 0x05 }[offset] ?? 0 }
  /** 10.7.2.1: it is held down while IS has a bit, and interrupts are enabled. */
  get holdsLine(): boolean { return !this.hasMsi && !this.gone && this.status !== 0 && (this.control & 2) !== 0 }

  violate(what: string): void { this.violations.push(what) }

  startTransfers(): void {
    if (this.control & 1 || this.ports.some(({ command }) => command & 0x8000)) throw new Error('the HBA is at work with what its last driver gave it')
    this.mayTransfer = true
  }

  read(bar: number, offset: number, width: number): bigint {
    if (this.gone || bar !== 5) return ~0n
    if (width !== 4) throw new Error(`a read of ${width} bytes at ${offset.toString(16)}h`)
    return BigInt((offset < 0x100 ? this.readGlobal(offset) : this.readPort(offset - 0x100 >> 7, offset & 0x7f)) >>> 0)
  }

  write(bar: number, offset: number, width: number, value: bigint): void {
    if (this.gone || bar !== 5) return
    if (offset >= 0x100) return this.writePort(offset - 0x100 >> 7, offset & 0x7f, width, value)
    const word = Number(value) >>> 0
    switch (offset) {
      case 0x04:
        if (word & 1) {
          if (!(this.control & 0x8000_0000)) this.violate('a reset without AE')
          this.reset()
        } else this.control = word & 0x8000_0002 | this.control & 1
        return
      case 0x08:
        this.status &= ~word
        this.ports.forEach(({ causes, enabled }, number) => { if (causes & enabled) this.status |= 1 << number })
        return
      case 0x28:
        this.handoff |= word & 2
        if (this.letsGo) this.handoff &= ~1
        return
    }
    throw new Error(`a write at ${offset.toString(16)}h`)
  }

  /** Fetches what there is and carries it out, except what a test holds back; how many commands it answered. */
  work(): number {
    this.fetch()
    let done = 0
    for (const port of this.ports) {
      while (port.pending.length && !port.isHalted) {
        this.carryOut(port.pending.shift()!)
        done++
      }
    }
    return done
  }

  /** Fetches the commands that PxCI tells of. */
  fetch(): void {
    this.ports.forEach((port, number) => {
      if (!(port.command & 1) || port.isHalted || !this.mayTransfer || !this.devices.has(number)) return
      for (let tag = 0; tag < 32; tag++) {
        if (!(port.issue >>> tag & 1) || this.all(port).some(command => command.tag === tag)) continue
        if (this.isHostile && !(this.memory.read(port.list + BigInt(32 * tag), 1)[0])) port.issue &= ~(1 << tag)
        else port.pending.push(this.take(number, port, tag))
      }
    })
  }

  carryOut(command: Command): void {
    const fault = this.fault(command)
    const device = this.devices.get(command.port)
    if (fault === 'lost' || !device) return void this.ports[command.port].lost.push(command)
    const port = this.ports[command.port]
    const isLog = command.opcode === 0x2f
    const failure = fault ?? (port.log && !isLog ? Failure.Abort : this.perform(command, device))
    if (failure) this.failCommand(command, failure)
    else this.complete(command)
  }

  complete({ port: number, tag, isQueued }: Command): void {
    const port = this.ports[number]
    if (isQueued) port.active &= ~(1 << tag)
    else port.issue &= ~(1 << tag)
    port.taskFile = 0x50
    this.cause(number, isQueued ? 1 << 3 : 1 << 0)
  }

  failCommand({ port: number, tag, isQueued }: Command, failure: number): void {
    const port = this.ports[number]
    port.taskFile = failure
    port.isHalted = true
    if (isQueued) port.log = [tag, failure & 0xff, failure >> 8]
    else if (this.clearsFailed) port.issue &= ~(1 << tag)
    this.cause(number, 1 << 30)
  }

  /** Sets a bit of PxIS. */
  cause(number: number, bit: number): void {
    this.ports[number].causes |= bit
    if (this.ports[number].causes & this.ports[number].enabled) this.status |= 1 << number
  }

  plug(number: number, device: Device): void {
    this.devices.set(number, device)
    this.ports[number].error |= 1 << 26
    this.ready(number)
    this.cause(number, 1 << 6)
  }

  unplug(number: number): void {
    this.devices.delete(number)
    this.ports[number].error |= 1 << 16
    this.cause(number, 1 << 22)
  }

  /** A region list, checked. */
  regions({ table, header }: Command): { physical: bigint, length: number }[] {
    const count = header.readUInt16LE(2)
    const list = this.memory.read(table + 0x80n, 16 * count)
    return Array.from({ length: count }, (_, index) => {
      const physical = list.readBigUInt64LE(16 * index)
      const length = (list.readUInt32LE(16 * index + 12) & 0x3fffff) + 1
      if (physical & 1n || length & 1 || list.readUInt32LE(16 * index + 12) >>> 22) this.violate('a region at an odd address or of an odd length')
      return { physical, length }
    })
  }

  private all(port: PortState): Command[] { return [...port.pending, ...port.lost] }

  private readGlobal(offset: number): number {
    switch (offset) {
      case 0x00: return this.capabilities
      case 0x04: return this.control
      case 0x08: return this.status
      case 0x0c: return this.implemented
      case 0x24: return this.hasHandoff ? 1 : 0
      case 0x28: return this.handoff
    }
    throw new Error(`a read at ${offset.toString(16)}h`)
  }

  private readPort(number: number, offset: number): number {
    const port = this.ports[number]
    switch (offset) {
      case 0x10: return port.causes
      case 0x14: return port.enabled
      case 0x18: return port.command
      case 0x20: return port.taskFile
      case 0x24: return port.signature
      case 0x28: return this.devices.has(number) && (port.control & 0xf) === 0 ? 0x123 : 0
      case 0x2c: return port.control
      case 0x30: return port.error
      case 0x34: return port.active
      case 0x38: return port.issue
    }
    throw new Error(`a read at ${offset.toString(16)}h of a port`)
  }

  private writePort(number: number, offset: number, width: number, value: bigint): void {
    const port = this.ports[number]
    if (!(this.implemented >>> number & 1)) this.violate(`port ${number} is not there`)
    const word = Number(BigInt.asUintN(32, value))
    if (offset === 0x00 || offset === 0x08) {
      if (width !== 8 || port.command & 1) this.violate('a list is moved')
      if (offset === 0) port.list = value
      else port.fis = value
      if (value & (offset === 0 ? 0x3ffn : 0xffn)) this.violate('a list is not aligned')
      return
    }
    switch (offset) {
      case 0x10: port.causes &= ~word; return
      case 0x14: port.enabled = word; return
      case 0x18: return this.command(number, port, word)
      case 0x2c:
        if ((word & 0xf) === 1 && port.command & 0x8001) this.violate('COMRESET of a port at work')
        if ((port.control & 0xf) === 1 && (word & 0xf) === 0) this.ready(number, 1)
        else if ((word & 0xf) === 1) port.taskFile = 0x7f
        port.control = word
        return
      case 0x30: port.error &= ~word; return
      case 0x34:
        if (!(port.command & 1)) this.violate('PxSACT of a port that is not started')
        port.active |= word
        return
      case 0x38:
        if (!(port.command & 1)) this.violate('PxCI of a port that is not started')
        if (port.issue & word) this.violate('a command that is given twice')
        port.issue |= word
        return
    }
    throw new Error(`a write at ${offset.toString(16)}h of a port`)
  }

  private command(number: number, port: PortState, word: number): void {
    if (word & 1 && !(port.command & 1)) {
      if (!(word & 0x10) || port.taskFile & 0x88 || !this.devices.has(number) || port.command & 0x8000) this.violate(`port ${number} is started before its time`)
      port.command |= 0x8000
    }
    if (!(word & 1) && port.command & 1) {
      port.pending = []
      port.lost = []
      port.active = 0
      port.issue = 0
      port.isHalted = false
      if (this.stops) port.command &= ~0x8000
    }
    port.command = word & 0x1fff_3fff | port.command & 0x8000
  }

  private reset(): void {
    this.resets++
    this.control |= 1
    if (!this.resetsEnd) return
    this.control = 0
    this.status = 0
    this.ports = Array.from({ length: 32 }, fresh)
    for (const number of this.devices.keys()) this.ready(number)
  }

  /** A device has been reset, and sends its signature. */
  private ready(number: number, resets = 0): void {
    const device = this.devices.get(number)
    if (device) this.linkResets += resets
    const port = this.ports[number]
    port.log = undefined
    if (!device || device.isBusy) return
    port.taskFile = 0x50
    port.signature = device.signature ?? (device.isPacket ? 0xeb140101 : 0x101)
    this.cause(number, 1 << 6)
  }

  private take(number: number, port: PortState, tag: number): Command {
    const header = this.memory.read(port.list + BigInt(32 * tag), 32)
    const table = header.readBigUInt64LE(8)
    const fis = this.memory.read(table, 20)
    if ((header[0] & 0x1f) !== 5 || fis[0] !== 0x27 || fis[1] !== 0x80 || table & 0x7fn) this.violate('a command that is none')
    const isQueued = fis[2] === 0x60 || fis[2] === 0x61
    const command: Command = {
      port: number, tag, opcode: fis[2], features: fis[3] | fis[11] << 8, block: fis.readUIntLE(4, 3) + fis.readUIntLE(8, 3) * 2 ** 24, count: fis.readUInt16LE(12), table, header, isQueued,
    }
    const others = this.all(port)
    if (isQueued ? others.some(other => !other.isQueued) : others.length) this.violate('queued and other commands at the same time')
    if (isQueued !== (port.active >>> tag & 1) > 0) this.violate('PxSACT does not go with the command')
    if (isQueued && (command.count >> 3) !== tag) this.violate('a queued command with another tag')
    if (isQueued) port.issue &= ~(1 << tag)
    if (isQueued && others.length >= (this.devices.get(number)!.depth ?? 32)) this.violate('more commands than the device queues')
    this.fetched.push(command)
    return command
  }

  /** What a command does; its failure. */
  private perform(command: Command, device: Device): number {
    const { opcode } = command
    const size = device.blockBytes ?? 512
    if (device.isPacket ? opcode !== 0xa1 && opcode !== 0xa0 : opcode === 0xa1 || opcode === 0xa0) return Failure.Abort
    switch (opcode) {
      case 0xec: case 0xa1: return this.give(command, identify(device))
      case 0xa0: return this.packet(command, device)
      case 0xea: return this.flushes++, 0
      case 0x2f: {
        const { port } = command
        const log = this.ports[port].log
        if (device.hasLog === false || command.block !== 0x10 || command.count !== 1) return Failure.Abort
        const data = Buffer.alloc(512)
        if (log) data.set([log[0], 0, log[1], log[2]])
        this.ports[port].log = undefined
        return this.give(command, data)
      }
      case 0x06: {
        const places = this.regions(command)
        if (!device.trims || command.features !== 1 || command.count !== 1 || !(command.header[0] & 0x40) || places.length !== 1 || places[0].length !== 512) return Failure.Abort
        const ranges = this.memory.read(places[0].physical, 512)
        for (let at = 0; at < 512; at += 8) {
          const range = ranges.readBigUInt64LE(at)
          const first = Number(range & 0xffff_ffff_ffffn) * size
          device.data.fill(0xde, first, first + Number(range >> 48n) * size)
        }
        return 0
      }
      case 0x25: case 0x60: return this.transfer(command, device, command.block, blocksOf(command), true)
      case 0x35: case 0x61: return this.transfer(command, device, command.block, blocksOf(command), false)
    }
    return Failure.Abort
  }

  private packet(command: Command, device: Device): number {
    const packet = this.memory.read(command.table + 0x40n, 12)
    if (!(command.header[0] & 0x20)) this.violate('a packet that is not said to be one')
    if ((device.attentions ?? 0) > 0) return device.attentions!--, 0x6051
    if (device.isEmpty) return 0x2051
    if (packet[0] === 0x25) {
      if (command.features !== 0 || command.block !== 8 << 8) this.violate('READ CAPACITY of another length')
      const data = Buffer.alloc(8)
      data.writeUInt32BE(device.data.length / device.blockBytes! - 1, 0)
      data.writeUInt32BE(device.blockBytes!, 4)
      return this.give(command, data)
    }
    return packet[0] === 0xa8 && command.features & 1 ? this.transfer(command, device, packet.readUInt32BE(2), packet.readUInt32BE(6), true) : 0x5051
  }

  private transfer(command: Command, device: Device, block: number, blocks: number, isRead: boolean): number {
    const size = device.blockBytes ?? 512
    if (!(command.header[0] & 0x40) !== isRead) this.violate('a direction that is not the command’s')
    const places = this.regions(command)
    const bytes = blocks * size
    if (places.reduce((sum, { length }) => sum + length, 0) !== bytes) this.violate('regions of another length than the transfer')
    if (block * size + bytes > device.data.length) return 0x1051
    let at = block * size
    for (const { physical, length } of places) {
      if (isRead) this.memory.write(physical, device.data.subarray(at, at + length))
      else this.memory.read(physical, length).copy(device.data, at)
      at += length
    }
    return 0
  }

  private give(command: Command, data: Buffer): number {
    const [{ physical, length }] = this.regions(command)
    if (length !== data.length) this.violate('data of another length')
    this.memory.write(physical, data)
    return 0
  }
}

function blocksOf({ isQueued, features, count }: Command): number { return (isQueued ? features : count) || 65536 }

/** Two characters in a word, the first in its upper half. */
function text(data: Buffer, word: number, words: number, value: string): void { Buffer.from(value.padEnd(2 * words), 'latin1').swap16().copy(data, 2 * word) }

function identify(device: Device): Buffer {
  const data = Buffer.alloc(512)
  const size = device.blockBytes ?? 512
  text(data, 10, 10, device.serial ?? 'DISK0001')
  text(data, 27, 20, 'Fake disk')
  if (!device.isPacket) {
    data.writeUInt16LE(0x4000 | 1 << 10 | 1 << 13, 166)
    data.writeBigUInt64LE(BigInt(device.data.length / size), 200)
    const depth = device.depth ?? 32
    if (depth) {
      data.writeUInt16LE(depth - 1, 150)
      data.writeUInt16LE(1 << 8, 152)
    }
    if (size !== 512 || device.physicalShift) data.writeUInt16LE(0x4000 | (size !== 512 ? 1 << 12 : 0) | (device.physicalShift ? 1 << 13 | device.physicalShift : 0), 212)
    data.writeUInt32LE(size / 2, 234)
    data.writeUInt16LE(device.trims ? 1 : 0, 338)
  }
  device.identified?.(data)
  return data
}

/** A driver with its HBA, which has not been started. */
export class AhciBench extends Bench {
  constructor(readonly hba: Hba) { super(hba, hba.memory) }

  /** Starts the driver, the devices working meanwhile; what start answered. */
  start(): number {
    const read = this.hba.read.bind(this.hba)
    this.hba.read = (bar, offset, width) => {
      this.hba.work()
      return read(bar, offset, width)
    }
    const answer = this.driver.start()
    this.hba.read = read
    return answer
  }

  /** Submits, and lets the devices work and the driver hear of it and poll until nothing moves. */
  settle(): void {
    this.driver.submit()
    this.live(20_000_000, 1_000_000)
    while (this.hba.work()) this.tell()
  }

  /** Lets time pass in which the devices work. */
  live(nanoseconds: number, step = 1_000_000): void {
    for (let passed = 0; passed < nanoseconds; passed += step) {
      while (this.hba.work()) this.tell()
      if (this.hba.status) this.tell()
      this.pass(step)
    }
  }
}

/** A driver whose HBA, with a disk at port 0, a test may change before it starts. */
export async function ahci(change: (hba: Hba) => void = () => {}): Promise<AhciBench> {
  const hba = new Hba(new Memory())
  hba.devices.set(0, { data: Buffer.alloc(4 << 20), trims: true })
  change(hba)
  if (!hba.hasMsi) hba.line = () => hba.isWired && hba.holdsLine
  const bench = new AhciBench(hba)
  await bench.load('drivers/ahci/index.ts')
  return bench
}
