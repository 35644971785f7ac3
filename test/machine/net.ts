/** A driver of virtio-net on the bench, written from VIRTIO 1.2, 5.1, and in the nucleus's place a network that takes and gives frames. */
import { bench, type Bench } from './board.js'
import { PackedDriver, SplitDriver, type Buffer64, type Driver } from './driver.js'
import { Feature, Status, VirtioDevice } from './virtio.js'

export const NetFeature = {
  checksum: 0n, guestChecksum: 1n, guestOffloads: 2n, mtu: 3n, mac: 5n, guestTso4: 7n, guestTso6: 8n, guestEcn: 9n, hostTso4: 11n, hostTso6: 12n, hostEcn: 13n, merge: 15n, status: 16n,
  control: 17n, controlReceive: 18n, controlVlan: 19n, controlReceiveExtra: 20n, announce: 21n, multipleQueues: 22n, controlMac: 23n, coalescing: 53n,
}
export const ramBytes = 8 << 20
/** Where data may lie. */
export const dataAt = 0x40_0000
const slots = 256, segments = 1024

export interface Wire { mac: bigint, mtu: number, link: boolean, macFixed: boolean }
interface NetRing { address: number, offered: number, done: number }
export const wire = (settings: Partial<Wire> = {}): Wire => ({ mac: 0x5634_1200_5452n, mtu: 1500, link: true, macFixed: false, ...settings }) // 52:54:00:12:34:56

export class Network {
  list: Wire[] = []
  accepted: { offloads: number, queues: number }[] = []
  /** What is sent has gone when it is offered. */
  sendsAtOnce = false
  #rings = new Map<string, NetRing>()
  #own: () => Buffer = () => Buffer.alloc(0)
  constructor(readonly ram: () => Buffer) {}

  /** The capability, for a sandbox with this memory. */
  imports(own: () => Buffer): Record<string, (...args: any[]) => any> {
    this.#own = own
    return {
      count: () => this.list.length,
      number: (index: number, key: number) => {
        const { mac, mtu, link, macFixed } = this.list[index]
        return [mac, BigInt(mtu), BigInt(link), BigInt(macFixed)][key]
      },
      ring: (index: number, ring: number, address: number) => {
        if (own().length < (address >>> 0) + 20480) throw new Error('a ring outside the sandbox')
        this.#rings.set(`${index} ${ring}`, { address: address >>> 0, offered: 0, done: 0 })
      },
      accept: (index: number, offloads: number, queues: number) => { this.accepted[index] = { offloads, queues } },
      offer: (index: number, number: number, until: number) => {
        const ring = this.#ring(index, number)
        if ((until >>> 0) < ring.offered || (until >>> 0) - ring.done > slots) throw new Error(`slots ${ring.offered} to ${until} with ${ring.done} done`)
        ring.offered = until >>> 0
        let held = 0
        for (let slot = ring.done; slot < ring.offered; slot++) held += this.#slot(ring, slot).count
        if (held > segments) throw new Error(`${held} segments`)
        if (this.sendsAtOnce && number === 0) ring.done = ring.offered
        return ring.done
      },
      withdraw: (index: number, number: number) => { Object.assign(this.#ring(index, number), { offered: 0, done: 0 }) },
    }
  }

  #ring(index: number, number: number): NetRing {
    const ring = this.#rings.get(`${index} ${number}`)
    if (!ring) throw new Error(`interface ${index} has no ring ${number}`)
    return ring
  }

  #slot(ring: NetRing, index: number): { at: number, first: number, count: number, bytes: number, parts: { gpa: number, length: number }[] } {
    const own = this.#own(), at = ring.address + 16 * (index % slots)
    const [first, count, bytes] = [0, 4, 8].map(offset => own.readUInt32LE(at + offset))
    const parts = Array.from({ length: count }, (_, number) => {
      const segment = ring.address + 16 * slots + 16 * ((first + number) % segments)
      return { gpa: Number(own.readBigUInt64LE(segment)), length: own.readUInt32LE(segment + 8) }
    })
    for (const { gpa, length } of parts) if (length === 0 || gpa + length > this.ram().length) throw new Error(`a segment at ${gpa} of ${length} bytes is not RAM`)
    return { at, first, count, bytes, parts }
  }

  /** How many slots the network has. */
  held(queue?: number, index = 0): number {
    const ring = this.#ring(index, queue === undefined ? 0 : 1 + queue)
    return ring.offered - ring.done
  }

  /** Takes what the guest sends, up to `limit` frames; the machine is told by `netProgress` of the board. */
  sent(limit = Infinity, index = 0): Buffer[] {
    const ring = this.#ring(index, 0)
    const frames: Buffer[] = []
    for (; ring.done < ring.offered && frames.length < limit; ring.done++) {
      const { bytes, parts } = this.#slot(ring, ring.done)
      const frame = Buffer.concat(parts.map(({ gpa, length }) => this.ram().subarray(gpa, gpa + length)))
      if (frame.length !== bytes) throw new Error(`${bytes} bytes in segments of ${frame.length}`)
      frames.push(frame)
    }
    return frames
  }

  /** Gives the guest a frame by a queue; false when there is no room for it. */
  receive(frame: Buffer, queue = 0, index = 0): boolean {
    const ring = this.#ring(index, 1 + queue)
    const merges = (this.accepted[index].offloads & 8) !== 0
    const plan: { at: number, bytes: number, parts: { gpa: number, length: number }[] }[] = []
    let left = frame.length
    for (let slot = ring.done; left > 0; slot++) {
      if (slot === ring.offered || !merges && slot !== ring.done) return false
      const { at, parts } = this.#slot(ring, slot)
      const bytes = Math.min(left, parts.reduce((sum, { length }) => sum + length, 0))
      plan.push({ at, bytes, parts })
      left -= bytes
    }
    let from = 0
    plan.forEach(({ at, bytes, parts }, number) => {
      const end = from + bytes
      for (const { gpa, length } of parts) from += frame.copy(this.ram(), gpa, from, Math.min(end, from + length))
      this.#own().writeUInt32LE(bytes, at + 8)
      this.#own().writeUInt32LE(number === 0 ? plan.length : 0, at + 12)
    })
    ring.done += plan.length
    return true
  }
}

export async function benchWithInterfaces(): Promise<{ b: Bench, network: Network }> {
  const network = new Network(() => b.ram)
  const b: Bench = await bench(undefined, own => network.imports(own))
  return { b, network }
}

export function powerOn(b: Bench, network: Network, list: Wire[], power: { maxVcpus?: bigint } = {}): void {
  b.ram = Buffer.alloc(ramBytes)
  network.list = list
  network.accepted = []
  network.sendsAtOnce = false
  b.reset({ ramSize: BigInt(ramBytes), ...power })
}

export function placeOf(queue: number): { descriptors: number, driver: number, device: number, tables: number } {
  const at = 0x5000 * queue
  return { descriptors: at + 0x1000, driver: at + 0x3000, device: at + 0x4000, tables: 0x10_0000 + 0x1_0000 * queue }
}

export interface Options { packed?: boolean, eventIndex?: boolean, indirect?: boolean, size?: number, features?: bigint[] }
const usual = [NetFeature.checksum, NetFeature.guestChecksum, NetFeature.merge, NetFeature.status, NetFeature.control, NetFeature.controlReceive]

export class NetDriver {
  readonly device: VirtioDevice
  rings: Driver[] = []
  options: Required<Options> = { packed: false, eventIndex: false, indirect: false, size: 64, features: usual }
  #next = dataAt

  constructor(readonly b: Bench, readonly index = 0) {
    this.device = new VirtioDevice(b, 10 + index)
    this.device.map(0xc000_0000 + 0x10_0000 * index, 0xc000_4000 + 0x10_0000 * index)
  }

  start(options: Options = {}, queues = this.device.common(0x12, 2)): boolean {
    const all = this.options = { ...this.options, ...options }
    const { packed, eventIndex, indirect, version1 } = Feature
    if (!this.device.negotiate([version1, ...all.features, ...all.packed ? [packed] : [], ...all.eventIndex ? [eventIndex] : [], ...all.indirect ? [indirect] : []])) return false
    this.rings = []
    for (let queue = 0; queue < queues; queue++) this.enable(queue)
    for (let vector = 0; vector < 18; vector++) for (const [at, value] of [[0, 0xfee0_1000], [4, 0], [8, 0x40 + vector], [12, 0]]) this.b.write(this.device.table + 16 * vector + at, value)
    this.device.write(this.device.capability(0x11) + 2, 0x8000, 2)
    this.device.setCommon(0x10, 9, 2) // changes of the configuration: local vector 49h
    this.device.status = this.device.status | Status.driverOk
    return true
  }

  enable(queue: number): void {
    const { packed, size, eventIndex, indirect } = this.options
    const ram = new DataView(this.b.ram.buffer, this.b.ram.byteOffset)
    this.rings[queue] = packed ? new PackedDriver(ram, size, placeOf(queue), { eventIndex, indirect }) : new SplitDriver(ram, size, placeOf(queue), { eventIndex, indirect })
    this.device.enable(queue, size, placeOf(queue), queue)
  }

  /** `length` bytes of memory that nobody uses. */
  memory(length: number): number {
    if (this.#next + length > ramBytes) this.#next = dataAt
    this.#next += length
    return this.#next - length
  }

  post(queue: number, buffers: Buffer64[], tells = true): number {
    const { id } = this.rings[queue].post(buffers, this.options.indirect)
    if (tells) this.device.notify(queue)
    return id
  }

  /** Sends a frame that lies in pieces of these lengths, and the rest. */
  send(frame: Buffer, lengths: number[] = [], queue = 1, tells = true): number {
    const buffers: Buffer64[] = []
    let from = 0
    for (const length of [...lengths, frame.length]) {
      const piece = frame.subarray(from, from + length)
      if (piece.length === 0) continue
      const gpa = this.memory(piece.length)
      piece.copy(this.b.ram, gpa)
      buffers.push({ gpa, length: piece.length, write: false })
      from += piece.length
    }
    return this.post(queue, buffers, tells)
  }

  /** Posts a buffer of pieces of these lengths. */
  buffer(lengths: number[], queue = 0, tells = true): { id: number, parts: Buffer64[] } {
    const parts = lengths.map(length => ({ gpa: this.memory(length), length, write: true }))
    return { id: this.post(queue, parts, tells), parts }
  }

  bytes(parts: Buffer64[], written: number): Buffer { return Buffer.concat(parts.map(({ gpa, length }) => this.b.ram.subarray(gpa, gpa + length))).subarray(0, written) }

  /** What the control queue answers. */
  command(kind: number, number: number, data: Buffer | number[], queue = this.device.common(0x12, 2) - 1): number {
    const told = Buffer.concat([Buffer.from([kind, number]), Buffer.from(data)])
    const [at, answer] = [this.memory(told.length), this.memory(1)]
    told.copy(this.b.ram, at)
    this.b.ram[answer] = 0x5a
    const pieces = told.length > 3 ? [{ gpa: at, length: 1, write: false }, { gpa: at + 1, length: 2, write: false }, { gpa: at + 3, length: told.length - 3, write: false }] : [{ gpa: at, length: told.length, write: false }]
    this.post(queue, [...pieces, { gpa: answer, length: 1, write: true }])
    this.rings[queue].collect()
    return this.b.ram[answer]
  }
}
