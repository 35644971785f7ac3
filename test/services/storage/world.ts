/** The service with disks that carry out what is asked of them in any order, and requests and orders for it. */
import { instantiate, type Sandbox } from '../../sandbox.ts'
import { crc32c } from './crc32c.ts'
import { BlockBytes, Disk, Random } from './disk.ts'

export const Operation = { Read: 0, Write: 1, Flush: 2, Discard: 3, WriteZeroes: 4 } as const
export const Status = { Ok: 0, Failed: 1, Unsupported: 2, NoSpace: 3, Missing: 4 } as const
export const Order = {
  PoolCreate: 0, PoolImport: 1, PoolExport: 2, Probe: 3, PartitionNext: 4, PoolInfo: 5, PoolCheck: 6, VolumeCreate: 7, VolumeInfo: 8, VolumeNext: 9, VolumeResize: 10,
  VolumeSnapshot: 11, VolumeClone: 12, VolumeRollback: 13, VolumeDelete: 14, VolumeImport: 15, VolumeExport: 16, Progress: 17, ImageNext: 18, PoolDevice: 19, VolumeLimit: 20,
} as const
export const Ended = {
  Ok: 0, Failed: 1, Unsupported: 2, NoSpace: 3, NoPool: 4, PoolImported: 5, NotEmpty: 6, WrongDevices: 7, Corrupt: 8, NoMemory: 9, NoSuchVolume: 10, NameTaken: 11,
  WrongName: 12, TooManyVolumes: 13, OutOfRange: 14, InUse: 15, ReadOnly: 16, NoSuchPartition: 17, Damaged: 18, NoSuchImage: 19, Busy: 20, Missing: 21,
} as const

export interface Answer {
  status: number, what: number, number: number, flags: number, bytes: bigint, free: bigint, generation: bigint, uuid: string, origin: string, name: string
}
export interface Asked { operation: number, name?: string, other?: string, value?: bigint, devices?: number, flags?: number, limit?: number, /** Disk and number of each. */ partitions?: [number, number][] }
/** Numbers of memory: capability/storage.ts. */
const OwnMemory = 0xF8
const ScratchMemory = 0x100
/** What the nucleus gives it: kernel/device/pool.ts. */
const memoryPages = 4096
interface Request { id: number, volume: number, operation: number, sector: bigint, sectors: number, memory: Buffer, ended: (status: number) => void }
/** What the configuration says of the pool. */
export interface Configured { pool?: { name: string, devices: string[] }, images?: { name: string, bytes: Buffer }[], volumes?: { name: string, image?: number, bytes?: number, byteLimit?: number, requestLimit?: number }[] }
type Kind = 'read' | 'write' | 'flush'
interface Pending { kind: Kind, device: number, tag: number, end: () => number }

/** Fills a StorageConfiguration (capability/configuration.ts). */
function describeConfigured({ pool, images = [], volumes = [] }: Configured, record: Buffer): void {
  ;[volumes.length, images.length, pool?.devices.length ?? 0].forEach((count, index) => record.writeUInt32LE(count, index * 4))
  if (pool) record.write(pool.name, 0x10, 'latin1')
  pool?.devices.forEach((serial, index) => record.write(serial, 0x50 + index * 64, 'latin1'))
  const imagesAt = 0x50 + 16 * 64
  images.forEach(({ name, bytes }, index) => {
    record.writeBigUInt64LE(BigInt(bytes.length), imagesAt + index * 80 + 8)
    record.write(name, imagesAt + index * 80 + 16, 'latin1')
  })
  const volumesAt = imagesAt + 64 * 80
  volumes.forEach(({ name, image = -1, bytes = 0, byteLimit = 0, requestLimit = 0 }, index) => {
    const at = volumesAt + index * 88
    record.writeBigUInt64LE(BigInt(bytes), at)
    record.writeUInt32LE(image + 1, at + 8)
    record.writeUInt32LE(requestLimit, at + 12)
    record.writeBigUInt64LE(BigInt(byteLimit), at + 16)
    record.write(name, at + 24, 'latin1')
  })
}

export class World {
  disks: Disk[] = []
  random = new Random(1)
  log: string[] = []
  pending: Pending[] = []
  /** Of the devices' sectors, as GPT counts them. */
  logicalBlockBytes = 512
  /** How many operations of devices may be under way. */
  depth = 1000
  /** What a device's operation ends with, when it is not to be carried out. */
  failing: ((kind: Kind, device: number, block: number) => boolean) | undefined
  /** Devices that were pulled out. */
  gone = new Set<number>()
  /** Requests whose VMs are paused until such a device is back. */
  paused: Request[] = []
  /** Operations that do not end yet. */
  slow: Kind | undefined
  configured: Configured = {}
  requests = new Map<number, Request>()
  /** Changes that are kept for the next instance. */
  changes: Buffer[] = []
  /** The service has said that there is a pool. */
  isOpen = false
  /** Guests change what is being written. */
  isRestless = false
  /** Volumes that VMs have. */
  used = new Set<number>()
  now = 0n
  /** Nanoseconds that pass between two looks at the clock. */
  pace = 1_000_000n
  /** Operations of devices that were begun. */
  begun = 0
  #ended: { tag: number, status: number }[] = []
  #waiting: Request[] = []
  #orders: { asked: Asked, ended: (answer: Answer) => void }[] = []
  #order: ((answer: Answer) => void) | undefined
  #scratch = Array.from({ length: 32 }, () => Buffer.alloc(BlockBytes))
  #seed = 1n
  #again = false
  private constructor(readonly sandbox: Sandbox) {}

  static async make(): Promise<World> {
    let world: World
    const at = (address: number, length: number) => Buffer.from(world.sandbox.memory.buffer, address >>> 0, length)
    /** Bytes of a request, of a scratch block or of the service's own memory, as Memory of the capability numbers them. */
    const part = (id: number, offset: number, length: number) => {
      if (id >= OwnMemory && id < ScratchMemory) return at(offset, length)
      const memory = id < OwnMemory ? world.requests.get(id)!.memory : world.#scratch[id - ScratchMemory]
      if ((offset >>> 0) + length > memory.length) throw new Error(`${length} bytes at ${offset >>> 0} of ${memory.length}`)
      return memory.subarray(offset >>> 0, (offset >>> 0) + length)
    }
    const begin = (kind: Kind, device: number, block: bigint, tag: number, prepare: (disk: Disk, block: number) => () => void): number => {
      if (world.pending.length >= world.depth || world.gone.has(device)) return 0
      world.begun++
      if (world.failing?.(kind, device, Number(block))) {
        world.pending.push({ kind, device, tag, end: () => Status.Failed })
        return 1
      }
      const end = prepare(world.disks[device], Number(block))
      world.pending.push({ kind, device, tag, end: () => (end(), Status.Ok) })
      return 1
    }
    const blocksEach = (blocks: number, act: (index: number) => () => void) => {
      const ends = Array.from({ length: blocks }, (_, index) => act(index))
      return () => ends.forEach(end => end())
    }
    const storage = {
      count: () => world.disks.length,
      number: (device: number, key: number) => world.gone.has(device) ? 0n : key === 0 ? BigInt(world.disks[device].blocks * 8) : key === 2 ? BigInt(world.logicalBlockBytes) : 0n,
      unit: (device: number, target: number) => {
        const record = at(target, 96).fill(0)
        if (world.gone.has(device)) return 1
        const { serial, blocks } = world.disks[device]
        record.writeBigUInt64LE(BigInt(blocks * 4096 / world.logicalBlockBytes), 0)
        record.writeUInt32LE(world.logicalBlockBytes, 8)
        record.writeUInt32LE(serial.length, 28)
        record.write(serial, 32, 'latin1')
        return 1
      },
      configured: (target: number) => { describeConfigured(world.configured, at(target, 0x50 + 16 * 64 + 64 * 80 + 512 * 88).fill(0)) },
      image: (image: number, offset: bigint, target: number, length: number) => {
        const { bytes } = world.configured.images![image]
        if (Number(offset) + length > bytes.length) return 0
        bytes.copy(at(target, length), 0, Number(offset), Number(offset) + length)
        return 1
      },
      transfer: (operation: number, memory: number, offset: number, blocks: number, device: number, block: bigint, tag: number) => {
        if (operation === Operation.Flush) return begin('flush', device, 0n, tag, disk => disk.flush())
        const isRead = operation === Operation.Read
        if (Number(block) + blocks > (world.disks[device]?.blocks ?? 0)) return 0
        return begin(isRead ? 'read' : 'write', device, block, tag, (disk, number) => blocksEach(blocks, index => {
          const bytes = part(memory, offset + index * BlockBytes, BlockBytes)
          return isRead ? () => { disk.read(number + index).copy(bytes) } : disk.write(number + index, world.isRestless ? Buffer.from(bytes) : bytes)
        }))
      },
      checksum: (memory: number, offset: number, length: number) => crc32c(part(memory, offset, length)),
      zero: (memory: number, offset: number, length: number) => { part(memory, offset, length).fill(0) },
      copy: (scratch: number, from: number, id: number, offset: number, length: number, into: number) => {
        const inside = world.#scratch[scratch].subarray(from, from + length)
        if (into) part(id, offset, length).copy(inside)
        else inside.copy(part(id, offset, length))
      },
      next: (target: number) => {
        const request = world.#waiting.shift()
        if (!request) return 0
        const record = at(target, 24)
        ;[request.id, request.volume, request.operation, request.sectors].forEach((field, index) => record.writeUInt32LE(field, index * 4))
        record.writeBigUInt64LE(request.sector, 16)
        return 1
      },
      complete: (id: number, status: number) => {
        if (id >= OwnMemory) return // the service's own, which are nobody's here
        const request = world.requests.get(id)
        if (!request) throw new Error(`request ${id} ends, and is not under way`)
        world.requests.delete(id)
        if (status === Status.Missing) world.paused.push(request)
        else request.ended(status)
      },
      completed: () => {
        const ended = world.#ended.shift()
        return ended ? BigInt(ended.tag >>> 0) | BigInt(ended.status) << 32n : -1n
      },
      room: () => 1024 - world.changes.length,
      remember: (source: number) => {
        if (world.changes.length === 1024) throw new Error('more changes are to be kept than there is room for')
        world.changes.push(Buffer.from(at(source, 40)))
      },
      recall: (place: number, target: number) => {
        world.changes[place]?.copy(at(target, 40))
        return Number(place < world.changes.length)
      },
      forget: (number: bigint) => {
        while (world.changes.length && world.changes[0].readBigUInt64LE(8) <= BigInt.asUintN(64, number)) world.changes.shift()
      },
      isUsed: (volume: number) => Number(world.used.has(volume)),
      order: (target: number) => {
        const next = world.#orders.shift()
        if (!next) return 0
        if (world.#order) throw new Error('an order is taken before the last was answered')
        world.#order = next.ended
        const record = at(target, 152).fill(0)
        record.writeUInt32LE(next.asked.operation, 0)
        record.writeUInt32LE(next.asked.flags ?? 0, 4)
        record.writeUInt32LE(next.asked.devices ?? 0, 8)
        record.writeUInt32LE(next.asked.limit ?? 0, 12)
        record.writeBigUInt64LE(next.asked.value ?? 0n, 16)
        record.write(next.asked.name ?? '', 24, 64, 'latin1')
        record.write(next.asked.other ?? '', 88, 64, 'latin1')
        next.asked.partitions?.forEach(([disk, number], index) => record.writeUInt32LE((disk | number << 8) >>> 0, 88 + index * 4))
        return 1
      },
      open: (is: number) => { world.isOpen = is !== 0 },
      answer: (source: number) => {
        if (!world.#order) throw new Error('an answer to no order')
        const record = at(source, 136)
        const ended = world.#order
        world.#order = undefined
        ended({
          status: record.readUInt32LE(0), what: record.readUInt32LE(4), number: record.readUInt32LE(8), flags: record.readUInt32LE(12), bytes: record.readBigUInt64LE(16),
          free: record.readBigUInt64LE(24), generation: record.readBigUInt64LE(32), uuid: record.toString('hex', 40, 56), origin: record.toString('hex', 56, 72),
          name: record.toString('latin1', 72, 136).replace(/\0.*/s, ''),
        })
      },
    }
    const log = { line: (text: number, length: number) => { world.log.push(at(text, length).toString('latin1')) } }
    const entropy = { word: () => BigInt.asIntN(64, world.#seed = world.#seed * 0x5851_f42d_4c95_7f2dn + 0x1405_7b7e_f767_814fn & 0xffff_ffff_ffff_ffffn) }
    const device = { now: () => world.now += world.pace, arm: () => {} }
    world = new World(await instantiate('services/storage/index.ts', { pages: memoryPages, imports: { storage, device, log, entropy } }))
    return world
  }

  /** The service begins anew, on these disks; of a host that lives on, with the changes that are kept. */
  start(disks: Disk[], changes: Buffer[] = []): void {
    this.changes = changes
    this.disks = disks
    this.pending = []
    this.log = []
    this.requests.clear()
    this.gone.clear()
    this.paused = []
    this.#ended = []
    this.#waiting = []
    this.#orders = []
    this.#order = undefined
    this.#again = false
    this.sandbox.exports.start()
  }

  /** The service is gone, and what devices had begun ends without it. */
  die(): void { for (const { end } of this.pending.splice(0)) end() }

  /** Gives the service a request, which is not carried out yet. */
  submit(volume: number, operation: number, sector: number | bigint, sectors: number, memory: Buffer, ended: (status: number) => void): number {
    return this.#give({ id: 0, volume, operation, sector: BigInt(sector), sectors, memory, ended })
  }

  #give(request: Request): number {
    request.id = 0
    while (this.requests.has(request.id)) request.id++
    this.requests.set(request.id, request)
    this.#waiting.push(request)
    this.#call('submit')
    return request.id
  }

  /** Gives the service an order. */
  order(asked: Asked, ended: (answer: Answer) => void): void {
    this.#orders.push({ asked, ended })
    this.#call('submit')
  }

  /** A device is pulled out: what it was at fails, now or later. What it had not flushed is lost if it is put back after a `cut`. */
  pull(device: number): void {
    this.gone.add(device)
    for (const pending of this.pending) if (pending.device === device) pending.end = () => Status.Failed
  }

  /** All that were pulled out are back; the pool has opened when this returns, and VMs go on. */
  putBack(): void {
    this.gone.clear()
    for (let tries = 0; tries < 3; tries++) {
      this.now += 1_000_000_000n
      this.tick()
      this.settle()
    }
    for (const request of this.paused.splice(0)) this.#give(request)
  }

  /** The time for a commit has come. */
  tick(): void {
    this.now += 5_000_000_000n
    this.wake()
  }

  /** The time for something has come. */
  wake(): void {
    while (this.#again) this.#call('deadline')
    this.#call('deadline')
  }

  /** Lets one operation of a device end, at random and none of those that are slow; false when none is under way. */
  step(): boolean {
    if (this.#again) {
      this.#call('deadline')
      return true
    }
    const able = this.pending.filter(({ kind }) => kind !== this.slow)
    if (able.length === 0) return false
    const ended = able[this.random.below(able.length)]
    this.pending.splice(this.pending.indexOf(ended), 1)
    this.#ended.push({ tag: ended.tag, status: ended.end() })
    this.#call('interrupt')
    return true
  }

  #call(name: string): void { this.#again = this.sandbox.exports[name]() !== 0 }

  /** Lets everything end. */
  settle(): void {
    for (let steps = 0; this.step(); steps++) if (steps > 5_000_000) throw new Error('the service does not come to an end')
  }

  /** An order, carried out. */
  ask(asked: Asked): Answer {
    let given: Answer | undefined
    this.order(asked, answer => { given = answer })
    this.settle()
    if (!given) throw new Error(`order ${asked.operation} is not answered: ${this.log.join('; ')}`)
    return given
  }

  /** A request, carried out; its status. */
  do(volume: number, operation: number, sector: number | bigint, sectors: number, memory: Buffer = Buffer.alloc(0)): number {
    let given: number | undefined
    this.submit(volume, operation, sector, sectors, memory, status => { given = status })
    this.settle()
    if (this.paused.length > 0) given = Status.Missing
    if (given === undefined) throw new Error(`request ${operation} is not answered: ${this.log.join('; ')}`)
    return given
  }

  /** Makes a pool on empty disks of so many blocks. */
  create(...blocks: number[]): void {
    this.start(blocks.map(count => new Disk(count)))
    const { status } = this.ask({ operation: Order.PoolCreate, name: 'tank', devices: 2 ** blocks.length - 1 })
    if (status !== Ended.Ok) throw new Error(`no pool: ${status}`)
  }

  /** Makes a volume; its number. */
  volume(name: string, bytes: number | bigint): number {
    const { status, number } = this.ask({ operation: Order.VolumeCreate, name, value: BigInt(bytes) })
    if (status !== Ended.Ok) throw new Error(`no volume: ${status}`)
    return number
  }

  /** How many things pool check finds wrong. */
  check(): bigint {
    const { status, free } = this.ask({ operation: Order.PoolCheck })
    if (status !== Ended.Ok) throw new Error(`no check: ${status}`)
    return free
  }
}
