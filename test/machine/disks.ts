/** A VM's disks on the bench: bytes of an array, read and written when the test has a request carried out, in the order that it likes. */

export const Operation = { read: 0, write: 1, flush: 2, discard: 3, writeZeroes: 4 }
export const Answer = { ok: 0, failed: 1, unsupported: 2 }

export interface Disk {
  data: Buffer
  serial: string
  readOnly: boolean
  logical: number
  physical: number
  canDiscard: boolean
  /** Most requests of it that can be under way. */
  room: number
}

export interface Request { disk: number; operation: number; tag: number; sector: number; sectors: number; segments: { gpa: number; length: number }[] }

export const disk = (sectors: number, settings: Partial<Disk> = {}): Disk =>
  ({ data: Buffer.alloc(512 * sectors), serial: 'T-1', readOnly: false, logical: 512, physical: 512, canDiscard: true, room: 64, ...settings })

export class Disks {
  list: Disk[] = []
  underWay: Request[] = []
  /** What was carried out, in that order. */
  done: Request[] = []
  /** Requests for which there was no room. */
  refused = 0
  #answers: bigint[] = []

  constructor(readonly ram: () => Buffer) {}

  /** The capability, for a sandbox with this memory. */
  imports(own: () => Buffer): Record<string, (...args: any[]) => any> {
    return {
      count: () => this.list.length,
      number: (index: number, key: number) => {
        const { data, readOnly, logical, physical, canDiscard } = this.list[index]
        return BigInt([data.length / 512, Number(readOnly), logical, physical, Number(canDiscard)][key])
      },
      serial: (index: number, target: number, capacity: number) => own().write(this.list[index].serial, target, capacity, 'ascii'),
      submit: (index: number, operation: number, tag: number, sector: bigint, sectors: number, at: number, count: number) =>
        this.#submit(own(), { disk: index, operation, tag: tag >>> 0, sector: Number(BigInt.asUintN(64, sector)), sectors: sectors >>> 0, segments: [] }, at, count),
      completed: () => this.#answers.shift() ?? -1n,
    }
  }

  #submit(memory: Buffer, request: Request, at: number, count: number): number {
    const { disk, tag, operation, sectors, segments } = request
    if (this.underWay.some(other => other.tag === tag)) throw new Error(`tag ${tag} is under way already`)
    if (this.underWay.filter(other => other.disk === disk).length >= this.list[disk].room) {
      this.refused++
      return 0
    }
    if (count > 126) throw new Error(`${count} segments`)
    for (let index = 0; index < count; index++, at += 16) segments.push({ gpa: Number(memory.readBigUInt64LE(at)), length: memory.readUInt32LE(at + 8) })
    const bytes = segments.reduce((sum, { length }) => sum + length, 0)
    if (bytes !== (operation <= Operation.write ? 512 * sectors : 0)) throw new Error(`${sectors} sectors in segments of ${bytes} bytes`)
    for (const { gpa, length } of segments) if (length === 0 || gpa + length > this.ram().length) throw new Error(`a segment at ${gpa} of ${length} bytes is not RAM`)
    this.underWay.push(request)
    return 1
  }

  /** Carries out the request under way at `index`, unless it is to come to something else; the machine is told by `diskCompleted` of the board. */
  carryOut(index = 0, wanted = Answer.ok): Request {
    const [request] = this.underWay.splice(index, 1)
    const answer = wanted === Answer.ok ? this.#do(request) : wanted
    this.done.push(request)
    this.#answers.push(BigInt(request.tag) | BigInt(answer) << 32n)
    return request
  }

  #do({ disk, operation, sector, sectors, segments }: Request): number {
    const { data, logical } = this.list[disk]
    let at = 512 * sector
    if (at + 512 * sectors > data.length || at % logical !== 0 || 512 * sectors % logical !== 0) return Answer.failed
    if (operation >= Operation.discard) data.fill(operation === Operation.discard ? 0xdd : 0, at, at + 512 * sectors)
    for (const { gpa, length } of segments) {
      if (operation === Operation.read) data.copy(this.ram(), gpa, at, at + length)
      else this.ram().copy(data, at, gpa, gpa + length)
      at += length
    }
    return Answer.ok
  }
}
