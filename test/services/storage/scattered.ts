/** A pool of one device whose first volume has nodes and data scattered over it, as years of use may leave them: written by docs/storage-format.md, since the service itself takes long for it. */
import { crc32c } from './crc32c.ts'
import type { Disk } from './disk.ts'

const recordLeaves = 256

class Scattered {
  readonly #leaves: number
  readonly #indexes: number
  readonly #data: number
  readonly #counts = new Map<number, Buffer>()
  constructor(readonly disk: Disk) {
    this.#leaves = Math.ceil(disk.blocks / 2048) + recordLeaves
    this.#indexes = Math.ceil(this.#leaves / 512)
    this.#data = 32 + 2 * (1 + this.#indexes + this.#leaves)
  }

  /** Counts one reference to a block. */
  #refer(block: number): void {
    const leaf = Math.floor(block / 2048)
    let counts = this.#counts.get(leaf)
    if (!counts) {
      this.#counts.set(leaf, counts = Buffer.alloc(4096))
      for (let index = 0; index < 2048; index++) if (leaf * 2048 + index < this.#data || leaf * 2048 + index >= this.disk.blocks - 16) counts.writeUInt16LE(0xffff, index * 2)
    }
    counts.writeUInt16LE(1, block % 2048 * 2)
  }

  point(pointer: Buffer, block: number): void {
    this.#refer(block)
    pointer.writeBigUInt64LE(BigInt(block), 0)
    pointer.writeUInt32LE(crc32c(this.disk.read(block)), 8)
  }

  /** Changes a block of the tables, and its checksum in the entry that leads to it. */
  #change(entries: Buffer, at: number, block: number, change: (content: Buffer) => void): void {
    const entry = entries.readBigUInt64LE(at)
    const place = block + Number(entry >> 63n)
    const content = Buffer.from(this.disk.read(place))
    change(content)
    this.disk.set(place, content)
    entries.writeBigUInt64LE(entry & ~0xffff_ffffn | BigInt(crc32c(content)), at)
  }

  /** Writes counts, and the first record's pointer to a root, below the newest superblock. */
  finish(root: number): void {
    const places = [1, 2, this.disk.blocks - 2, this.disk.blocks - 1]
    const generation = places.map(place => this.disk.read(place).readBigUInt64LE(0x20)).reduce((one, other) => other > one ? other : one)
    const superblock = Buffer.from(this.disk.read(places.find(place => this.disk.read(place).readBigUInt64LE(0x20) === generation)!))
    this.#change(superblock, 0x300, 32, top => {
      for (let index = 0; index < this.#indexes; index++) this.#change(top, index * 8, 34 + 2 * index, entries => this.#changeLeaves(index * 512, entries, root))
    })
    superblock.writeUInt32LE(0, 12)
    superblock.writeUInt32LE(crc32c(superblock), 12)
    for (const place of places) if (this.disk.read(place).readBigUInt64LE(0x20) === generation) this.disk.set(place, superblock)
  }

  #changeLeaves(first: number, entries: Buffer, root: number): void {
    const leafBlock = (leaf: number) => 34 + 2 * (this.#indexes + leaf)
    if (first === 0) this.#change(entries, 0, leafBlock(0), records => this.point(records.subarray(0x10), root))
    for (let index = 0; index < 512; index++) {
      const counts = this.#counts.get(first + index - recordLeaves)
      if (!counts) continue
      let free = 0
      for (let at = 0; at < 4096; at += 2) free += Number(counts.readUInt16LE(at) === 0)
      this.disk.set(leafBlock(first + index), counts)
      entries.writeBigUInt64LE(BigInt(free) << 32n | BigInt(crc32c(counts)), index * 8)
    }
  }
}

/**
 * Gives the volume, of height 3, `groups` nodes of level 1 with all 256 of level 0, the first of which has 256 blocks of data: each of a node's pointers leads to where another
 * leaf counts. The disk has 512 leaves for each group, and 10 more; their counts were never written.
 */
export function scatter(disk: Disk, groups: number): void {
  const pool = new Scattered(disk)
  const root = Buffer.alloc(4096)
  for (let group = 0; group < groups; group++) {
    const leaf = 10 + group * 512
    const upper = Buffer.alloc(4096)
    for (let index = 0; index < 256; index++) {
      const lower = Buffer.alloc(4096)
      for (let each = 0; index === 0 && each < 256; each++) {
        const data = (leaf + 256 + each) * 2048 + 300
        disk.set(data, Buffer.alloc(4096, 5))
        pool.point(lower.subarray(each * 16), data)
      }
      disk.set((leaf + index) * 2048 + 100, lower)
      pool.point(upper.subarray(index * 16), (leaf + index) * 2048 + 100)
    }
    disk.set(9 * 2048 + group, upper)
    pool.point(root.subarray(group * 16), 9 * 2048 + group)
  }
  disk.set(9 * 2048 + 100, root)
  pool.finish(9 * 2048 + 100)
}
