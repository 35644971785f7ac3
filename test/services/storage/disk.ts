/** A disk with a volatile cache: what was not flushed may be on it after a power cut, or not, or torn, in any order. */
export const BlockBytes = 4096

/** Numbers at random, the same for the same seed. */
export class Random {
  #state: number
  constructor(seed: number) { this.#state = seed >>> 0 || 1 }
  /** A number of 32 bits. */
  word(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ mixed >>> 16, 0x85ebca6b)
    mixed = Math.imul(mixed ^ mixed >>> 13, 0xc2b2ae35)
    return (mixed ^ mixed >>> 16) >>> 0
  }
  below(limit: number): number { return this.word() % limit }
  chance(part: number): boolean { return this.word() < part * 2 ** 32 }
  pick<T>(from: readonly T[]): T { return from[this.below(from.length)] }
}

interface Write { block: number, bytes: Buffer }

export class Disk {
  /** What survives a power cut for certain. */
  durable = new Map<number, Buffer>()
  /** What is read: with what the cache has. */
  #current = new Map<number, Buffer>()
  #unflushed: Write[] = []
  /** Writes that were begun and have not ended: they may be on the medium as well. */
  #begun = new Set<Write>()
  constructor(readonly blocks: number, readonly serial = '') {}

  copy(): Disk {
    const made = new Disk(this.blocks, this.serial)
    made.durable = new Map(this.durable)
    made.#current = new Map(this.#current)
    made.#unflushed = [...this.#unflushed]
    made.#begun = new Set(this.#begun)
    return made
  }

  read(block: number): Buffer {
    if (block >= this.blocks) throw new Error(`block ${block} of ${this.blocks} is read`)
    return this.#current.get(block) ?? Buffer.alloc(BlockBytes)
  }

  /** Begins a write; what comes back ends it. */
  write(block: number, bytes: Buffer): () => void {
    if (block >= this.blocks) throw new Error(`block ${block} of ${this.blocks} is written`)
    const write = { block, bytes: Buffer.from(bytes) }
    this.#begun.add(write)
    return () => {
      if (!bytes.equals(write.bytes)) throw new Error(`block ${block} changed while it was written`)
      this.#begun.delete(write)
      this.#unflushed.push(write)
      this.#current.set(block, write.bytes)
    }
  }

  /** Begins a flush; what comes back ends it: what had ended before it began lasts. */
  flush(): () => void {
    const flushed = this.#unflushed.length
    const first = this.#unflushed[0]
    return () => {
      const from = first ? this.#unflushed.indexOf(first) : -1
      if (from < 0) return
      for (const { block, bytes } of this.#unflushed.splice(from, flushed)) this.durable.set(block, bytes)
    }
  }

  /** The disk after a power cut: of all that was not flushed some sectors of 512 bytes are there. */
  cut(random: Random): Disk {
    const made = new Disk(this.blocks, this.serial)
    made.durable = new Map(this.durable)
    const rest = [...this.#unflushed, ...this.#begun]
    for (let index = rest.length - 1; index > 0; index--) {
      const other = random.below(index + 1)
      ;[rest[index], rest[other]] = [rest[other], rest[index]]
    }
    const all = random.below(4)
    for (const { block, bytes } of rest) {
      // Sometimes nothing, sometimes nearly all, mostly in between.
      if (all === 0 || all === 1 && random.chance(0.9) || all === 2 && random.chance(0.5)) continue
      const torn = random.chance(0.2)
      const target = Buffer.from(made.durable.get(block) ?? Buffer.alloc(BlockBytes))
      for (let at = 0; at < BlockBytes; at += 512) if (!torn || random.chance(0.5)) bytes.copy(target, at, at, at + 512)
      made.durable.set(block, target)
    }
    made.#current = new Map(made.durable)
    return made
  }

  /** Puts bytes there at once, for good. */
  set(block: number, bytes: Buffer): void {
    this.durable.set(block, bytes)
    this.#current.set(block, bytes)
  }

  /** Blocks that were ever written. */
  written(): number[] { return [...this.#current.keys()] }
}
