/** Volumes made of images and of disks, volumes written to disks, and what the configuration has the service make by itself. */
import { beforeAll, describe, expect, test } from 'vitest'
import { BlockBytes, Disk, Random } from './disk.ts'
import { partitioned } from './partitioned.ts'
import { Ended, Operation, Order, Status, World, type Answer } from './world.ts'

let world: World
beforeAll(async () => { world = await World.make() })

const random = new Random(7)
/** Bytes at random, whole blocks of them zeros as `holes` says. */
function content(bytes: number, holes = (block: number) => block % 5 === 1 || block > 60 && block < 200): Buffer {
  const made = Buffer.alloc(bytes)
  for (let at = 0; at < bytes; at += 4) if (!holes(Math.floor(at / BlockBytes))) made.writeUInt32LE(random.word(), at > bytes - 4 ? bytes - 4 : at)
  return made
}
function read(volume: number, bytes: number): Buffer {
  const memory = Buffer.alloc(bytes, 0xee)
  expect(world.do(volume, Operation.Read, 0, bytes / 512, memory)).toBe(Status.Ok)
  return memory
}
const info = (name: string): Answer => world.ask({ operation: Order.VolumeInfo, name })
const progress = (): Answer => world.ask({ operation: Order.Progress })
const free = (): bigint => {
  for (let turn = 0; turn < 3; turn++) { world.tick(); world.settle() }
  return world.ask({ operation: Order.PoolInfo }).free
}
const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & BlockBytes - 1)])
/** A disk with these bytes on it. */
function filled(bytes: Buffer, blocks: number): Disk {
  const disk = new Disk(blocks)
  for (let at = 0; at < bytes.length; at += BlockBytes) disk.set(at / BlockBytes, bytes.subarray(at, at + BlockBytes))
  return disk
}
const on = (disk: Disk, first: number, blocks: number): Buffer => Buffer.concat(Array.from({ length: blocks }, (_, index) => disk.read(first + index)))

/** A host with an empty pool of `blocks` starts and has come so far that it makes what is configured. */
function interrupted(blocks: number, steps: number): void {
  const { configured } = world
  world.configured = {}
  create(blocks)
  world.configured = configured
  world.start(world.disks)
  world.isOpen = false
  world.tick()
  for (let step = 0; step < steps && world.step(); step++) if (random.chance(0.02)) world.tick()
}

/** A pool of `blocks` beside other disks. */
function create(blocks: number, ...others: Disk[]): void {
  world.start([new Disk(blocks), ...others])
  expect(world.ask({ operation: Order.PoolCreate, name: 'tank', devices: 1 }).status).toBe(Ended.Ok)
}

describe('an image', () => {
  test('becomes a volume: all that it holds, and no block for its zeros', () => {
    const bytes = content(300 * BlockBytes - 1000)
    world.configured = { images: [{ name: 'other.img', bytes: Buffer.alloc(4096) }, { name: 'root.img', bytes }] }
    create(4000)
    expect(world.ask({ operation: Order.ImageNext, value: 1n })).toMatchObject({ status: Ended.Ok, number: 1, name: 'root.img', bytes: BigInt(bytes.length) })
    expect(world.ask({ operation: Order.ImageNext, value: 2n }).status).toBe(Ended.NoSuchImage)
    const before = free()
    expect(world.ask({ operation: Order.VolumeImport, name: 'root', other: 'root.img' }).status).toBe(Ended.Ok)
    world.settle()
    expect(progress()).toMatchObject({ flags: 0, what: Ended.Ok, bytes: 300n * 4096n, free: 0n })
    const { status, number, bytes: size } = info('root')
    expect([status, size]).toEqual([Ended.Ok, 300n * 4096n])
    expect(read(number, 300 * BlockBytes).equals(padded(bytes))).toBe(true)
    const mapped = Array.from({ length: 300 }, (_, block) => bytes.subarray(block * BlockBytes, (block + 1) * BlockBytes)).filter(block => block.some(byte => byte !== 0)).length
    expect(Number((before - free()) / 4096n)).toBeLessThan(mapped + 8)
    expect(world.check()).toBe(0n)
  })

  test('is not there before all of it is, one at a time, and its name may be taken meanwhile', () => {
    world.configured = { images: [{ name: 'root.img', bytes: content(1 << 20) }] }
    create(4000)
    let begun: Answer | undefined
    world.order({ operation: Order.VolumeImport, name: 'root', other: 'root.img' }, answer => { begun = answer })
    while (!begun && world.step());
    const now = (order: Parameters<World['order']>[0]): Answer => {
      let given: Answer | undefined
      world.order(order, answer => { given = answer })
      while (!given && world.step());
      return given!
    }
    expect(now({ operation: Order.Progress })).toMatchObject({ flags: 1 })
    expect(now({ operation: Order.VolumeInfo, name: 'root' }).status).toBe(Ended.NoSuchVolume)
    expect(now({ operation: Order.VolumeImport, name: 'more', other: 'root.img' }).status).toBe(Ended.Busy)
    expect(now({ operation: Order.PoolExport }).status).toBe(Ended.InUse)
    expect(now({ operation: Order.VolumeCreate, name: 'root', value: 4096n }).status).toBe(Ended.Ok)
    world.settle()
    expect(progress()).toMatchObject({ flags: 0, what: Ended.NameTaken })
    expect(info('root').bytes).toBe(4096n)
    const left = free()
    expect(world.ask({ operation: Order.VolumeDelete, name: 'root' }).status).toBe(Ended.Ok)
    expect(free() - left).toBeLessThan(3n * 4096n)
    expect(world.check()).toBe(0n)
  })

  test('that is none, of a name that is none or taken, or without a pool is refused', () => {
    world.configured = { images: [{ name: 'root.img', bytes: content(1 << 16) }] }
    world.start([new Disk(2000)])
    const refused = (name: string, other = 'root.img') => world.ask({ operation: Order.VolumeImport, name, other }).status
    expect(refused('root')).toBe(Ended.NoPool)
    create(2000)
    world.volume('taken', 4096)
    expect([refused('root', 'root'), refused('a b'), refused('taken')]).toEqual([Ended.NoSuchImage, Ended.WrongName, Ended.NameTaken])
  })

  test('that the pool has no space for leaves nothing behind', () => {
    world.configured = { images: [{ name: 'root.img', bytes: content(8 << 20, () => false) }] }
    create(1500)
    const before = free()
    world.ask({ operation: Order.VolumeImport, name: 'root', other: 'root.img' })
    world.settle()
    expect(progress()).toMatchObject({ flags: 0, what: Ended.NoSpace })
    expect(info('root').status).toBe(Ended.NoSuchVolume)
    expect(free()).toBeGreaterThanOrEqual(before - 8n * 4096n)
    expect(world.check()).toBe(0n)
  })

  test('is whole or not there after a power cut at any moment, and is made again', () => {
    const bytes = content(3 << 20)
    world.configured = { images: [{ name: 'root.img', bytes }], volumes: [{ name: 'root', image: 0, bytes: 4 << 20 }, { name: 'data', bytes: 1 << 20 }] }
    let cut = 0
    for (let turn = 0; turn < 60; turn++) {
      interrupted(4000, random.below(400))
      if (!world.isOpen) cut++
      const disk = world.disks[0].cut(random)
      world.die()
      world.start([disk])
      world.tick()
      world.settle()
      const { status, number, bytes: size } = info('root')
      expect([status, size]).toEqual([Ended.Ok, 4n << 20n])
      expect(read(number, 3 << 20).equals(bytes)).toBe(true)
      expect(info('data').status).toBe(Ended.Ok)
      expect(world.isOpen).toBe(true)
      expect(world.check()).toBe(0n)
    }
    expect(cut).toBeGreaterThan(30)
  }, 120_000)

  test('is made again by the next instance when one fails in between', () => {
    const bytes = content(2 << 20)
    world.configured = { images: [{ name: 'root.img', bytes }], volumes: [{ name: 'root', image: 0 }] }
    let failed = 0
    for (let turn = 0; turn < 40; turn++) {
      interrupted(4000, random.below(150))
      if (!world.isOpen) failed++
      world.die()
      world.isOpen = false
      world.start(world.disks, world.changes)
      world.tick()
      world.settle()
      expect(world.isOpen).toBe(true)
      expect(read(info('root').number, 2 << 20).equals(bytes)).toBe(true)
      expect(world.check()).toBe(0n)
    }
    expect(failed).toBeGreaterThan(20)
  }, 120_000)
})

describe('at its first start', () => {
  const pool = { name: 'tank', devices: ['ONE', 'TWO'] }
  const boot = (...disks: Disk[]): void => {
    world.start(disks)
    world.isOpen = false
    world.tick()
    world.settle()
  }

  test('a host makes its pool and its volumes, and nothing at the next', () => {
    const bytes = content(1 << 20)
    world.configured = { pool, images: [{ name: 'root.img', bytes }], volumes: [{ name: 'root', image: 0, bytes: 8 << 20 }, { name: 'swap', bytes: 1 << 20 }] }
    const disks = [new Disk(2000, 'TWO'), new Disk(2000, 'OTHER'), new Disk(2000, 'ONE')]
    boot(...disks)
    expect(world.log).toEqual([
      'storage pool: tank is made, as configured', 'storage pool: makes the volume root of an image, as configured', 'storage pool: the volume root is made',
      'storage pool: made the volume swap, as configured',
    ])
    expect(world.isOpen).toBe(true)
    expect(disks[1].written()).toEqual([])
    expect(info('root').bytes).toBe(8n << 20n)
    const before = world.ask({ operation: Order.PoolInfo })
    boot(...disks)
    expect(world.log).toEqual(['storage pool: tank is open'])
    expect(world.ask({ operation: Order.PoolInfo })).toEqual(before)
  })

  test('it takes no disk that holds something, and none that is not there', () => {
    world.configured = { pool, volumes: [{ name: 'swap', bytes: 1 << 20 }] }
    const foreign = filled(Buffer.concat([Buffer.alloc(0x438), Buffer.from([0x53, 0xef]), Buffer.alloc(0xbc6)]), 2000)
    boot(new Disk(2000, 'ONE'), Object.assign(foreign, { serial: 'TWO' }))
    expect(world.log.join()).toContain('is not made: one of its disks holds something')
    expect(foreign.written()).toEqual([0])
    boot(new Disk(2000, 'ONE'), new Disk(2000, 'THREE'))
    expect(world.log.join()).toContain('not all of the disks that are configured for it are there')
    boot(new Disk(2000, 'ONE'), new Disk(2000, 'TWO'), new Disk(2000, 'TWO'))
    expect(world.log.join()).toContain('not all of the disks that are configured for it are there')
    boot(new Disk(20, 'ONE'), new Disk(2000, 'TWO'))
    expect(world.log.join()).toContain('one of its disks is too small or cannot be written')
    expect(world.isOpen).toBe(false)
  })

  test('a volume that finds no room costs no other its own', () => {
    world.configured = { pool: { name: 'tank', devices: ['ONE'] }, images: [{ name: 'root.img', bytes: content(8 << 20, () => false) }], volumes: [{ name: 'root', image: 0 }, { name: 'swap', bytes: 1 << 20 }] }
    boot(new Disk(1500, 'ONE'))
    expect(world.log).toContain('storage pool: the volume root cannot be made: the pool has too little space')
    expect([info('root').status, info('swap').status, world.isOpen]).toEqual([Ended.NoSuchVolume, Ended.Ok, true])
    expect(world.check()).toBe(0n)
  })
})

describe('a disk', () => {
  test('becomes a volume, whole or one of its partitions, and a volume is written to it', () => {
    world.configured = {}
    const bytes = content(100 * BlockBytes)
    const source = partitioned({ entries: [[800, 1599], [2048, 4095]] })
    for (let block = 0; block < 100; block++) source.set(100 + block, bytes.subarray(block * BlockBytes, (block + 1) * BlockBytes))
    const target = partitioned({ entries: [[800, 1599], [2048, 4095]] })
    create(40_000, source, target)
    const whole = on(source, 0, 9000)
    for (const [name, value, expected] of [['whole', 0n, whole], ['part', 1n, bytes]] as const) {
      expect(world.ask({ operation: Order.VolumeImport, name, devices: 2, value }).status).toBe(Ended.Ok)
      world.settle()
      expect(progress().what).toBe(Ended.Ok)
      const { number, bytes: size } = info(name)
      expect(Number(size)).toBe(expected.length)
      expect(read(number, expected.length).equals(expected)).toBe(true)
    }
    const untouched = new Set(target.written())
    expect(world.ask({ operation: Order.VolumeExport, name: 'part', devices: 4, value: 2n }).status).toBe(Ended.Ok)
    world.settle()
    expect(progress()).toMatchObject({ flags: 0, what: Ended.Ok, bytes: 100n * 4096n })
    expect(on(target, 256, 100).equals(bytes)).toBe(true)
    for (const block of target.written()) if (!untouched.has(block)) expect(block >= 256 && block < 356).toBe(true)
    expect(on(target.cut(random), 256, 100).equals(bytes)).toBe(true)
    expect(world.ask({ operation: Order.VolumeExport, name: 'whole', devices: 4 })).toMatchObject({ status: Ended.NotEmpty, what: 2 })
    expect(world.ask({ operation: Order.VolumeExport, name: 'whole', devices: 4, flags: 1 }).status).toBe(Ended.Ok)
    world.settle()
    expect(on(target, 0, 9000).equals(whole)).toBe(true)
    expect(world.check()).toBe(0n)
  })

  test('of the pool, too small, or that does not do it is no source and no target; nor is a volume that changes', () => {
    world.configured = {}
    create(4000, new Disk(1000), new Disk(3000))
    const volume = world.volume('web', 5 << 20)
    const refused = (devices: number, operation: number = Order.VolumeExport, name = 'web', value = 0n) => world.ask({ operation, name, devices, value }).status
    expect([refused(1), refused(2), refused(8), refused(4, Order.VolumeExport, 'none'), refused(4, Order.VolumeExport, 'web', 1n)])
      .toEqual([Ended.WrongDevices, Ended.WrongDevices, Ended.WrongDevices, Ended.NoSuchVolume, Ended.Corrupt])
    expect([refused(1, Order.VolumeImport, 'new'), refused(8, Order.VolumeImport, 'new')]).toEqual([Ended.WrongDevices, Ended.WrongDevices])
    world.used.add(volume)
    expect(refused(4)).toBe(Ended.InUse)
    expect(world.ask({ operation: Order.VolumeSnapshot, name: 'web', other: 'web-1' }).status).toBe(Ended.Ok)
    world.failing = (kind, device) => device === 2 && kind === 'write'
    expect(refused(4, Order.VolumeExport, 'web-1')).toBe(Ended.Ok)
    world.settle()
    expect(progress().what).toBe(Ended.Failed)
    world.failing = (kind, device) => device === 2 && kind === 'read'
    expect(refused(4, Order.VolumeImport, 'new')).toBe(Ended.Ok)
    world.settle()
    world.failing = undefined
    world.used.clear()
    expect([progress().what, info('new').status]).toEqual([Ended.Failed, Ended.NoSuchVolume])
    expect(world.check()).toBe(0n)
  })

  test('gets a volume that cannot be deleted, resized or rolled back meanwhile', () => {
    world.configured = {}
    create(4000, new Disk(3000))
    const volume = world.volume('web', 5 << 20)
    expect(world.do(volume, Operation.Write, 0, 10240, content(5 << 20))).toBe(Status.Ok)
    expect(world.ask({ operation: Order.VolumeSnapshot, name: 'web', other: 'web-1' }).status).toBe(Ended.Ok)
    const given: number[] = []
    world.order({ operation: Order.VolumeExport, name: 'web', devices: 2 }, () => {
      for (const order of [{ operation: Order.VolumeDelete, name: 'web' }, { operation: Order.VolumeResize, name: 'web', value: 4096n }, { operation: Order.VolumeRollback, name: 'web', other: 'web-1' }]) {
        world.order(order, ({ status }) => given.push(status))
      }
    })
    world.settle()
    expect(given).toEqual([Ended.InUse, Ended.InUse, Ended.InUse])
    expect(on(world.disks[1], 0, 1280).equals(read(volume, 5 << 20))).toBe(true)
  })
})
