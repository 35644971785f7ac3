/** An NVMe controller as NVM Express 1.4 describes it, strict with its host and as faulty as a test wants it. */
import { Bench, Memory, type PciFunction } from './bench.ts'

interface SubmissionQueue { base: bigint, size: number, head: number, tail: number, completion: number }
interface CompletionQueue { base: bigint, size: number, head: number, tail: number, phase: number }

/** A command that was fetched: its queue, identifier and entry. */
export interface Command { queue: number, identifier: number, opcode: number, namespace: number, entry: Buffer }

export interface Namespace { blockBytes: number, data: Buffer, metadataBytes?: number, writeProtected?: boolean, granularity?: number }

export const Code = { InvalidOpcode: 0x001, InvalidField: 0x002, InternalError: 0x006, AbortRequested: 0x007, InvalidNamespace: 0x00b, OutOfRange: 0x080, ReadError: 0x281, DoNotRetry: 0x4000 }

const pageBytes = 4096

export class Controller implements PciFunction {
  // CAP: 1024 entries, contiguous, 1 s, doorbells 4 bytes apart, NVM command set, pages of 4 KiB.
  entries = 1024
  timeout = 2
  stride = 0
  commandSets = 1
  smallestPage = 0
  bar = 0x4000
  namespaces = new Map<number, Namespace>([[1, { blockBytes: 512, data: Buffer.alloc(1 << 20) }]])
  maximumTransfer = 0
  optional = 0x0c // Dataset Management, Write Zeroes
  writeCache = true
  sgl = 0
  queues = 64
  serial = 'TEST0001'
  hasMsix = true
  /** Of a controller without messages: its line leads to where it is heard. */
  isWired = true
  line?: () => boolean
  /** Changes Identify's data before it is given. */
  identified = (_what: number, _namespace: number, _data: Buffer) => {}

  configuration = 0
  status = 0
  /** Its driver has said that it is at rest. */
  mayTransfer = false
  gone = false
  becomesReady = true
  stops = true
  /** What becomes of a command instead of being carried out: a status, or nothing at all. */
  fault: (command: Command) => number | 'lost' | undefined = () => undefined
  /** Fetched and not completed, in order. */
  pending: Command[] = []
  lost: Command[] = []
  /** What the host did that it must not. */
  violations: string[] = []
  fetched: Command[] = []
  flushes = 0
  resets = 0
  submissionDoorbells = 0
  completionDoorbells = 0
  readonly submissions = new Map<number, SubmissionQueue>()
  readonly completions = new Map<number, CompletionQueue>()
  private adminAttributes = 0
  private adminSubmissions = 0n
  private adminCompletions = 0n

  constructor(readonly memory: Memory) {}

  memoryBytes(bar: number): number { return bar === 0 ? this.bar : 0 }
  configurationSpace(offset: number): number { return { 0x04: 0x10_0000, 0x34: 0x40, 0x40: this.hasMsix ? 0x11 : 0x01 }[offset] ?? 0 }
  /** 7.5.1: it is held down while a completion has not been taken. */
  get holdsLine(): boolean { return !this.hasMsix && !this.gone && [...this.completions.values()].some(({ head, tail }) => head !== tail) }

  read(bar: number, offset: number, width: number): bigint {
    if (this.gone || bar !== 0) return ~0n
    switch (offset) {
      case 0x00: {
        const capabilities = BigInt(this.entries - 1) | 1n << 16n | BigInt(this.timeout) << 24n | BigInt(this.stride) << 32n | BigInt(this.commandSets) << 37n | BigInt(this.smallestPage) << 48n
        return width === 8 ? capabilities : capabilities & 0xffff_ffffn
      }
      case 0x08: return 0x10400n
      case 0x14: return BigInt(this.configuration)
      case 0x1c: return BigInt(this.status)
    }
    throw new Error(`a read at ${offset.toString(16)}h`)
  }

  write(bar: number, offset: number, width: number, value: bigint): void {
    if (this.gone || bar !== 0) return
    switch (offset) {
      case 0x14: return this.configure(Number(value))
      case 0x24: this.adminAttributes = Number(value); return
      case 0x28: this.adminSubmissions = value; return
      case 0x30: this.adminCompletions = value; return
    }
    if (offset < 0x1000 || width !== 4) throw new Error(`a write of ${width} bytes at ${offset.toString(16)}h`)
    this.doorbell((offset - 0x1000) / (4 << this.stride), Number(value))
  }

  /** Fetches what there is and carries it out, except what a test holds back; how many commands it completed. */
  work(): number {
    if (this.status !== 1 || !this.mayTransfer) return 0
    this.fetch()
    const commands = this.pending
    this.pending = []
    for (const command of commands) this.carryOut(command)
    return commands.length
  }

  /** Fetches what the doorbells tell of. */
  fetch(): void {
    for (const [number, queue] of this.submissions) {
      while (queue.head !== queue.tail) {
        const entry = this.memory.read(queue.base + BigInt(queue.head * 64), 64)
        queue.head = (queue.head + 1) % queue.size
        const command = { queue: number, identifier: entry.readUInt16LE(2), opcode: entry[0], namespace: entry.readUInt32LE(4), entry }
        const isSame = (other: Command) => other.queue === number && other.identifier === command.identifier
        if (this.pending.some(isSame) || this.lost.some(isSame)) this.violate(`command ${command.identifier} of queue ${number} is given twice`)
        this.pending.push(command)
        this.fetched.push(command)
      }
    }
  }

  carryOut(command: Command): void {
    const fault = this.fault(command)
    if (fault === 'lost') this.lost.push(command)
    else if (fault !== undefined) this.complete(command, fault)
    else {
      const [status, result] = command.queue === 0 ? this.admin(command) : [this.io(command), 0]
      this.complete(command, status, result)
    }
  }

  startTransfers(): void {
    if (this.status & 1) throw new Error('the controller is at work with what its last driver gave it')
    this.mayTransfer = true
  }

  /** Completes a command with a status, as it stands in bits 15:1 of DW3's high half. */
  complete(command: Command, status: number, result = 0): void {
    const submission = this.submissions.get(command.queue)
    if (!submission) return
    this.post(submission.completion, result, command.queue << 16 | submission.head, command.identifier, status)
  }

  /** Writes a completion, whatever it says. */
  post(number: number, result: number, queue: number, identifier: number, status: number): void {
    const completions = this.completions.get(number)!
    const entry = Buffer.alloc(16)
    entry.writeUInt32LE(result >>> 0, 0)
    entry.writeUInt32LE(queue >>> 0, 8)
    entry.writeUInt16LE(identifier, 12)
    entry.writeUInt16LE((status << 1 | completions.phase) & 0xffff, 14)
    this.memory.write(completions.base + BigInt(completions.tail * 16), entry)
    completions.tail = (completions.tail + 1) % completions.size
    if (completions.tail === 0) completions.phase ^= 1
    if (completions.tail === completions.head) this.violate(`completion queue ${number} is full`)
  }

  violate(what: string): void { this.violations.push(what) }

  private configure(value: number): void {
    const was = this.configuration
    this.configuration = value
    if (value & 1 && !(was & 1)) {
      if ((value >> 16 & 0xf) !== 6 || (value >> 20 & 0xf) !== 4 || value >> 7 & 0xf || value >> 4 & 7) this.violate(`CC is ${value.toString(16)}h`)
      if (this.becomesReady) this.status = 1
      this.submissions.set(0, { base: this.adminSubmissions, size: (this.adminAttributes & 0xfff) + 1, head: 0, tail: 0, completion: 0 })
      this.completions.set(0, { base: this.adminCompletions, size: (this.adminAttributes >> 16 & 0xfff) + 1, head: 0, tail: 0, phase: 1 })
    } else if (!(value & 1) && was & 1) {
      this.resets++
      this.pending = []
      this.lost = []
      this.submissions.clear()
      this.completions.clear()
      if (this.stops) this.status = 0
    }
  }

  private doorbell(number: number, value: number): void {
    const isCompletion = number % 2 === 1
    const queue = (isCompletion ? this.completions : this.submissions).get(number >> 1)
    if (!queue || value >= queue.size) return this.violate(`doorbell ${number} is written ${value}`)
    if (isCompletion) {
      this.completionDoorbells += number > 1 ? 1 : 0
      queue.head = value
    } else {
      this.submissionDoorbells += number > 1 ? 1 : 0
      queue.tail = value
    }
  }

  private admin(command: Command): [status: number, result: number] {
    const { entry } = command
    const [data, cdw10, cdw11] = [entry.readBigUInt64LE(24), entry.readUInt32LE(40), entry.readUInt32LE(44)]
    switch (command.opcode) {
      case 0x06: return [this.identify(data, cdw10 & 0xff, command.namespace), 0]
      case 0x09: return (cdw10 & 0xff) === 7 ? [0, Math.min(this.queues - 1, cdw11 & 0xffff) | Math.min(this.queues - 1, cdw11 >>> 16) << 16] : [Code.InvalidField, 0]
      case 0x05:
        if (cdw11 !== 3 || data & 0xfffn || (cdw10 >>> 16) + 1 > this.entries || this.completions.has(cdw10 & 0xffff)) return [Code.InvalidField | Code.DoNotRetry, 0]
        this.completions.set(cdw10 & 0xffff, { base: data, size: (cdw10 >>> 16) + 1, head: 0, tail: 0, phase: 1 })
        return [0, 0]
      case 0x01:
        if ((cdw11 & 0xffff) !== 1 || data & 0xfffn || (cdw10 >>> 16) + 1 > this.entries || !this.completions.has(cdw11 >>> 16)) return [Code.InvalidField | Code.DoNotRetry, 0]
        this.submissions.set(cdw10 & 0xffff, { base: data, size: (cdw10 >>> 16) + 1, head: 0, tail: 0, completion: cdw11 >>> 16 })
        return [0, 0]
      case 0x08: {
        const index = this.lost.findIndex(({ queue, identifier }) => queue === (cdw10 & 0xffff) && identifier === cdw10 >>> 16)
        if (index < 0) return [0, 1]
        this.complete(this.lost.splice(index, 1)[0], Code.AbortRequested)
        return [0, 0]
      }
    }
    return [Code.InvalidOpcode | Code.DoNotRetry, 0]
  }

  private identify(target: bigint, what: number, number: number): number {
    const data = Buffer.alloc(pageBytes)
    const namespace = this.namespaces.get(number)
    if (what === 1) {
      data.write(this.serial.padEnd(20), 4, 'latin1')
      data.write('Fake NVMe'.padEnd(40), 24, 'latin1')
      data[77] = this.maximumTransfer
      data[512] = 0x66
      data[513] = 0x44
      data.writeUInt32LE(this.namespaces.size, 516)
      data.writeUInt16LE(this.optional, 520)
      data[525] = this.writeCache ? 1 : 0
      data.writeUInt32LE(this.sgl, 536)
    } else if (what === 2) [...this.namespaces.keys()].sort((a, b) => a - b).forEach((key, index) => data.writeUInt32LE(key, 4 * index))
    else if (what !== 0) return Code.InvalidField | Code.DoNotRetry
    else if (namespace) {
      const format = 3
      data.writeBigUInt64LE(BigInt(namespace.data.length / namespace.blockBytes), 0)
      data[24] = namespace.granularity ? 1 << 4 : 0
      data[25] = format
      data[26] = format
      data.writeUInt16LE((namespace.granularity ?? 1) - 1, 64)
      data[99] = namespace.writeProtected ? 1 : 0
      data.writeUInt32LE((namespace.metadataBytes ?? 0) | Math.log2(namespace.blockBytes) << 16, 128 + 4 * format)
    }
    this.identified(what, number, data)
    this.memory.write(target, data)
    return 0
  }

  private io(command: Command): number {
    const { entry, opcode } = command
    const namespace = this.namespaces.get(command.namespace)
    if (!namespace) return Code.InvalidNamespace | Code.DoNotRetry
    if (opcode === 0x00) return this.flushes++, 0
    if (opcode === 0x09) return this.deallocate(namespace, entry)
    const at = Number(entry.readBigUInt64LE(40)) * namespace.blockBytes
    const bytes = (entry.readUInt16LE(48) + 1) * namespace.blockBytes
    if (at + bytes > namespace.data.length) return Code.OutOfRange | Code.DoNotRetry
    const area = namespace.data.subarray(at, at + bytes)
    if (opcode === 0x08) {
      area.fill(0)
      return 0
    }
    if (opcode !== 1 && opcode !== 2) return Code.InvalidOpcode | Code.DoNotRetry
    if (this.maximumTransfer && bytes > pageBytes << this.maximumTransfer) return Code.InvalidField | Code.DoNotRetry
    const places = entry[1] >> 6 ? this.segments(entry, bytes) : this.pages(entry, bytes)
    let done = 0
    for (const { physical, length } of places) {
      if (opcode === 2) this.memory.write(physical, area.subarray(done, done + length))
      else this.memory.read(physical, length).copy(area, done)
      done += length
    }
    return done === bytes ? 0 : Code.InvalidField | Code.DoNotRetry
  }

  private deallocate(namespace: Namespace, entry: Buffer): number {
    const range = this.memory.read(entry.readBigUInt64LE(24), 16)
    if (entry.readUInt32LE(44) !== 4 || entry.readUInt32LE(40) !== 0) return Code.InvalidField
    const at = Number(range.readBigUInt64LE(8)) * namespace.blockBytes
    const bytes = range.readUInt32LE(4) * namespace.blockBytes
    if (at + bytes > namespace.data.length) return Code.OutOfRange | Code.DoNotRetry
    namespace.data.fill(0xde, at, at + bytes)
    return 0
  }

  /** 4.3: PRP1 within a page, at a multiple of 4; all others at page boundaries; a list where more than two are needed. */
  private pages(entry: Buffer, bytes: number): { physical: bigint, length: number }[] {
    const [first, second] = [entry.readBigUInt64LE(24), entry.readBigUInt64LE(32)]
    if (first & 3n) this.violate('PRP1 is not at a multiple of 4')
    const places = [{ physical: first, length: Math.min(bytes, pageBytes - Number(first & 0xfffn)) }]
    let left = bytes - places[0].length
    const add = (physical: bigint) => {
      if (physical & 0xfffn) this.violate('a PRP is not at a page boundary')
      places.push({ physical, length: Math.min(left, pageBytes) })
      left -= places.at(-1)!.length
    }
    if (left > 0 && left <= pageBytes) add(second)
    else if (left > 0) {
      const count = Math.ceil(left / pageBytes)
      if (second & 7n || Number(second & 0xfffn) + 8 * count > pageBytes) this.violate('a PRP list does not lie in its page')
      const list = this.memory.read(second, 8 * count)
      for (let index = 0; index < count; index++) add(list.readBigUInt64LE(8 * index))
    }
    return places
  }

  /** 4.4: one last segment, of data blocks. */
  private segments(entry: Buffer, bytes: number): { physical: bigint, length: number }[] {
    if (!this.sgl || entry[1] >> 6 !== 1 || entry[39] !== 0x30) this.violate('an SGL that the controller cannot take')
    const segment = this.memory.read(entry.readBigUInt64LE(24), entry.readUInt32LE(32))
    const places = []
    for (let at = 0; at < segment.length; at += 16) {
      const place = { physical: segment.readBigUInt64LE(at), length: segment.readUInt32LE(at + 8) }
      if (segment[at + 15] !== 0 || this.sgl === 2 && (place.physical & 3n || place.length & 3)) this.violate('a data block that the controller cannot take')
      places.push(place)
    }
    if (places.reduce((sum, { length }) => sum + length, 0) !== bytes) this.violate('an SGL of another length than the transfer')
    return places
  }
}

/** A driver with its controller, which has not been started. */
export class NvmeBench extends Bench {
  constructor(readonly controller: Controller) { super(controller, controller.memory) }

  /** Starts the driver, the controller working meanwhile as `works` says; what start answered. */
  start(works = true): number {
    const read = this.controller.read.bind(this.controller)
    this.controller.read = (bar, offset, width) => {
      if (works && offset === 0x1c) this.controller.work()
      return read(bar, offset, width)
    }
    const answer = this.driver.start()
    this.controller.read = read
    return answer
  }

  /** Submits, and lets the controller work and the driver hear of it until nothing moves. */
  settle(): void {
    this.driver.submit()
    while (this.controller.work()) this.tell()
  }

  /** Lets time pass in which the controller works. */
  live(nanoseconds: number, step = 1_000_000_000): void {
    for (let passed = 0; passed < nanoseconds; passed += step) {
      this.pass(step)
      while (this.controller.work()) this.tell()
    }
  }
}

/** A driver whose controller a test may change before it starts. */
export async function nvme(change: (controller: Controller) => void = () => {}): Promise<NvmeBench> {
  const controller = new Controller(new Memory())
  change(controller)
  if (!controller.hasMsix) controller.line = () => controller.isWired && controller.holdsLine
  const bench = new NvmeBench(controller)
  await bench.load('drivers/nvme/index.ts')
  return bench
}
