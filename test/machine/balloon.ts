/** A driver of the memory balloon as VIRTIO 1.2, 5.5, has it, and the host that its memory goes to. */
import type { Bench } from './board.js'
import { SplitDriver, PackedDriver, type Driver } from './driver.js'
import { Feature, Status, VirtioDevice } from './virtio.js'

export const ramBytes = 1 << 20
export const BalloonFeature = { mustTellHost: 0n, statistics: 1n, reporting: 5n }
export const Queue = { inflate: 0, deflate: 1, statistics: 2, reporting: 3 }
const size = 64
const placeOf = (queue: number) => ({ descriptors: 0x1_0000 + 0x1_0000 * queue, driver: 0x1_2000 + 0x1_0000 * queue, device: 0x1_3000 + 0x1_0000 * queue, tables: 0x1_4000 + 0x1_0000 * queue })
const pagesAt = 0x8_0000

export class BalloonDriver {
  readonly device: VirtioDevice
  rings: Driver[] = []
  #room = 0

  constructor(private readonly b: Bench) {
    this.device = new VirtioDevice(b, 18)
    this.device.map(0xc000_0000, 0xc000_4000)
  }

  start({ packed = false, features = [BalloonFeature.mustTellHost, BalloonFeature.statistics] } = {}): void {
    const { b, device } = this
    device.negotiate([Feature.version1, Feature.indirect, ...packed ? [Feature.packed] : [], ...features])
    this.rings = [0, 1, 2, ...features.includes(BalloonFeature.reporting) ? [3] : []].map(queue => {
      device.enable(queue, size, placeOf(queue))
      return new (packed ? PackedDriver : SplitDriver)(new DataView(b.ram.buffer, b.ram.byteOffset), size, placeOf(queue), { eventIndex: false, indirect: true })
    })
    device.status |= Status.driverOk
  }

  /** Pages that it is to give back, and what it says that it has. */
  get wanted(): number { return Number(this.b.read(this.device.base + 0x3000)) }
  set actual(pages: number) { this.b.write(this.device.base + 0x3004, pages) }

  /** Names pages to a queue, 256 to a chain as Linux does. */
  name(queue: number, pages: number[], inChain = 256): void {
    for (let at = 0; at < pages.length; at += inChain) {
      const some = pages.slice(at, at + inChain)
      const gpa = pagesAt + 4096 * (this.#room++ % 64)
      some.forEach((page, index) => this.b.ram.writeUInt32LE(page >>> 0, gpa + 4 * index))
      this.rings[queue].post([{ gpa, length: 4 * some.length, write: false }], false)
      this.device.notify(queue)
    }
  }
  inflate(pages: number[]): void { this.name(Queue.inflate, pages) }
  deflate(pages: number[]): void { this.name(Queue.deflate, pages) }

  /** Says of ranges of memory, each an address and bytes, that nobody uses them. */
  report(...ranges: [gpa: number, length: number][]): void {
    this.rings[Queue.reporting].post(ranges.map(([gpa, length]) => ({ gpa, length, write: true })), true)
    this.device.notify(Queue.reporting)
  }

  /** Gives a buffer of statistics, tag and value. */
  tell(statistics: [tag: number, value: bigint][]): void {
    statistics.forEach(([tag, value], index) => {
      this.b.ram.writeUInt16LE(tag, 0x7_0000 + 10 * index)
      this.b.ram.writeBigUInt64LE(value, 0x7_0002 + 10 * index)
    })
    this.rings[Queue.statistics].post([{ gpa: 0x7_0000, length: 10 * statistics.length, write: false }], false)
    this.device.notify(Queue.statistics)
  }
  /** How many chains of a queue have come back. */
  back(queue: number): number { return this.rings[queue].collect().length }
}

/** All pages of some blocks of 2 MiB. */
export const pagesOf = (...blocks: number[]): number[] => blocks.flatMap(block => Array.from({ length: 512 }, (_, page) => 512 * block + page))

/** The host does what it was asked for, but for blocks that must stay, as long as it has `free` of them to give; what that was. */
export function settle(b: Bench, { free = Infinity, stay = [] as number[] } = {}): string {
  const { first, count, comesBack } = b.exchange!
  b.exchange = undefined
  for (let block = first; block < first + count; block++) {
    if (!comesBack && !stay.includes(block)) b.taken.add(block)
    if (comesBack && free-- > 0) b.taken.delete(block)
  }
  b.memoryChanged()
  return `${comesBack ? 'back' : 'away'} ${first}${count > 1 ? `-${first + count - 1}` : ''}`
}
