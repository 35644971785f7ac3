/** What the service writes is what docs/storage-format.md says, by a reader that was written to that page alone; and what it reads when that is no more so. */
import { beforeAll, describe, expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'
import { Disk, Random } from './disk.ts'
import { readPool } from './reader.ts'
import { Ended, Operation, Order, World } from './world.ts'
import { Workload } from './workload.ts'

const flips = Number(process.env.STORAGE_FLIPS ?? 900)
let world: World
beforeAll(async () => { world = await World.make() })

/** A pool that has lived for a while, with all that can be in one. */
function lived(seed: number, steps: number, ...blocks: number[]): Workload {
  world.random = new Random(seed)
  world.create(...blocks)
  const workload = new Workload(world, world.random)
  for (let step = 0; step < steps; step++) {
    workload.act()
    world.step()
  }
  world.settle()
  return workload
}

test.each([[1, [6144]], [2, [4096, 3000]], [3, [2500, 2500, 2500]]])('seed %i: another reader finds what was written', (seed, blocks) => {
  const workload = lived(seed, 800, ...blocks)
  world.tick()
  world.settle()
  const volumes = readPool(world.disks).filter(({ state }) => state === 1)
  expect(volumes.map(({ name }) => name).sort()).toEqual(workload.models.map(({ name }) => name).sort())
  for (const model of workload.models) {
    const { blocks: mapped, flags } = volumes.find(({ name }) => name === model.name)!
    expect(flags).toBe(Number(model.readOnly))
    for (const [sector, versions] of model.sectors) {
      const block = mapped.get(BigInt(sector >> 3))
      expect(block?.readInt32LE((sector & 7) * 512) ?? 0).toBe(versions.at(-1)!.value)
    }
  }
})

describe('metadata that are not as they were written', () => {
  /** Imports, and does what touches everything: whatever comes of it, an answer comes. */
  function tryAll(disks: Disk[], random: Random, names: string[]): number {
    world.start(disks)
    const { status } = world.ask({ operation: Order.PoolImport, devices: 2 ** disks.length - 1 })
    if (status !== Ended.Ok) return status
    for (const name of names) {
      const volume = world.ask({ operation: Order.VolumeInfo, name })
      if (volume.status !== Ended.Ok) continue
      for (const sector of [0, 252 * 8, 65532 * 8]) world.do(volume.number, Operation.Read, sector, 64, Buffer.alloc(64 * 512))
      world.do(volume.number, Operation.Write, 252 * 8, 40, Buffer.alloc(40 * 512, 1))
      world.do(volume.number, Operation.Discard, 0, 40)
      if (random.chance(0.3)) world.ask({ operation: Order.VolumeDelete, name })
      world.do(volume.number, Operation.Flush, 0, 0)
    }
    world.ask({ operation: Order.PoolCheck })
    return status
  }

  test('bits that turned are told, and end nothing', () => {
    const workload = lived(7, 600, 3000)
    const names = workload.models.map(({ name }) => name)
    const [disk] = world.disks
    world.ask({ operation: Order.PoolExport })
    const random = new Random(5)
    let refused = 0
    for (let flip = 0; flip < flips; flip++) {
      const copy = disk.copy()
      for (let count = 1 + random.below(3); count > 0; count--) {
        const block = random.pick(copy.written())
        const bytes = Buffer.from(copy.read(block))
        bytes[random.below(4096)] ^= 1 << random.below(8)
        copy.set(block, bytes)
      }
      if (tryAll([copy], random, names) !== Ended.Ok) refused++
    }
    expect(refused).toBeGreaterThan(0)
    expect(refused).toBeLessThan(flips)
  })

  /** Every checksum on the way to a block is made right again, so that only what the fields say is wrong. */
  function forge(disk: Disk, change: (bytes: Buffer, what: string) => void, what: 'superblock' | 'top' | 'index' | 'records' | 'counts' | 'node', random: Random): void {
    const places = [1, 2, disk.blocks - 2, disk.blocks - 1]
    const newest = places.map(place => disk.read(place)).reduce((one, other) => other.readBigUInt64LE(0x20) > one.readBigUInt64LE(0x20) ? other : one)
    const root = Buffer.from(newest)
    const generation = Number(root.readBigUInt64LE(0x20))
    const leaves = Math.ceil(disk.blocks / 2048) + 256
    const place = (entry: bigint) => Number(entry >> 63n)
    const put = (holder: Buffer, at: number, first: number, bytes: Buffer) => {
      const entry = holder.readBigUInt64LE(at)
      disk.set(first + place(entry), bytes)
      holder.writeUInt32LE(crc32c(bytes), at)
    }
    const topBytes = Buffer.from(disk.read(32 + place(root.readBigUInt64LE(0x300))))
    const indexBytes = Buffer.from(disk.read(34 + place(topBytes.readBigUInt64LE(0))))
    const leafPlace = (leaf: number) => 36 + 2 * leaf
    const records = Buffer.from(disk.read(leafPlace(0) + place(indexBytes.readBigUInt64LE(0))))
    const counts = random.pick(Array.from({ length: leaves - 256 }, (_, index) => 256 + index).filter(leaf => !(indexBytes.readBigUInt64LE(leaf * 8) >> 62n & 1n)))
    if (what === 'node') {
      const used = Array.from({ length: 16 }, (_, index) => index * 256).filter(at => records.readBigUInt64LE(at + 0x10) !== 0n)
      const at = random.pick(used)
      const node = Buffer.from(disk.read(Number(records.readBigUInt64LE(at + 0x10))))
      change(node, what)
      disk.set(Number(records.readBigUInt64LE(at + 0x10)), node)
      records.writeUInt32LE(crc32c(node), at + 0x18)
    }
    if (what === 'records') change(records, what)
    put(indexBytes, 0, leafPlace(0), records)
    if (what === 'counts') {
      const bytes = Buffer.from(disk.read(leafPlace(counts) + place(indexBytes.readBigUInt64LE(counts * 8))))
      change(bytes, what)
      put(indexBytes, counts * 8, leafPlace(counts), bytes)
      let free = 0
      for (let at = 0; at < 4096; at += 2) free += Number(bytes.readUInt16LE(at) === 0)
      if (random.chance(0.8)) indexBytes.writeUInt16LE(free, counts * 8 + 4)
    }
    if (what === 'index') change(indexBytes, what)
    put(topBytes, 0, 34, indexBytes)
    if (what === 'top') change(topBytes, what)
    put(root, 0x300, 32, topBytes)
    if (what === 'superblock') change(root, what)
    root.writeUInt32LE(0, 0xc)
    root.writeUInt32LE(crc32c(root), 0xc)
    disk.set(1 + generation % 2, root)
    disk.set(disk.blocks - 2 + generation % 2, root)
  }

  test.each(['superblock', 'top', 'index', 'records', 'counts', 'node'] as const)('whoever forges a %s with all its checksums ends nothing either', what => {
    const workload = lived(8, 600, 3000)
    const names = workload.models.map(({ name }) => name)
    const [disk] = world.disks
    world.ask({ operation: Order.PoolExport })
    const random = new Random(11)
    for (let round = 0; round < Math.ceil(flips / 6); round++) {
      const copy = disk.copy()
      forge(copy, bytes => {
        for (let count = 1 + random.below(3); count > 0; count--) {
          // Mostly where something is.
          let at = random.below(4096)
          for (let tries = 0; tries < 200 && bytes[at] === 0; tries++) at = random.below(4096)
          const kind = random.below(3)
          if (kind === 0) bytes[at] ^= 1 << random.below(8)
          else if (kind === 1) bytes[at] = random.below(256)
          else bytes.copy(bytes, at & ~15, random.below(256) * 16, random.below(256) * 16 + 16)
        }
      }, what, random)
      tryAll([copy], random, names)
    }
  })

  test.each([
    ['superblock', 8, 'version'], ['superblock', 0x34, ''], ['superblock', 0x80, ''], ['superblock', 0xff, ''], ['superblock', 0x118, 'of a device'], ['superblock', 0x120, 'of a device that is not there'],
    ['superblock', 0x308, 'of a top block that is not there'], ['superblock', 0xfff, 'of the last'], ['records', 0x24, ''], ['records', 0x97, 'of its limits'], ['records', 0xa8, ''], ['records', 0xff, ''],
  ] as const)('a pool with something where zeros are to be is not read: %s, at %i %s', (...[what, at]) => {
    world.create(3000)
    world.volume('web', 1 << 20)
    world.ask({ operation: Order.PoolExport })
    const [disk] = world.disks
    forge(disk, bytes => { bytes[at] += 2 }, what, new Random(1))
    world.start([disk])
    expect(world.ask({ operation: Order.PoolImport, devices: 1 }).status).toBe(Ended.Corrupt)
  })

  test('the reader finds them too', () => {
    lived(9, 300, 3000)
    world.tick()
    world.settle()
    const [disk] = world.disks
    readPool([disk])
    forge(disk, bytes => { bytes.writeUInt16LE(bytes.readUInt16LE(3000) + 1, 3000) }, 'counts', new Random(1))
    expect(() => readPool([disk])).toThrow()
  })
})
