/** The switches' service with ports whose guests send and get frames, as the nucleus would carry them. */
import { instantiate, type Sandbox } from '../../sandbox.ts'

export const Flag = { Uplink: 1, Trunk: 2, Private: 4, Promiscuous: 8, MacLocked: 16, AddressLocked: 32, Mirror: 64, Mirrored: 128, Down: 256 } as const
export const Status = {
  Ok: 0, Unsupported: 1, NoSuchSwitch: 2, NameTaken: 3, WrongName: 4, TooManySwitches: 5, InUse: 6, NoSuchPort: 7, WrongVlan: 8, WrongMac: 9, UplinkTaken: 10, MirrorTaken: 11,
  WrongFlags: 12, WrongRate: 13,
} as const
export const Order = { Create: 0, Delete: 1, Attach: 2, Detach: 3, Set: 4, Info: 5, Next: 6, PortInfo: 7, PortNext: 8, AddressNext: 9, Forget: 10 } as const
export const Drops = [
  'Detached', 'Malformed', 'FromMirror', 'Reserved', 'Vlan', 'MacSpoof', 'AddressSpoof', 'BroadcastStorm', 'MulticastStorm', 'UnknownStorm', 'Isolated', 'NoTarget', 'TooLong', 'ReceiveRate', 'NoRoom',
] as const
export type DropReason = typeof Drops[number]
export const Offload = { SegmentIpv4: 1, SegmentIpv6: 2, SegmentCongestion: 4, Merge: 8 } as const

export interface Settings {
  flags?: number, vlan?: number, mac?: string, sendRate?: number, sendBurst?: number, receiveRate?: number, receiveBurst?: number,
  broadcastRate?: number, multicastRate?: number, unknownRate?: number, addressLimit?: number, ipv4?: number[][], ipv6?: Buffer[], trunk?: number[]
}
export interface Answer {
  status: number, number: number, port: number, count: number, mac: string, linkUp: boolean, name: string, settings: Buffer,
  sentFrames: number, sentBytes: number, deliveredFrames: number, deliveredBytes: number, drops: Record<DropReason, number>
}
export interface Delivered { port: number, data: Buffer, hash: number, frame: number }
interface Guest { ready: boolean, offloads: number, mtu: number, room: number, paused: boolean, link: boolean | undefined }

export const macOf = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex')

/** PortSettings of capability/switch.ts. */
export function settingsRecord(settings: Settings): Buffer {
  const record = Buffer.alloc(656)
  const { flags = 0, vlan = 0, mac = '00:00:00:00:00:00', ipv4 = [], ipv6 = [], trunk = [] } = settings
  record.writeUInt32LE(flags, 0)
  record.writeUInt32LE(vlan, 4)
  macOf(mac).copy(record, 8)
  const { sendRate = 0, sendBurst = 0, receiveRate = 0, receiveBurst = 0, broadcastRate = 0, multicastRate = 0, unknownRate = 0, addressLimit = 0 } = settings
  ;[sendRate, sendBurst, receiveRate, receiveBurst].forEach((rate, index) => record.writeBigUInt64LE(BigInt(rate), 16 + 8 * index))
  ;[broadcastRate, multicastRate, unknownRate, addressLimit].forEach((rate, index) => record.writeUInt32LE(rate, 48 + 4 * index))
  ipv4.forEach((address, index) => Buffer.from(address).copy(record, 64 + 4 * index))
  ipv6.forEach((address, index) => address.copy(record, 80 + 16 * index))
  for (const id of trunk) record[144 + (id >> 3)] |= 1 << (id & 7)
  return record
}

export class World {
  now = 1_000_000_000n
  armed = 0n
  guests: Guest[] = Array.from({ length: 256 }, () => ({ ready: true, offloads: 0, mtu: 1500, room: Infinity, paused: false, link: undefined }))
  /** Frames that wait, with their virtio_net_hdr. */
  waiting: { port: number, data: Buffer }[] = []
  delivered: Delivered[] = []
  /** Frames of which the service has been told, in that order. */
  taken: { port: number, data: Buffer }[] = []
  /** What an instance that starts begins with, and what was kept. */
  records: Buffer[] = []
  /** What it said in the log. */
  logged: string[] = []
  calls = 0
  /** When the service was called last because time has passed. */
  ticked = 0n
  #batch: { port: number, data: Buffer }[] = []
  #first = 0
  #order: Buffer | undefined
  #answer: Buffer | undefined
  private constructor(readonly sandbox: Sandbox) {}

  static async make(): Promise<World> {
    let world: World
    const at = (address: number, length: number) => Buffer.from(world.sandbox.memory.buffer, address >>> 0, length)
    const sandbox = await instantiate('services/switch/index.ts', { imports: { log: { line: (source: number, length: number) => { world.logged.push(at(source, length).toString()) } }, switch: {
      number: (port: number, key: number) => {
        const { ready, offloads, mtu } = world.guests[port]
        return BigInt([Number(ready), offloads, mtu][key])
      },
      take: (target: number, capacity: number) => {
        world.#first += world.#batch.length
        world.#batch = []
        for (let index = 0; index < world.waiting.length && world.#batch.length < capacity;) {
          if (world.guests[world.waiting[index].port].paused) index++
          else world.#batch.push(...world.waiting.splice(index, 1))
        }
        world.#batch.forEach(({ port, data }, index) => {
          const record = at(target + 160 * index, 160).fill(0xee)
          const seen = Math.min(data.length, 140)
          ;[port, data.length, seen].forEach((field, place) => record.writeUInt32LE(field, 4 * place))
          data.copy(record, 16, 0, seen)
        })
        world.taken.push(...world.#batch)
        return world.#batch.length
      },
      pause: (port: number, paused: number) => { world.guests[port].paused = paused !== 0 },
      deliver: (deliveries: number, count: number) => {
        world.calls++
        for (let index = 0; index < count; index++) {
          const record = at(deliveries + 32 * index, 32)
          const [frame, port, head, headBytes, from, bytes, hash] = Array.from({ length: 7 }, (_, place) => record.readUInt32LE(4 * place))
          const { data } = world.#batch[frame]
          if (headBytes > 144 || headBytes < 26 || from + bytes > data.length || port > 255) throw new Error(`a delivery of ${headBytes} bytes and ${bytes} from ${from} of ${data.length} to port ${port}`)
          const guest = world.guests[port]
          const hasRoom = guest.ready && guest.room-- > 0
          record.writeUInt32LE(hasRoom ? 0 : 1, 28)
          if (hasRoom) world.delivered.push({ port, data: Buffer.concat([at(head, headBytes), data.subarray(from, from + bytes)]), hash, frame: world.#first + frame })
        }
      },
      setLink: (port: number, up: number) => { world.guests[port].link = up !== 0 },
      now: () => world.now,
      arm: (time: bigint) => { world.armed = BigInt.asUintN(64, time) },
      record: (index: number, target: number) => {
        if (index >= 320) return 0
        at(target, 704).fill(0)
        world.records[index]?.copy(at(target, 704))
        return 1
      },
      keep: (index: number, source: number) => { world.records[index] = Buffer.from(at(source, 704)) },
      order: (target: number) => {
        if (!world.#order) return 0
        world.#order.copy(at(target, 704))
        world.#order = undefined
        return 1
      },
      answer: (source: number) => {
        world.#answer = Buffer.from(at(source, 872))
      },
    } } })
    world = new World(sandbox)
    world.restart()
    return world
  }

  restart(records: Buffer[] = []): void {
    this.records = records
    this.waiting.length = this.delivered.length = this.taken.length = this.#batch.length = this.#first = 0
    for (const guest of this.guests) Object.assign(guest, { ready: true, offloads: 0, mtu: 1500, room: Infinity, paused: false, link: undefined })
    if (this.sandbox.exports.start() !== 0) throw new Error('it does not start')
  }

  order(operation: number, { name = '', port = 0, number = 0, settings = {} as Settings } = {}): Answer {
    const record = Buffer.alloc(704)
    ;[0, operation, port, number].forEach((field, index) => record.writeUInt32LE(field, 4 * index))
    record.write(name, 16, 32, 'latin1')
    settingsRecord(settings).copy(record, 48)
    const answer = this.carryOut(record)
    const counters = 64 + 656
    const count = (index: number) => Number(answer.readBigUInt64LE(counters + 8 * index))
    return {
      status: answer.readUInt32LE(0), number: answer.readUInt32LE(4), port: answer.readUInt32LE(8), count: answer.readUInt32LE(12),
      mac: [...answer.subarray(16, 22)].map(byte => byte.toString(16).padStart(2, '0')).join(':'), linkUp: answer.readUInt32LE(24) !== 0,
      name: answer.subarray(32, 64).toString('latin1').replace(/\0+$/, ''), settings: answer.subarray(64, 64 + 656),
      sentFrames: count(0), sentBytes: count(1), deliveredFrames: count(2), deliveredBytes: count(3),
      drops: Object.fromEntries(Drops.map((reason, index) => [reason, count(4 + index)])) as Record<DropReason, number>,
    }
  }

  /** Has an order carried out, as records. */
  carryOut(record: Buffer): Buffer {
    this.#order = record
    this.#answer = undefined
    this.sandbox.exports.orders()
    const answer = this.#answer as Buffer | undefined
    if (!answer) throw new Error('no answer')
    return answer
  }

  attach(port: number, settings: Settings = {}, name = 'lan'): number { return this.order(Order.Attach, { name, port, settings }).status }
  info(port: number): Answer { return this.order(Order.PortInfo, { port }) }

  changed(port: number, change: Partial<Guest>): void {
    Object.assign(this.guests[port], change)
    this.sandbox.exports.portChanged(port)
  }

  /** Has the service look at all that waits, and returns what was delivered. */
  run(): Delivered[] {
    while (this.sandbox.exports.frames() !== 0);
    return this.delivered.splice(0)
  }

  /** Sends one frame; what it came to. */
  send(port: number, data: Buffer): Delivered[] {
    this.waiting.push({ port, data })
    return this.run()
  }

  /** Lets time pass, with the calls that were asked for. */
  pass(nanoseconds: number | bigint): void {
    const end = this.now + BigInt(nanoseconds)
    while (this.armed !== 0n && this.armed < end) {
      this.now = this.armed + 1n > this.now ? this.armed + 1n : this.now
      this.armed = 0n
      this.ticked = this.now
      this.sandbox.exports.tick()
    }
    this.now = end
  }
}
