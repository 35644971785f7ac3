/** A driver of virtio-blk on the bench, written from VIRTIO 1.2, 5.2, and the disk behind it. */
import { bench, type Bench } from './board.js'
import { Disks, type Disk } from './disks.js'
import { PackedDriver, SplitDriver, type Buffer64, type Driver } from './driver.js'
import { Feature, Status, VirtioDevice } from './virtio.js'

export const Type = { in: 0, out: 1, flush: 4, getId: 8, discard: 11, writeZeroes: 13 }
export const BlockFeature = { segMax: 2n, readOnly: 5n, blkSize: 6n, flush: 9n, topology: 10n, multipleQueues: 12n, discard: 13n, writeZeroes: 14n }
export const ramBytes = 8 << 20
/** Where data may lie: behind what the drivers of four disks need. */
export const dataAt = 0x40_0000
const areaOf = (disk: number) => 0x10_0000 * disk
const framesAt = 0x7_0000
/** What a status byte is before the device writes it. */
export const Unwritten = 0x5a

export interface Options { packed?: boolean; eventIndex?: boolean; indirect?: boolean; size?: number; queues?: number; features?: bigint[]; vectors?: boolean }
export interface Posted { queue: number; id: number; notify: boolean; header: Buffer64; status: Buffer64 }

export function placeOf(queue: number, disk = 0): { descriptors: number; driver: number; device: number; tables: number } {
  const at = areaOf(disk) + 0x4000 * queue
  return { descriptors: at + 0x1000, driver: at + 0x2000, device: at + 0x3000, tables: areaOf(disk) + 0x2_0000 + 0x1_0000 * queue }
}

/** A board with disks. */
export async function benchWithDisks(): Promise<{ b: Bench; disks: Disks }> {
  const disks = new Disks(() => b.ram)
  const b: Bench = await bench(own => disks.imports(own))
  return { b, disks }
}

/** Powers it on with these disks. */
export function powerOn(b: Bench, disks: Disks, list: Disk[], power: { devices?: bigint; maxVcpus?: bigint } = {}): void {
  b.ram = Buffer.alloc(ramBytes)
  disks.list = list
  for (const requests of [disks.underWay, disks.done]) requests.length = 0
  disks.refused = 0
  while (disks.imports(() => b.ram).completed() !== -1n);
  b.reset({ ramSize: BigInt(ramBytes), ...power })
}

export class BlockDriver {
  readonly device: VirtioDevice
  readonly table: number
  rings: Driver[] = []
  #frames = 0
  #options: Required<Options> = { packed: false, eventIndex: false, indirect: false, size: 64, queues: 1, features: [BlockFeature.flush], vectors: true }

  constructor(readonly b: Bench, readonly disk = 0) {
    this.device = new VirtioDevice(b, 2 + disk)
    this.table = 0xc000_4000 + 0x10_0000 * disk
    this.device.map(0xc000_0000 + 0x10_0000 * disk, this.table)
  }

  start(options: Options = {}): boolean {
    const all = this.#options = { ...this.#options, ...options }
    const { packed, eventIndex, indirect, version1 } = Feature
    const features = [version1, ...all.features]
    if (all.packed) features.push(packed)
    if (all.eventIndex) features.push(eventIndex)
    if (all.indirect) features.push(indirect)
    if (!this.device.negotiate(features)) return false
    this.rings = []
    for (let queue = 0; queue < all.queues; queue++) this.enable(queue)
    if (all.vectors) this.openMessages()
    this.device.status = this.device.status | Status.driverOk
    return true
  }

  enable(queue: number): void {
    const { packed, size, eventIndex, indirect, vectors } = this.#options
    const ram = new DataView(this.b.ram.buffer, this.b.ram.byteOffset)
    const place = placeOf(queue, this.disk)
    this.rings[queue] = packed ? new PackedDriver(ram, size, place, { eventIndex, indirect }) : new SplitDriver(ram, size, place, { eventIndex, indirect })
    this.device.enable(queue, size, place, vectors ? queue : 0xffff)
  }

  /** Vector n of disk d to local vector 40h + 16 d + n. */
  openMessages(): void {
    for (let vector = 0; vector < 9; vector++) {
      for (const [at, value] of [[0, 0xfee0_1000], [4, 0], [8, 0x40 + 16 * this.disk + vector], [12, 0]]) this.b.write(this.table + 16 * vector + at, value)
    }
    this.device.write(this.device.capability(0x11) + 2, 0x8000, 2)
  }

  /** A header and a status byte of their own. */
  frame(type: number, sector: number | bigint = 0): { header: Buffer64; status: Buffer64 } {
    const at = areaOf(this.disk) + framesAt + 32 * (this.#frames++ % 4096)
    this.b.ram.writeUInt32LE(type, at)
    this.b.ram.writeUInt32LE(0xffff_ffff, at + 4) // reserved
    this.b.ram.writeBigUInt64LE(BigInt(sector), at + 8)
    this.b.ram[at + 16] = Unwritten
    return { header: { gpa: at, length: 16, write: false }, status: { gpa: at + 16, length: 1, write: true } }
  }

  /** Makes a request available without telling the device. */
  post(type: number, sector: number | bigint = 0, data: Buffer64[] = [], queue = 0): Posted {
    const { header, status } = this.frame(type, sector)
    const { id, notify } = this.rings[queue].post([header, ...data, status], this.#options.indirect)
    return { queue, id, notify, header, status }
  }

  notify(queue = 0): void { this.device.notify(queue) }
  statusOf({ status }: { status: Buffer64 }): number { return this.b.ram[status.gpa] }
}

export const toRead = (gpa: number, length: number): Buffer64 => ({ gpa, length, write: true })
export const toWrite = (gpa: number, length: number): Buffer64 => ({ gpa, length, write: false })

/** The same numbers for the same seed. */
export function randomFrom(seed: number): (limit: number) => number {
  let state = Math.imul(seed, 0x9e37_79b9) | 1
  return limit => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}
