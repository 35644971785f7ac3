/** The bench of a network card's driver: a nucleus that takes frames and gives some, by the rings of capability/net.ts, and is strict with who made them. */
import { Bench, type Memory, type PciFunction } from './bench.ts'

const [slots, segments, sendRing, receiveRing] = [256, 1024, 0, 1]
export const Offload = { SegmentIpv4: 1, SegmentIpv6: 2, SegmentCongestion: 4, Merge: 8 }

interface Ring { address: number, until: number, done: number, segment: number }
export interface Announcement { mac: string, maximumBytes: number, linkUp: boolean }

export class NetBench extends Bench {
  accepted = { offloads: -1, queues: -1 }
  announced: Announcement[] = []
  rings: Ring[] = []
  withdrawals = 0

  constructor(device: PciFunction, memory: Memory) { super(device, memory) }

  protected override more() {
    return {
      net: {
        ring: (index: number, ring: number, address: number) => {
          if (index !== 0 || ring > receiveRing || this.rings[ring]) throw new Error('a ring that cannot be')
          this.rings[ring] = { address: address >>> 0, until: 0, done: 0, segment: 0 }
        },
        accept: (index: number, offloads: number, queues: number) => {
          if (index !== 0 || queues > 1) throw new Error('an interface that is not there')
          this.accepted = { offloads, queues }
        },
        offer: (index: number, ring: number, until: number) => this.offer(index, ring, until >>> 0),
        withdraw: (index: number, ring: number) => {
          if (index !== 0) throw new Error('an interface that is not there')
          this.withdrawals++
          Object.assign(this.rings[ring], { until: 0, done: 0, segment: 0 })
        },
        announce: (mac: bigint, maximumBytes: number, linkUp: number) => {
          const bytes = Buffer.alloc(8)
          bytes.writeBigUInt64LE(BigInt.asUintN(64, mac))
          if (bytes.readUInt16LE(6)) throw new Error('an address that is too long')
          this.announced.push({ mac: bytes.toString('hex', 0, 6), maximumBytes, linkUp: linkUp !== 0 })
        },
      },
    }
  }

  /** Buffers that frames can be delivered to. */
  get room(): number { return this.rings[receiveRing].until - this.rings[receiveRing].done }

  /** Takes all frames that came from the wire, with their headers; the driver hears of it unless that is to be later. */
  take(most = Infinity, isHeard = true): Buffer[] {
    const ring = this.rings[sendRing]
    const frames: Buffer[] = []
    for (; ring.done !== ring.until && frames.length < most; ring.done++) {
      const { bytes, parts } = this.slot(ring, ring.done)
      const frame = Buffer.concat(parts.map(([address, length]) => this.view(address, length)))
      if (frame.length !== bytes || bytes < 12 || bytes > 65565) throw new Error('a frame of another length')
      frames.push(Buffer.from(frame))
    }
    if (frames.length && isHeard) this.driver.netProgress()
    return frames
  }

  /** Gives a frame to be sent; false when there is no room. */
  give(frame: Buffer, isHeard = true): boolean {
    const ring = this.rings[receiveRing]
    const mayGoOn = (this.accepted.offloads & Offload.Merge) !== 0
    let left = frame
    let count = 0
    while (left.length) {
      if (ring.done + count === ring.until || count && !mayGoOn) return false
      const { parts } = this.slot(ring, ring.done + count)
      const at = ring.address + 16 * ((ring.done + count) % slots)
      let written = 0
      for (const [address, length] of parts) {
        const piece = left.subarray(0, length)
        piece.copy(this.view(address, piece.length))
        left = left.subarray(piece.length)
        written += piece.length
      }
      this.view(at + 8, 4).writeUInt32LE(written)
      this.view(at + 12, 4).writeUInt32LE(0)
      count++
    }
    this.view(ring.address + 16 * (ring.done % slots) + 12, 4).writeUInt32LE(count)
    ring.done += count
    if (isHeard) this.driver.netProgress()
    return true
  }

  private offer(index: number, number: number, until: number): number {
    const ring = this.rings[number]
    if (index !== 0 || until < ring.until || until - ring.done > slots) throw new Error('more slots than a ring has')
    for (let slot = ring.until; slot !== until; slot++) {
      const at = ring.address + 16 * (slot % slots)
      const [first, count] = [0, 4].map(field => this.view(at + field, 4).readUInt32LE())
      if (first !== ring.segment || count === 0) throw new Error(`slot ${slot} begins at segment ${first}, not at ${ring.segment}`)
      ring.segment += count
    }
    ring.until = until
    const oldest = ring.done === until ? ring.segment : this.view(ring.address + 16 * (ring.done % slots), 4).readUInt32LE()
    if (ring.segment - oldest > segments) throw new Error('more segments than a ring has')
    return ring.done
  }

  private slot(ring: Ring, index: number) {
    const [first, count, bytes] = [0, 4, 8].map(field => this.view(ring.address + 16 * (index % slots) + field, 4).readUInt32LE())
    const parts = Array.from({ length: count }, (_, number): [number, number] => {
      const segment = this.view(ring.address + 16 * slots + 16 * ((first + number) % segments), 16)
      return [Number(segment.readBigUInt64LE(0)), segment.readUInt32LE(8)]
    })
    return { bytes, parts }
  }

  private view(address: number, length: number): Buffer { return Buffer.from(this.sandbox.memory.buffer, address, length) }
}

/** A frame with its header, which asks for nothing: from one station to another, and a payload that tells its number. */
export function frameOf(number: number, bytes = 64, header: Partial<Header> = {}): Buffer {
  const frame = Buffer.alloc(12 + bytes, number & 0xff)
  headerOf(header).copy(frame)
  Buffer.from('020000000001020000000002', 'hex').copy(frame, 12)
  frame.writeUInt16BE(0x88b5, 24)
  if (bytes >= 18) frame.writeUInt32BE(number, 26)
  return frame
}

export interface Header { flags: number, type: number, headerBytes: number, segmentBytes: number, start: number, offset: number, buffers: number }
export function headerOf({ flags = 0, type = 0, headerBytes = 0, segmentBytes = 0, start = 0, offset = 0, buffers = 1 }: Partial<Header>): Buffer {
  const header = Buffer.from([flags, type])
  return Buffer.concat([header, ...[headerBytes, segmentBytes, start, offset, buffers].map(value => Buffer.from([value & 0xff, value >> 8]))])
}

/** RFC 1071. */
export function checksum(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at] << 8 | (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return sum
}

/** TCP over IPv4 with a payload, as a sender leaves it to others: with the sum of the pseudo-header where the checksum is to be. */
export function tcp(payload: number): Buffer {
  const link = Buffer.from('0200000000010200000000020800', 'hex')
  const network = Buffer.from('4500000012344000400600000a0000010a000002', 'hex')
  const length = 20 + payload
  network.writeUInt16BE(20 + length, 2)
  network.writeUInt16BE(~checksum(network) & 0xffff, 10)
  const transport = Buffer.from('00500051000003e8000000005019ffff00000000', 'hex')
  transport.writeUInt16BE(checksum(Buffer.concat([network.subarray(12), Buffer.from([0, 6, length >> 8, length & 0xff])])), 16)
  return Buffer.concat([headerOf({ flags: 1, start: 34, offset: 16 }), link, network, transport, Buffer.from(Array.from({ length: payload }, (_, index) => index * 31))])
}

/** Numbers below a limit, the same for the same seed. */
export function chance(seed: number): (limit: number) => number {
  let state = seed
  return limit => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
    const mixed = Math.imul(state ^ state >>> 13, 0x297a2d39)
    return ((mixed ^ mixed >>> 16) >>> 0) % limit
  }
}
