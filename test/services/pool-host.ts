/** The pool's service beside a console, as the nucleus puts it there: the very module that boots, on disks of its own. */
import { Disk } from './storage/disk'
import { type Answer, type Asked, Order, World as Service } from './storage/world'

export class PoolHost {
  serials: string[] = []
  readOnly: boolean[] = []
  /** Whether orders are carried out; they wait otherwise. */
  works = true
  /** Whether there is a service to take them. */
  runs = true
  /** What it answers instead, when a test says so. */
  answers: ((asked: Asked) => Answer | undefined) | undefined
  asked: Asked[] = []
  private order: Asked | undefined
  private answer: Answer | undefined

  private constructor(readonly service: Service) {}

  /** Disks by their serial numbers, of so many GiB, and images. */
  static async make(disks: Record<string, number>, images: Record<string, Buffer> = {}): Promise<PoolHost> {
    const host = new PoolHost(await Service.make())
    host.service.configured = { images: Object.entries(images).map(([name, bytes]) => ({ name, bytes })) }
    host.serials = Object.keys(disks)
    host.readOnly = host.serials.map(() => false)
    host.service.start(Object.entries(disks).map(([serial, gibibytes]) => new Disk(Math.round(gibibytes * 2 ** 18), serial)))
    return host
  }

  /** Carries out what was ordered; true when the console is to be woken. */
  carryOut(): boolean {
    if (!this.order || !this.works) return false
    this.answer = this.answers?.(this.order) ?? this.service.ask(this.order)
    this.order = undefined
    return true
  }

  /** The functions of capability/admin.ts, with the console's memory at `bytes`. */
  imports(bytes: (at: number, length: number) => Uint8Array) {
    const record = (at: number, length: number) => {
      const found = bytes(at, length)
      return Buffer.from(found.buffer, found.byteOffset, length)
    }
    return {
      storageOrder: (source: number) => {
        if (this.order || !this.runs) return 0
        const order = record(source, 152)
        const name = (at: number) => order.toString('latin1', at, at + 64).replace(/\0.*/s, '')
        this.answer = undefined
        this.order = {
          operation: order.readUInt32LE(0), flags: order.readUInt32LE(4), devices: order.readUInt32LE(8), limit: order.readUInt32LE(12), value: order.readBigUInt64LE(16), name: name(24), other: name(88),
          partitions: order.readUInt32LE(0) > Order.PoolImport ? [] : Array.from(Array(16), (_, index) => order.readUInt32LE(88 + 4 * index)).filter(Boolean).map(named => [named & 0xff, named >>> 8]),
        }
        this.asked.push(this.order)
        return 1
      },
      storageAnswer: (target: number) => {
        if (!this.answer) return 0
        const { status, what, number, flags, bytes, free, generation, uuid, origin, name } = this.answer
        const answer = record(target, 136).fill(0)
        ;[status, what, number, flags].forEach((field, index) => answer.writeUInt32LE(field, index * 4))
        ;[bytes, free, generation].forEach((field, index) => answer.writeBigUInt64LE(field, 16 + index * 8))
        answer.write(uuid, 40, 'hex')
        answer.write(origin, 56, 'hex')
        answer.write(name, 72, 64, 'latin1')
        this.answer = undefined
        return 1
      },
      storageDevice: (device: number, target: number) => {
        if (device >= this.serials.length) return 0
        const unit = record(target, 96).fill(0)
        if (this.service.gone.has(device)) return 1
        unit.writeBigUInt64LE(BigInt(this.service.disks[device].blocks * 8), 0)
        ;[512, 4096, 256, Number(this.readOnly[device]), 1, this.serials[device].length].forEach((field, index) => unit.writeUInt32LE(field, 8 + index * 4))
        unit.write(this.serials[device], 32, 64, 'latin1')
        return 1
      },
    }
  }
}
