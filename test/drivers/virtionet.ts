/** A virtio network device over PCI as VIRTIO 1.2 describes it, strict with its driver and as faulty as a test wants it. */
import { Memory, type PciFunction } from './bench.ts'
import { NetBench } from './net.ts'

export const Feature = {
  Csum: 1n << 0n, GuestCsum: 1n << 1n, Mtu: 1n << 3n, Mac: 1n << 5n, GuestTso4: 1n << 7n, GuestTso6: 1n << 8n, GuestEcn: 1n << 9n, GuestUfo: 1n << 10n, HostTso4: 1n << 11n, HostTso6: 1n << 12n,
  HostEcn: 1n << 13n, HostUfo: 1n << 14n, MrgRxbuf: 1n << 15n, Status: 1n << 16n, CtrlVq: 1n << 17n, CtrlRx: 1n << 18n, Mq: 1n << 22n, IndirectDesc: 1n << 28n, EventIdx: 1n << 29n, Version1: 1n << 32n,
}
/** What each needs. 5.1.3.1. */
const needs: [bigint, bigint][] = [
  [Feature.GuestTso4, Feature.GuestCsum], [Feature.GuestTso6, Feature.GuestCsum], [Feature.GuestEcn, Feature.GuestTso4 | Feature.GuestTso6], [Feature.HostTso4, Feature.Csum], [Feature.HostTso6, Feature.Csum],
  [Feature.HostEcn, Feature.HostTso4 | Feature.HostTso6], [Feature.CtrlRx, Feature.CtrlVq],
]

interface Segment { physical: bigint, bytes: number, isWritable: boolean }
interface Queue { size: number, vector: number, isEnabled: boolean, areas: bigint[], seen: number, used: number }

export class VirtioNet implements PciFunction {
  identity = 0x1041_1af4
  features = Object.values(Feature).reduce((sum, bit) => sum + bit)
  mac = Buffer.from('525400123456', 'hex')
  mtu = 1500
  linkUp = true
  queueSizes = [256, 256, 64]
  answer = 0
  gone = false
  /** Its vectors can be mapped. */
  hasMessages = true
  hasMsix = true
  /** Of a device without MSI-X: its line leads to where it is heard. */
  isWired = true
  line?: () => boolean
  interruptStatus = 0
  resetEnds = true
  mayTransfer = false
  violations: string[] = []
  resets = 0
  notifications = 0
  messages = 0
  status = 0
  agreed = 0n
  queues: Queue[] = []
  /** Frames that the driver sent, with the header in front. */
  sent: Buffer[] = []
  commands: Buffer[] = []
  /** Heads of frames that were sent and are not used yet, where a test holds them back. */
  held: number[] = []
  holds = false
  private registers = new Map<number, number>()

  constructor(readonly memory: Memory) { this.clear() }

  memoryBytes(bar: number): number { return bar === 4 ? 0x4000 : 0 }
  violate(what: string): void { this.violations.push(what) }

  configurationSpace(offset: number): number {
    const structures = [[1, 0x0000], [3, 0x1000], [4, 0x2000], [2, 0x3000]]
    if (offset === 0x04) return 0x10_0000
    if (offset === 0x34) return this.hasMsix ? 0xe0 : 0x40
    if (offset === 0xe0) return 0x4011
    const index = Math.min((offset - 0x40) >> 4, structures.length - 1)
    const [kind, at] = structures[index]
    const next = index + 1 < structures.length ? 0x50 + 16 * index : 0
    return [0x09 | next << 8 | 16 << 16 | kind << 24, 4, at, 0x1000, 4][(offset - 0x40 - 16 * index) >> 2] ?? 0
  }

  startTransfers(): void {
    if (this.status & 4) throw new Error('the device is at work with what its last driver gave it')
    this.mayTransfer = true
  }

  read(_bar: number, offset: number, width: number): bigint {
    if (this.gone) return ~0n
    if (offset >= 0x2000 && offset < 0x3000) {
      const data = Buffer.alloc(0x1000)
      this.mac.copy(data)
      data.writeUInt16LE(this.linkUp ? 1 : 0, 6)
      data.writeUInt16LE(1, 8)
      data.writeUInt16LE(this.mtu, 10)
      return BigInt(data.readUIntLE(offset - 0x2000, width))
    }
    if (offset === 0x1000 && width === 1) {
      const causes = this.interruptStatus
      this.interruptStatus = 0
      return BigInt(causes)
    }
    const queue = this.queues[this.register(22)]
    switch (offset) {
      case 4: return BigInt.asUintN(32, this.features >> BigInt(32 * this.register(0)))
      case 16: return this.hasMessages ? BigInt(this.register(16, 0xffff)) : 0xffffn
      case 18: return BigInt(this.queues.length)
      case 20: return BigInt(this.status)
      case 21: return 0n
      case 24: return BigInt(queue?.size ?? 0)
      case 26: return this.hasMessages ? BigInt(queue.vector) : 0xffffn
      case 30: return BigInt(this.register(22))
    }
    throw new Error(`a read of ${width} at ${offset}`)
  }

  write(_bar: number, offset: number, _width: number, value: bigint): void {
    if (this.gone) return
    const word = Number(value)
    if (offset >= 0x3000) {
      const number = (offset - 0x3000) / 4
      if (number !== word || !this.queues[number]?.isEnabled || !(this.status & 4)) this.violate('a notification that is none')
      this.notifications++
      return
    }
    const queue = this.queues[this.register(22)]
    switch (offset) {
      case 20: return this.setStatus(word)
      case 12: {
        const half = BigInt(32 * this.register(8))
        this.agreed = this.agreed & ~(0xffff_ffffn << half) | value << half
        return
      }
      case 24: queue.size = word; return
      case 26: queue.vector = word; return
      case 28:
        if (this.status & 4 || !(this.status & 8)) this.violate('a queue is enabled at the wrong time')
        if (queue.size & queue.size - 1 || queue.size > this.queueSizes[this.register(22)]) this.violate('a queue of a size that cannot be')
        queue.isEnabled = true
        return
    }
    if (offset >= 32 && offset < 56) {
      const [area, half] = [(offset - 32) >> 3, BigInt(offset & 4) * 8n]
      queue.areas[area] = queue.areas[area] & ~(0xffff_ffffn << half) | value << half
      return
    }
    this.registers.set(offset, word)
  }

  get canWork(): boolean { return !this.gone && (this.status & 4) !== 0 && this.mayTransfer && this.queues[1].isEnabled }
  /** Pages that it can receive to. */
  get room(): number { return this.canWork ? this.available(0) : 0 }

  /** A frame comes from the wire: in one buffer, or in several where that was agreed upon. False when there is no room. */
  receive(frame: Buffer): boolean {
    if (!this.canWork) return false
    const queue = this.queues[0]
    const parts: { head: number, bytes: number, first: bigint }[] = []
    let left = frame
    while (left.length || parts.length === 0) {
      if (this.available(0) === 0) {
        queue.seen = queue.seen - parts.length & 0xffff
        return false
      }
      const [head, chain] = this.next(0)
      if (chain.some(({ isWritable }) => !isWritable)) this.violate('a buffer that cannot be written')
      let bytes = 0
      for (const segment of chain) {
        const piece = left.subarray(0, segment.bytes)
        this.memory.write(segment.physical, piece)
        left = left.subarray(piece.length)
        bytes += piece.length
      }
      parts.push({ head, bytes, first: chain[0].physical })
      if (left.length && !(this.agreed & Feature.MrgRxbuf)) throw new Error('a frame that does not fit')
    }
    this.memory.write(parts[0].first + 10n, Buffer.from([parts.length, 0]))
    parts.forEach(({ head, bytes }, index) => this.post(0, head, bytes, index === parts.length - 1))
    return true
  }

  /** Sends what the driver has, and carries out commands; how many there were. */
  work(): number {
    if (!this.canWork) return 0
    let done = 0
    for (; this.available(1); done++) {
      const [head, chain] = this.next(1)
      if (chain.some(({ isWritable }) => isWritable)) this.violate('a frame that could be written')
      const frame = Buffer.concat(chain.map(({ physical, bytes }) => this.memory.read(physical, bytes)))
      this.checkSent(frame)
      this.sent.push(frame)
      if (this.holds) this.held.push(head)
      else this.post(1, head, 0)
    }
    for (; this.queues[2].isEnabled && this.available(2); done++) {
      const [head, chain] = this.next(2)
      this.commands.push(Buffer.concat(chain.filter(({ isWritable }) => !isWritable).map(({ physical, bytes }) => this.memory.read(physical, bytes))))
      this.memory.write(chain.at(-1)!.physical, Buffer.from([this.answer]))
      this.post(2, head, 1)
    }
    return done
  }

  /** Puts an element into a device's ring, whatever it says; shown unless more follow. True when its driver wants to hear of it. */
  post(number: number, head: number, bytes: number, isShown = true): void {
    const queue = this.queues[number]
    const element = Buffer.alloc(8)
    element.writeUInt32LE(head >>> 0)
    element.writeUInt32LE(bytes >>> 0, 4)
    this.memory.write(queue.areas[2] + 4n + 8n * BigInt(queue.used % queue.size), element)
    queue.used = queue.used + 1 & 0xffff
    if (isShown) this.setUsed(number, queue.used)
  }

  setUsed(number: number, used: number): void {
    const queue = this.queues[number]
    queue.used = used & 0xffff
    this.memory.write(queue.areas[2] + 2n, Buffer.from([queue.used & 0xff, queue.used >> 8]))
    if (!this.hasMsix && this.wantsMessage(number)) this.interruptStatus |= 1
  }

  /** The driver wants to hear of what a queue has used. */
  wantsMessage(number: number): boolean { return (this.memory.read(this.queues[number].areas[1], 2).readUInt16LE() & 1) === 0 }

  available(number: number): number {
    const queue = this.queues[number]
    const count = this.memory.read(queue.areas[1] + 2n, 2).readUInt16LE() - queue.seen & 0xffff
    if (count > queue.size) this.violate('more is available than the queue has entries')
    return count
  }

  private next(number: number): [head: number, chain: Segment[]] {
    const queue = this.queues[number]
    const head = this.memory.read(queue.areas[1] + 4n + 2n * BigInt(queue.seen % queue.size), 2).readUInt16LE()
    queue.seen = queue.seen + 1 & 0xffff
    const chain: Segment[] = []
    for (let index = head; ;) {
      if (index >= queue.size || chain.length >= queue.size) throw new Error('a chain without an end')
      const entry = this.memory.read(queue.areas[0] + 16n * BigInt(index), 16)
      const flags = entry.readUInt16LE(12)
      chain.push({ physical: entry.readBigUInt64LE(0), bytes: entry.readUInt32LE(8), isWritable: (flags & 2) !== 0 })
      if (chain.at(-1)!.bytes === 0) this.violate('a segment of nothing')
      if (!(flags & 1)) return [head, chain]
      index = entry.readUInt16LE(14)
    }
  }

  private checkSent(frame: Buffer): void {
    if (frame.length < 12 + 14) this.violate('a frame without addresses')
    if (frame.readUInt16LE(10)) this.violate('num_buffers of a frame to be sent')
    if (frame[0] & ~1 || frame[0] && !(this.agreed & Feature.Csum)) this.violate('a checksum that was not agreed upon')
    const type = frame[1]
    if (type && !(this.agreed & (type === 4 ? Feature.HostTso6 : Feature.HostTso4))) this.violate('segments that were not agreed upon')
    if (!type && frame.length > 12 + 18 + this.mtu) this.violate('a frame that is too long')
  }

  private register(offset: number, initial = 0): number { return this.registers.get(offset) ?? initial }
  private clear(): void {
    this.registers.clear()
    this.queues = this.queueSizes.map(size => ({ size, vector: 0xffff, isEnabled: false, areas: [0n, 0n, 0n], seen: 0, used: 0 }))
    this.held = []
    this.agreed = 0n
    this.interruptStatus = 0
  }

  private setStatus(value: number): void {
    if (value === 0) {
      this.resets++
      if (!this.resetEnds) return
      this.status = 0
      return this.clear()
    }
    if (value & 8 && !(this.status & 8)) {
      if (this.agreed & ~this.features) this.violate('features that were not offered')
      for (const [feature, needed] of needs) if (this.agreed & feature && !(this.agreed & needed)) this.violate(`feature ${feature} without what it needs`)
    }
    this.status = value
  }
}

/** A driver whose device a test may change before it starts. */
export class VirtioNetBench extends NetBench {
  constructor(readonly net: VirtioNet) { super(net, net.memory) }

  /** Lets time pass in which the device works and sends the messages that are wanted. */
  live(nanoseconds: number, step = 1_000_000): void {
    for (let passed = 0; passed < nanoseconds; passed += step) {
      this.net.work()
      this.pass(step)
    }
  }

  /** A frame comes, and a message with it where the driver wants one. */
  arrive(frame: Buffer): boolean {
    if (!this.net.receive(frame)) return false
    if (this.net.wantsMessage(0)) {
      this.net.messages++
      this.tell()
    }
    return true
  }
}

export async function virtioNet(change: (net: VirtioNet) => void = () => {}): Promise<VirtioNetBench> {
  const net = new VirtioNet(new Memory())
  change(net)
  if (!net.hasMsix) net.line = () => net.isWired && net.interruptStatus !== 0
  net.queues.forEach((queue, index) => { queue.size = net.queueSizes[index] })
  const bench = new VirtioNetBench(net)
  await bench.load('drivers/virtionet/index.ts')
  return bench
}
