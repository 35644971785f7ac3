/** A virtio block device over PCI as VIRTIO 1.2 describes it, strict with its driver and as faulty as a test wants it. */
import { Bench, Memory, type PciFunction } from './bench.ts'

/** A chain that was fetched: its head, and what it asks for. */
export interface Command { head: number, type: number, sector: bigint, segments: Segment[], status: bigint }
interface Segment { physical: bigint, bytes: number, isWritable: boolean }

export const Feature = {
  SizeMax: 1n << 1n, SegMax: 1n << 2n, ReadOnly: 1n << 5n, BlkSize: 1n << 6n, Flush: 1n << 9n, Topology: 1n << 10n, Discard: 1n << 13n, WriteZeroes: 1n << 14n,
  IndirectDesc: 1n << 28n, EventIdx: 1n << 29n, Version1: 1n << 32n, AccessPlatform: 1n << 33n,
}

const common = { featureSelect: 0, feature: 4, driverSelect: 8, driverFeature: 12, configVector: 16, queues: 18, status: 20, generation: 21, select: 22, size: 24, vector: 26, enable: 28, notify: 30, desc: 32, driver: 40, device: 48 }

export class VirtioBlock implements PciFunction {
  identity = 0x1042_1af4
  bar = 0x4000
  features = Object.values(Feature).reduce((sum, bit) => sum + bit) - Feature.ReadOnly - Feature.SizeMax - Feature.AccessPlatform
  data: Buffer<ArrayBufferLike> = Buffer.alloc(4 << 20)
  serial = 'VIRTIO01'
  hasId = true
  blockBytes = 512
  physicalExponent = 0
  sizeMax = 4096
  segMax = 254
  maxDiscard = 0x3fffff
  maxZeroes = 1000
  queueLimit = 256
  /** Its vectors can be mapped. */
  hasMessages = true
  hasMsix = true
  /** Of a device without MSI-X: its line leads to where it is heard. */
  isWired = true
  line?: () => boolean
  interruptStatus = 0
  agrees = true
  resetEnds = true
  gone = false
  mayTransfer = false
  /** Capabilities: type, base address register, offset, length. */
  structures: [kind: number, bar: number, offset: number, bytes: number][] = [[5, 0, 0, 0], [1, 4, 0, 0x1000], [3, 4, 0x1000, 0x1000], [4, 4, 0x2000, 0x1000], [2, 4, 0x3000, 0x1000]]
  notifyOffset = 3
  /** What becomes of a command instead of being carried out: a status, or nothing at all. */
  fault: (command: Command) => number | 'lost' | undefined = () => undefined
  violations: string[] = []
  fetched: Command[] = []
  pending: Command[] = []
  lost: Command[] = []
  resets = 0
  notifications = 0
  flushes = 0
  capacityChanges = 0
  status = 0
  generation = 0
  agreed = 0n
  private registers = new Map<number, number>()
  size = 0
  seen = 0
  used = 0
  isEnabled = false
  areas: [desc: bigint, driver: bigint, device: bigint] = [0n, 0n, 0n]

  constructor(readonly memory: Memory) {}

  get holdsLine(): boolean { return this.interruptStatus !== 0 }

  memoryBytes(bar: number): number { return bar === 4 ? this.bar : 0 }

  violate(what: string): void { this.violations.push(what) }

  configurationSpace(offset: number): number {
    if (offset === 0x04) return 0x10_0000
    if (offset === 0x34) return this.hasMsix ? 0xe0 : 0x40
    if (offset === 0xe0) return 0x4011
    const index = (offset - 0x40) >> 4 // a notify capability is 20 bytes long, and the last
    const [kind, bar, at, bytes] = this.structures[Math.min(index, this.structures.length - 1)] ?? [0, 0, 0, 0]
    const place = offset - 0x40 - 16 * Math.min(index, this.structures.length - 1)
    const next = index + 1 < this.structures.length ? 0x50 + 16 * index : 0
    return [0x09 | next << 8 | 16 << 16 | kind << 24, bar, at, bytes, 4][place >> 2] ?? 0
  }

  startTransfers(): void {
    if (this.isEnabled && this.status & 4) throw new Error('the device is at work with what its last driver gave it')
    this.mayTransfer = true
  }

  read(bar: number, offset: number, width: number): bigint {
    if (this.gone || bar !== 4) return ~0n
    if (offset === 0x1000 && width === 1) {
      const causes = this.interruptStatus
      this.interruptStatus = 0
      return BigInt(causes)
    }
    if (offset >= 0x2000 && offset < 0x3000) return this.config(offset - 0x2000, width)
    const expected = [common.status, common.generation].includes(offset) ? 1 : offset >= 16 && offset < 32 ? 2 : 4
    if (width !== expected) this.violate(`a read of ${width} bytes at ${offset}`)
    switch (offset) {
      case common.feature: return BigInt.asUintN(32, this.features >> BigInt(32 * this.register(common.featureSelect)))
      case common.queues: return 1n
      case common.status: return BigInt(this.status)
      case common.generation: return BigInt(this.generation)
      case common.size: return BigInt(this.register(common.size, this.queueLimit))
      case common.vector: case common.configVector: return this.hasMessages ? BigInt(this.register(offset, 0xffff)) : 0xffffn
      case common.notify: return BigInt(this.notifyOffset)
    }
    throw new Error(`a read at ${offset}`)
  }

  write(bar: number, offset: number, width: number, value: bigint): void {
    if (this.gone || bar !== 4) return
    const word = Number(value)
    if (offset >= 0x3000) {
      if (offset !== 0x3000 + 4 * this.notifyOffset || width !== 2 || word !== 0 || !this.isEnabled) this.violate('a notification that is none')
      this.notifications++
      return
    }
    switch (offset) {
      case common.status: return this.setStatus(word)
      case common.driverFeature: {
        const half = this.register(common.driverSelect)
        this.agreed = this.agreed & ~(0xffff_ffffn << BigInt(32 * half)) | value << BigInt(32 * half)
        return
      }
      case common.enable:
        if (this.status & 4 || !(this.status & 8)) this.violate('a queue is enabled at the wrong time')
        this.isEnabled = true
        this.size = this.register(common.size, this.queueLimit)
        if (this.size > this.queueLimit || this.size & this.size - 1) this.violate('a queue of a size that cannot be')
        this.areas = [common.desc, common.driver, common.device].map(at => BigInt(this.register(at)) | BigInt(this.register(at + 4)) << 32n) as [bigint, bigint, bigint]
        if (this.areas[0] & 15n || this.areas[1] & 1n || this.areas[2] & 3n) this.violate('an area that is not aligned')
        this.seen = 0
        this.used = 0
        return
    }
    if (offset >= 0x38) throw new Error(`a write at ${offset}`)
    this.registers.set(offset, word)
  }

  /** Fetches what there is and carries it out, except what a test holds back; how many commands it answered. */
  work(): number {
    this.fetch()
    const commands = this.pending
    this.pending = []
    for (const command of commands) this.carryOut(command)
    return commands.length
  }

  /** Fetches what the driver's ring has. */
  fetch(): void {
    if (!(this.status & 4) || !this.isEnabled || !this.mayTransfer) return
    const [, driver] = this.areas
    const index = this.memory.read(driver + 2n, 2).readUInt16LE()
    if ((index - this.seen & 0xffff) > this.size) this.violate('more is available than the queue has entries')
    for (; this.seen !== index; this.seen = this.seen + 1 & 0xffff) this.pending.push(this.take(this.memory.read(driver + 4n + 2n * BigInt(this.seen % this.size), 2).readUInt16LE()))
  }

  carryOut(command: Command): void {
    const fault = this.fault(command)
    if (fault === 'lost') this.lost.push(command)
    else this.complete(command, fault ?? this.perform(command))
  }

  complete({ head, status }: Command, answer: number): void {
    this.memory.write(status, Buffer.from([answer]))
    this.post(head)
  }

  /** Puts an element into the device's ring, whatever it says. */
  post(head: number): void {
    const element = Buffer.alloc(8)
    element.writeUInt32LE(head >>> 0)
    this.memory.write(this.areas[2] + 4n + 8n * BigInt(this.used % this.size), element)
    this.setUsed(this.used + 1)
  }

  setUsed(index: number): void {
    this.used = index & 0xffff
    const bytes = Buffer.alloc(2)
    bytes.writeUInt16LE(this.used)
    this.memory.write(this.areas[2] + 2n, bytes)
    if (!this.hasMsix && !(this.memory.read(this.areas[1], 1)[0] & 1)) this.interruptStatus |= 1
  }

  private register(offset: number, initial = 0): number { return this.registers.get(offset) ?? initial }

  private setStatus(value: number): void {
    if (value === 0) {
      this.resets++
      if (!this.resetEnds) return
      this.status = 0
      this.registers.clear()
      this.pending = []
      this.lost = []
      this.isEnabled = false
      this.interruptStatus = 0
      return
    }
    if (value & 8 && !(this.status & 8)) {
      if (this.agreed & ~this.features) this.violate('features that were not offered')
      if (!this.agrees) value &= ~8
    }
    this.status = value
  }

  private config(offset: number, width: number): bigint {
    const data = Buffer.alloc(0x1000)
    data.writeBigUInt64LE(BigInt(this.data.length / 512), 0)
    data.writeUInt32LE(this.sizeMax, 8)
    data.writeUInt32LE(this.segMax, 12)
    data.writeUInt32LE(this.blockBytes, 20)
    data[24] = this.physicalExponent
    data.writeUInt32LE(this.maxDiscard, 36)
    data.writeUInt32LE(this.maxZeroes, 48)
    return BigInt(data.readUIntLE(offset, width))
  }

  private take(head: number): Command {
    const all = [...this.pending, ...this.lost]
    if (all.some(other => other.head === head)) this.violate(`chain ${head} is given twice`)
    const chain: Segment[] = []
    const walk = (table: bigint, entries: number, first: number, isTable: boolean) => {
      for (let index = first; ;) {
        if (index >= entries || chain.length > this.size) return this.violate('a chain without an end')
        const entry = this.memory.read(table + 16n * BigInt(index), 16)
        const [physical, bytes, flags] = [entry.readBigUInt64LE(0), entry.readUInt32LE(8), entry.readUInt16LE(12)]
        if (flags & 4) {
          if (isTable || flags !== 4 || !(this.agreed & Feature.IndirectDesc)) this.violate('a table where there must not be one')
          return walk(physical, bytes / 16, 0, true)
        }
        chain.push({ physical, bytes, isWritable: (flags & 2) !== 0 })
        if (!(flags & 1)) return
        index = entry.readUInt16LE(14)
      }
    }
    walk(this.areas[0], this.size, head, false)
    const [first, last] = [chain[0], chain.at(-1)!]
    const segments = chain.slice(1, -1)
    if (chain.length < 2 || chain.length > this.size || first.bytes !== 16 || first.isWritable || last.bytes !== 1 || !last.isWritable) this.violate('a chain that is no request')
    const header = this.memory.read(first.physical, 16)
    const command = { head, type: header.readUInt32LE(0), sector: header.readBigUInt64LE(8), segments, status: last.physical }
    if (segments.length > (this.agreed & Feature.SegMax ? this.segMax : 1)) this.violate('more segments than there may be')
    if (this.agreed & Feature.SizeMax && segments.some(({ bytes }) => bytes > this.sizeMax)) this.violate('a segment that is too long')
    if (segments.some(({ bytes, isWritable }) => bytes === 0 || isWritable !== [0, 8].includes(command.type))) this.violate('a segment of the wrong direction')
    this.fetched.push(command)
    return command
  }

  /** What a command does; its status. */
  private perform({ type, sector, segments }: Command): number {
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0)
    let at = Number(sector) * 512
    switch (type) {
      case 0: case 1:
        if (bytes === 0 || bytes % this.blockBytes || at % this.blockBytes) this.violate('a transfer that is no blocks')
        if (at + bytes > this.data.length) return 1
        for (const { physical, bytes: length } of segments) {
          if (type === 0) this.memory.write(physical, this.data.subarray(at, at + length))
          else this.memory.read(physical, length).copy(this.data, at)
          at += length
        }
        return 0
      case 4: return this.flushes++, 0
      case 8:
        if (bytes !== 20) this.violate('an identity of another length')
        if (!this.hasId) return 2
        this.memory.write(segments[0].physical, Buffer.from(this.serial.padEnd(20, '\0').slice(0, 20), 'latin1'))
        return 0
      case 11: case 13: {
        if (bytes !== 16) this.violate('a range of another length')
        const range = this.memory.read(segments[0].physical, 16)
        const [begin, count] = [Number(range.readBigUInt64LE(0)) * 512, range.readUInt32LE(8)]
        if (count > (type === 11 ? this.maxDiscard : this.maxZeroes) || count === 0 || type === 11 && range.readUInt32LE(12)) this.violate('a range that cannot be')
        this.data.fill(type === 11 ? 0xde : 0, begin, begin + 512 * count)
        return 0
      }
    }
    return 2
  }
}

/** A driver with its device, which has not been started. */
export class VirtioBench extends Bench {
  constructor(readonly block: VirtioBlock) { super(block, block.memory) }

  /** Starts the driver, the device working meanwhile; what start answered. */
  start(): number {
    const read = this.block.read.bind(this.block)
    this.block.read = (bar, offset, width) => {
      this.block.work()
      return read(bar, offset, width)
    }
    const answer = this.driver.start()
    this.block.read = read
    return answer
  }

  /** Submits, and lets the device work and the driver hear of it until nothing moves. */
  settle(): void {
    this.driver.submit()
    while (this.block.work()) this.tell()
  }

  /** Lets time pass in which the device works. */
  live(nanoseconds: number, step = 1_000_000_000): void {
    for (let passed = 0; passed < nanoseconds; passed += step) {
      this.pass(step)
      while (this.block.work()) this.tell()
    }
  }
}

/** A driver whose device a test may change before it starts. */
export async function virtioBlock(change: (block: VirtioBlock) => void = () => {}): Promise<VirtioBench> {
  const block = new VirtioBlock(new Memory())
  change(block)
  if (!block.hasMsix) block.line = () => block.isWired && block.holdsLine
  const bench = new VirtioBench(block)
  await bench.load('drivers/virtioblk/index.ts')
  return bench
}
