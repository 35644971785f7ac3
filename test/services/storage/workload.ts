/** A life of the pool at random, and what its volumes are to hold: what every sector may be after a power cut, and what it is as long as there is none. */
import type { Random } from './disk.ts'
import { Ended, Operation, Order, Status, type Answer, type World } from './world.ts'

/** What was written to a sector, newest last: a number, and when it was done. What is before the last that is flushed is forgotten. */
type Sector = { value: number, done: number }[]
/** Parts of a volume that are used: within nodes, across them, and far up. In sectors. */
const regions: readonly [number, number][] = [[0, 96], [252 * 8, 80], [65532 * 8, 64]]
export const volumeBytes = 300n << 20n

/** A sector that is all of one number. */
function fill(bytes: Buffer, sector: number, value: number): void { new Int32Array(bytes.buffer, bytes.byteOffset + sector * 512, 128).fill(value) }
/** The number, or -1 for a sector of several. */
function valueOf(bytes: Buffer, sector: number): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + sector * 512, 128)
  for (let index = 1; index < 128; index++) if (words[index] !== words[0]) return -1
  return words[0]
}

export class Model {
  sectors = new Map<number, Sector>()
  /** How many of its sectors' requests are under way. */
  busy = new Set<number>()
  writing = 0
  /** An order about it is under way. */
  ordered = false
  constructor(readonly name: string, readonly number: number, readonly readOnly: boolean) {}

  at(sector: number): Sector {
    let known = this.sectors.get(sector)
    if (!known) this.sectors.set(sector, known = [{ value: 0, done: 0 }])
    return known
  }
  /** What another that is made of it holds. */
  copy(name: string, number: number, readOnly: boolean): Model {
    const made = new Model(name, number, readOnly)
    for (const [sector, known] of this.sectors) made.sectors.set(sector, [{ value: known.at(-1)!.value, done: 0 }])
    return made
  }
  flushed(before: number): void {
    for (const known of this.sectors.values()) {
      const last = known.findLastIndex(({ done }) => done <= before)
      if (last > 0) known.splice(0, last)
    }
  }
  /** What each sector may be after a power cut; of what was done but not flushed only the last, where no power was cut. */
  allowed(isPowered: boolean): Map<number, number[]> {
    return new Map([...this.sectors].map(([sector, known]) => {
      const last = isPowered ? Math.max(known.findLastIndex(({ done }) => done !== Infinity), 0) : 0
      return [sector, known.slice(last).map(({ value }) => value)]
    }))
  }
}

/** What is expected after a power cut. */
export interface Expectation {
  volumes: { name: string, sectors: Map<number, number[]>, maybe: boolean }[]
  /** Names that may be there or not. */
  maybe: string[]
}

export class Workload {
  models: Model[] = []
  #time = 0
  #stamp = 1
  #names = 0
  /** Names of volumes that orders under way make or delete. */
  #uncertain = new Set<string>()
  /** What a rollback under way makes of a volume. */
  #rollback = new Map<string, Model>()
  constructor(readonly world: World, readonly random: Random) {}

  /** `isPowered`: only the service ends, and the devices live on. */
  expectation(isPowered = false): Expectation {
    const volumes = this.models.map(model => {
      const sectors = model.allowed(isPowered)
      const other = this.#rollback.get(model.name)
      if (other) for (const sector of new Set([...sectors.keys(), ...other.sectors.keys()])) sectors.set(sector, [...sectors.get(sector) ?? [0], other.at(sector).at(-1)!.value])
      return { name: model.name, sectors, maybe: this.#uncertain.has(model.name) }
    })
    return { volumes, maybe: [...this.#uncertain] }
  }

  /** The pool was imported after a power cut, and this is what was found. */
  resume(found: Model[]): void {
    this.models = found
    this.#uncertain.clear()
    this.#rollback.clear()
  }

  /** An order is under way. */
  get isOrdering(): boolean { return this.#uncertain.size > 0 || this.models.some(({ ordered }) => ordered) }

  /** Something at random, begun. */
  act(): void {
    const { random } = this
    const kind = random.below(100)
    if (this.models.length === 0 || kind < 2) return this.#create()
    const model = random.pick(this.models)
    if (model.ordered) return
    if (kind < 45) this.#write(model)
    else if (kind < 60) this.#read(model)
    else if (kind < 68) this.#erase(model)
    else if (kind < 84) this.#flush()
    else if (kind < 92) this.#order(model)
    else this.world.tick()
  }

  #range(model: Model): [number, number] | undefined {
    const [begin, length] = this.random.pick(regions)
    let from = this.random.below(length)
    let count = 1 + this.random.below(Math.min(this.random.chance(0.2) ? 80 : 24, length - from))
    if (this.random.chance(0.6)) {
      from -= from % 8
      count = Math.ceil(count / 8) * 8
    }
    for (let sector = begin + from; sector < begin + from + count; sector++) if (model.busy.has(sector)) return undefined
    return [begin + from, count]
  }

  #begin(model: Model, sector: number, count: number, operation: number, memory: Buffer, ended: () => void): void {
    for (let index = sector; index < sector + count; index++) model.busy.add(index)
    this.world.submit(model.number, operation, sector, count, memory, status => {
      for (let index = sector; index < sector + count; index++) model.busy.delete(index)
      if (status !== Status.Ok) throw new Error(`operation ${operation} on ${model.name}, sectors ${sector} and ${count - 1} more, ends with ${status}: ${this.world.log.join('; ')}`)
      this.#time++
      ended()
    })
  }

  #change(model: Model, sector: number, count: number, operation: number, memory: Buffer, value: (sector: number) => number | undefined): void {
    model.writing++
    const changed: { value: number, done: number }[] = []
    for (let index = sector; index < sector + count; index++) {
      const to = value(index)
      if (to === undefined) continue
      const version = { value: to, done: Infinity }
      model.at(index).push(version)
      changed.push(version)
    }
    this.#begin(model, sector, count, operation, memory, () => {
      for (const version of changed) version.done = this.#time
      model.writing--
    })
  }

  #write(model: Model): void {
    const range = model.readOnly ? undefined : this.#range(model)
    if (!range) return
    const [sector, count] = range
    const memory = Buffer.from(new ArrayBuffer(count * 512))
    const first = this.#stamp
    this.#stamp += count
    for (let index = 0; index < count; index++) fill(memory, index, first + index)
    this.#change(model, sector, count, Operation.Write, memory, at => first + at - sector)
  }

  #erase(model: Model): void {
    const range = model.readOnly ? undefined : this.#range(model)
    if (!range) return
    const [sector, count] = range
    if (this.random.chance(0.5)) return this.#change(model, sector, count, Operation.WriteZeroes, Buffer.alloc(0), () => 0)
    const from = Math.ceil(sector / 8) * 8
    const to = Math.floor((sector + count) / 8) * 8
    this.#change(model, sector, count, Operation.Discard, Buffer.alloc(0), at => at >= from && at < to ? 0 : undefined)
  }

  #read(model: Model): void {
    const range = this.#range(model)
    if (!range) return
    const [sector, count] = range
    const memory = Buffer.from(new ArrayBuffer(count * 512))
    this.#begin(model, sector, count, Operation.Read, memory, () => {
      for (let index = 0; index < count; index++) {
        const expected = model.at(sector + index).at(-1)!.value
        if (valueOf(memory, index) !== expected) throw new Error(`${model.name}, sector ${sector + index}: ${valueOf(memory, index)} is read, ${expected} was written`)
      }
    })
  }

  /** A flush is of the whole pool. */
  #flush(): void {
    const models = this.models.filter(({ ordered }) => !ordered)
    if (models.length === 0) return
    const before = this.#time
    this.world.submit(this.random.pick(models).number, Operation.Flush, 0, 0, Buffer.alloc(0), status => {
      if (status !== Status.Ok) throw new Error(`a flush ends with ${status}: ${this.world.log.join('; ')}`)
      for (const model of models) model.flushed(before)
    })
  }

  #create(): void {
    if (this.models.length > 5 || this.#uncertain.size > 0) return
    const name = `volume-${this.#names++}`
    this.#ask({ operation: Order.VolumeCreate, name, value: volumeBytes }, [name], ({ number }) => { this.models.push(new Model(name, number, false)) })
  }

  #ask(asked: Parameters<World['order']>[0], uncertain: string[], done: (answer: Answer) => void): void {
    for (const name of uncertain) this.#uncertain.add(name)
    this.world.order(asked, answer => {
      if (answer.status !== Ended.Ok) throw new Error(`order ${asked.operation} ends with ${answer.status}: ${this.world.log.join('; ')}`)
      for (const name of uncertain) this.#uncertain.delete(name)
      done(answer)
    })
  }

  /** Snapshot, clone, rollback or deletion of a volume that nothing is under way with. */
  #order(model: Model): void {
    if (model.busy.size > 0 || this.#uncertain.size > 0 || this.models.some(({ ordered }) => ordered)) return
    const kind = this.random.below(4)
    if (kind < 2) {
      if (this.models.length > 6) return
      const other = `${kind === 0 ? 'snapshot' : 'clone'}-${this.#names++}`
      model.ordered = true
      this.#ask({ operation: kind === 0 ? Order.VolumeSnapshot : Order.VolumeClone, name: model.name, other }, [other], ({ number }) => {
        model.ordered = false
        this.models.push(model.copy(other, number, kind === 0))
      })
    } else if (kind === 2) {
      const to = this.random.pick(this.models)
      if (model.readOnly || to === model || to.writing > 0) return
      model.ordered = to.ordered = true
      this.#rollback.set(model.name, to)
      this.#ask({ operation: Order.VolumeRollback, name: model.name, other: to.name }, [], () => {
        model.ordered = to.ordered = false
        this.#rollback.delete(model.name)
        model.sectors = to.copy('', 0, false).sectors
      })
    } else if (this.models.length > 2) {
      model.ordered = true
      this.#ask({ operation: Order.VolumeDelete, name: model.name }, [model.name], () => { this.models = this.models.filter(other => other !== model) })
    }
  }
}

/** Compares what a pool holds with what may be there, and has the pool check itself. What is wrong is thrown; what comes back is what is there. */
export function verify(world: World, expectation: Expectation): Model[] {
  const models: Model[] = []
  const found = new Map<string, Answer>()
  for (let next = 0; ;) {
    const answer = world.ask({ operation: Order.VolumeNext, value: BigInt(next) })
    if (answer.status !== Ended.Ok) break
    found.set(answer.name, answer)
    next = answer.number + 1
  }
  for (const name of found.keys()) {
    // One whose making was under way is deleted: there is no saying what it holds.
    if (expectation.maybe.includes(name) && !expectation.volumes.some(volume => volume.name === name)) world.ask({ operation: Order.VolumeDelete, name })
    if (!expectation.maybe.includes(name) && !expectation.volumes.some(volume => volume.name === name)) throw new Error(`there is a volume ${name}`)
  }
  for (const { name, sectors, maybe } of expectation.volumes) {
    const volume = found.get(name)
    if (!volume && maybe) continue
    if (!volume) throw new Error(`there is no volume ${name}`)
    const model = new Model(name, volume.number, volume.flags === 1)
    models.push(model)
    for (const [begin, length] of regions) {
      const memory = Buffer.from(new ArrayBuffer(length * 512))
      const status = world.do(volume.number, Operation.Read, begin, length, memory)
      if (status !== Status.Ok) throw new Error(`${name} cannot be read: ${world.log.join('; ')}`)
      for (let index = 0; index < length; index++) {
        const value = valueOf(memory, index)
        model.sectors.set(begin + index, [{ value, done: 0 }])
        if (!(sectors.get(begin + index) ?? [0]).includes(value)) throw new Error(`${name}, sector ${begin + index}: ${value} is none of ${sectors.get(begin + index) ?? 0}`)
      }
    }
  }
  if (world.check() !== 0n) throw new Error(`the pool is not in order: ${world.log.join('; ')}`)
  return models
}
