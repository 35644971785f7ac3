/** An Intel gigabit controller as its manuals describe it (8254x SDM, 3, 13 and 14; 82574 datasheet, 7 and 10), strict with its driver and as faulty as a test wants it. */
import { Memory, type PciFunction } from './bench.ts'
import { checksum, NetBench } from './net.ts'

const reg = {
  ctrl: 0, status: 8, ctrlExt: 0x18, icr: 0xc0, ics: 0xc8, ims: 0xd0, imc: 0xd8, eiac: 0xdc, ivar: 0xe4, rctl: 0x100, tctl: 0x400, tipg: 0x410, rdbal: 0x2800, rdbah: 0x2804, rdlen: 0x2808, rdh: 0x2810, rdt: 0x2818, rdtr: 0x2820,
  tdbal: 0x3800, tdbah: 0x3804, tdlen: 0x3808, tdh: 0x3810, tdt: 0x3818, txdctl: 0x3828, rxcsum: 0x5000, rfctl: 0x5008, ral: 0x5400, rah: 0x5404,
}
const only82574 = [reg.eiac, reg.ivar, reg.rfctl, reg.txdctl]
const [rst, rxq0, other, lsc, rxt0] = [1 << 26, 1 << 20, 1 << 24, 1 << 2, 1 << 7]

interface Context { start: number, at: number }

export class E1000 implements PciFunction {
  identity = 0x10d3_8086
  bar = 0x20000
  mac = Buffer.from('525400123456', 'hex')
  hasMac = true
  linkUp = true
  hasMsix = true
  /** Of a card without messages: its line leads to where it is heard. */
  isWired = false
  gone = false
  resetEnds = true
  mayTransfer = false
  violations: string[] = []
  resets = 0
  tails = 0
  /** What went out on the wire. */
  sent: Buffer[] = []
  /** Does not report what it sends. */
  holds = false
  registers = new Map<number, number>()
  private context?: Context
  private data: Buffer[] = []
  private options = 0n

  constructor(readonly memory: Memory) {
    // As the firmware left it, at work in memory that is somebody else's.
    for (const [register, value] of [[reg.rctl, 2], [reg.tctl, 2], [reg.rdlen, 128], [reg.rdt, 5], [reg.ims, 0x9d]]) this.registers.set(register, value)
  }

  get is82574(): boolean { return this.identity >>> 16 === 0x10d3 }
  memoryBytes(bar: number): number { return bar === 0 ? this.bar : 0 }
  configurationSpace(offset: number): number { return { 0x04: 0x10_0000, 0x34: 0xd0, 0xd0: 0x05 | (this.hasMsix ? 0xa000 : 0), 0xa0: 0x11 }[offset] ?? 0 }
  violate(what: string): void { this.violations.push(what) }

  startTransfers(): void {
    if ((this.get(reg.rctl) | this.get(reg.tctl)) & 2) throw new Error('the controller is at work with what its last driver gave it')
    this.mayTransfer = true
  }

  read(bar: number, offset: number, width: number): bigint {
    if (this.gone || bar !== 0) return ~0n
    if (width !== 4) this.violate(`a read of ${width} bytes`)
    if (!this.is82574 && only82574.includes(offset)) this.violate('a register that it does not have')
    switch (offset) {
      case reg.status: return this.linkUp ? 0x83n : 0x81n
      case reg.ral: return BigInt(this.mac.readUInt32LE())
      case reg.rah: return BigInt(this.mac.readUInt16LE(4)) | (this.hasMac ? 1n << 31n : 0n)
      case reg.icr: {
        if (this.is82574) throw new Error('causes are not read')
        const causes = this.get(reg.icr)
        this.registers.set(reg.icr, 0)
        return BigInt(causes)
      }
    }
    if (!Object.values(reg).includes(offset)) throw new Error(`a read at ${offset.toString(16)}h`)
    return BigInt(this.get(offset))
  }

  write(bar: number, offset: number, width: number, value: bigint): void {
    if (this.gone || bar !== 0) return
    if (width === 8) {
      this.write(bar, offset, 4, value & 0xffff_ffffn)
      return this.write(bar, offset + 4, 4, value >> 32n)
    }
    const word = Number(value) | 0
    if (!this.is82574 && only82574.includes(offset)) this.violate('a register that it does not have')
    switch (offset) {
      case reg.ctrl:
        this.registers.set(offset, word & ~rst)
        if (word & rst) this.reset()
        return
      case reg.ics: this.registers.set(reg.icr, this.get(reg.icr) | word); return
      case reg.ims: this.registers.set(reg.ims, this.get(reg.ims) | word); return
      case reg.imc: this.registers.set(reg.ims, this.get(reg.ims) & ~word); return
      case reg.icr: this.registers.set(reg.icr, this.get(reg.icr) & ~word); return
      case reg.rdt: case reg.tdt:
        if (word < 0 || word >= this.entries(offset === reg.rdt ? reg.rdlen : reg.tdlen)) this.violate('a tail beyond its ring')
        this.tails++
        break
      case reg.rdbal: case reg.tdbal: if (word & 0x7f) this.violate('a ring that is not aligned'); break
      case reg.rdbah: case reg.tdbah: case reg.rdlen: case reg.tdlen: case reg.rdh: case reg.tdh:
        if ((this.get(reg.rctl) | this.get(reg.tctl)) & 2) this.violate('a ring that changes while it is used')
        break
      case reg.rctl: if (word & 2 && (word & 0x0600_8018) !== 0x0400_8018) this.violate('a receiver that does not take everything'); break
    }
    if (!Object.values(reg).includes(offset)) throw new Error(`a write at ${offset.toString(16)}h`)
    this.registers.set(offset, word)
  }

  get(register: number): number { return this.registers.get(register) ?? 0 }
  get canReceive(): boolean { return !this.gone && this.mayTransfer && (this.get(reg.rctl) & 2) !== 0 && this.linkUp }
  /** Descriptors that it can receive to. */
  get room(): number { return (this.get(reg.rdt) - this.get(reg.rdh) + this.entries(reg.rdlen)) % this.entries(reg.rdlen) }

  /** A frame comes from the wire. False when there is no room. */
  receive(frame: Buffer, errors = 0, status = 3): boolean {
    if (!this.canReceive || this.room === 0) return false
    const at = this.descriptor(reg.rdbal, this.get(reg.rdh))
    const descriptor = this.memory.read(at, 16)
    if (descriptor.readBigUInt64LE(8)) this.violate('a descriptor that says it is done')
    this.memory.write(descriptor.readBigUInt64LE(0), frame.subarray(0, 2048))
    this.report(at, frame.length, errors, status)
    this.registers.set(reg.rdh, (this.get(reg.rdh) + 1) % this.entries(reg.rdlen))
    this.registers.set(reg.icr, this.get(reg.icr) | rxt0 | (this.hasMsix ? rxq0 : 0))
    return true
  }

  /** Writes back a descriptor, whatever it says. */
  report(at: bigint, length: number, errors: number, status: number): void {
    const back = Buffer.alloc(8)
    back.writeUInt16LE(length & 0xffff)
    back[4] = status
    back[5] = errors
    this.memory.write(at + 8n, back)
  }

  nextReceived(): bigint { return this.descriptor(reg.rdbal, this.get(reg.rdh)) }
  linkChanges(up: boolean): void {
    this.linkUp = up
    this.registers.set(reg.icr, this.get(reg.icr) | lsc | (this.hasMsix ? other : 0))
  }

  /** Whether a message is sent for what is wanted; then it is not sent again for the same. A line is held down until the causes are taken away. */
  message(): boolean {
    const causes = this.get(reg.icr) & this.get(reg.ims)
    if (!this.is82574 && this.isWired) return causes !== 0
    if (!this.is82574 || !this.hasMsix) {
      this.registers.set(reg.icr, this.get(reg.icr) & ~causes)
      return this.is82574 && causes !== 0
    }
    this.registers.set(reg.icr, this.get(reg.icr) & ~(this.get(reg.eiac) & causes))
    const vectors = this.get(reg.ivar)
    return (causes & rxq0) !== 0 && (vectors & 0xf) === 8 || (causes & other) !== 0 && (vectors >> 16 & 0xf) === 8
  }

  /** Sends what the driver has; how many descriptors there were. */
  work(): number {
    if (this.gone || !this.mayTransfer || !(this.get(reg.tctl) & 2) || !this.linkUp) return 0
    let done = 0
    for (; this.get(reg.tdh) !== this.get(reg.tdt); done++) {
      const at = this.descriptor(reg.tdbal, this.get(reg.tdh))
      this.descriptorToSend(this.memory.read(at, 16), at)
      this.registers.set(reg.tdh, (this.get(reg.tdh) + 1) % this.entries(reg.tdlen))
    }
    return done
  }

  private descriptorToSend(descriptor: Buffer, at: bigint): void {
    const [low, high] = [descriptor.readBigUInt64LE(0), descriptor.readBigUInt64LE(8)]
    const has = (bit: number) => (high >> BigInt(bit) & 1n) !== 0n
    if (!has(29)) return this.violate('a descriptor of the old kind')
    if (!has(20)) {
      if (this.data.length) this.violate('a context within a frame')
      this.context = { start: descriptor[4], at: descriptor[5] }
      return
    }
    const length = Number(high & 0xfffffn)
    if (length === 0 || !has(25)) this.violate('a descriptor of nothing, or without a checksum of the frame')
    if (!this.data.length) this.options = high
    this.data.push(this.memory.read(low, length))
    if (!has(24)) return
    if (!has(27)) this.violate('a frame that is not reported')
    const frame = Buffer.concat(this.data)
    this.data = []
    this.out(frame)
    if (!this.holds) this.memory.write(at + 12n, Buffer.from([1]))
  }

  private out(frame: Buffer): void {
    const context = this.context
    const [isSegment, ip, l4] = [26, 40, 41].map(bit => (this.options >> BigInt(bit) & 1n) !== 0n)
    if (isSegment || ip) this.violate('what is not asked of this driver')
    if (frame.length > 1518) this.violate('a frame that is too long')
    if (l4) this.insert(frame, context!.start, context!.at)
    this.sent.push(frame)
  }

  private insert(frame: Buffer, start: number, at: number): void { frame.writeUInt16BE(~checksum(frame.subarray(start)) & 0xffff || 0xffff, at) }
  private entries(register: number): number { return this.get(register) / 16 }
  private descriptor(register: number, index: number): bigint { return BigInt(this.get(register) >>> 0) + (BigInt(this.get(register + 4) >>> 0) << 32n) + 16n * BigInt(index) }

  private reset(): void {
    this.resets++
    if (!this.resetEnds) this.registers.set(reg.ctrl, this.get(reg.ctrl) | rst)
    else this.registers = new Map([[reg.ctrl, this.get(reg.ctrl)], [reg.rdlen, 128]])
    this.context = undefined
    this.data = []
  }
}

/** A driver whose controller a test may change before it starts. */
export class E1000Bench extends NetBench {
  messages = 0
  constructor(readonly card: E1000) { super(card, card.memory) }

  live(nanoseconds: number, step = 1_000_000): void {
    for (let passed = 0; passed < nanoseconds; passed += step) {
      this.card.work()
      this.tell()
      this.pass(step)
    }
  }

  /** The controller sends its message, if it has a reason. */
  tell(): void {
    if (!this.card.message()) return
    this.messages++
    this.driver.interrupt()
  }

  arrive(frame: Buffer, errors = 0, status = 3): boolean {
    const came = this.card.receive(frame, errors, status)
    this.tell()
    return came
  }
}

export async function e1000(change: (card: E1000) => void = () => {}): Promise<E1000Bench> {
  const card = new E1000(new Memory())
  change(card)
  const bench = new E1000Bench(card)
  await bench.load('drivers/e1000/index.ts')
  return bench
}
