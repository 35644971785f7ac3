/** The storage pool: what its volumes hold, what its orders do, and what it says when something is wrong. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'
import { Disk } from './disk.ts'
import { Ended, Operation, Order, Status, World } from './world.ts'

let world: World
beforeAll(async () => { world = await World.make() })

const pattern = (sectors: number, seed: number) => Buffer.from(Array.from({ length: sectors * 512 }, (_, index) => (index >> 9) * 7 + seed + (index & 3)))
function read(volume: number, sector: number, sectors: number): Buffer {
  const memory = Buffer.alloc(sectors * 512, 0xee)
  expect(world.do(volume, Operation.Read, sector, sectors, memory), world.log.join('\n')).toBe(Status.Ok)
  return memory
}
const same = (given: Buffer, expected: Buffer) => expect(given.equals(expected)).toBe(true)
const write = (volume: number, sector: number, bytes: Buffer) => expect(world.do(volume, Operation.Write, sector, bytes.length / 512, bytes), world.log.join('\n')).toBe(Status.Ok)
const flush = (volume: number) => expect(world.do(volume, Operation.Flush, 0, 0)).toBe(Status.Ok)
const reimport = () => {
  world.start(world.disks)
  expect(world.ask({ operation: Order.PoolImport, devices: 2 ** world.disks.length - 1 }).status, world.log.join('\n')).toBe(Ended.Ok)
}

test('the tests\' checksum is CRC-32C', () => expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283))

describe('a volume', () => {
  let volume: number
  beforeEach(() => {
    world.create(4096)
    volume = world.volume('web', 64 << 20)
  })

  test('reads zeros where nothing was written', () => same(read(volume, 5, 300), Buffer.alloc(300 * 512)))

  test.each([[0, 8], [0, 256], [2048 - 8, 2000], [3, 2], [7, 2], [1, 30], [16, 7], [131064, 8]])('holds what was written at sector %i, %i sectors', (sector, sectors) => {
    const bytes = pattern(sectors, 3)
    write(volume, sector, bytes)
    same(read(volume, sector, sectors), bytes)
    flush(volume)
    reimport()
    same(read(volume, sector, sectors), bytes)
    expect(world.check()).toBe(0n)
  })

  test('keeps what is beside a piece', () => {
    write(volume, 0, pattern(16, 1))
    write(volume, 6, pattern(4, 99))
    same(read(volume, 0, 16), Buffer.concat([pattern(16, 1).subarray(0, 6 * 512), pattern(4, 99), pattern(16, 1).subarray(10 * 512)]))
  })

  test('forgets what is discarded and zeroed', () => {
    write(volume, 0, pattern(64, 1))
    expect(world.do(volume, Operation.Discard, 4, 20)).toBe(Status.Ok)
    same(read(volume, 8, 16), Buffer.alloc(16 * 512))
    same(read(volume, 4, 4), pattern(64, 1).subarray(4 * 512, 8 * 512))
    expect(world.do(volume, Operation.WriteZeroes, 30, 21)).toBe(Status.Ok)
    same(read(volume, 24, 40), Buffer.concat([pattern(64, 1).subarray(24 * 512, 30 * 512), Buffer.alloc(21 * 512), pattern(64, 1).subarray(51 * 512)]))
    expect(world.check()).toBe(0n)
  })

  test('does not read or write beyond its end', () => {
    expect(world.do(volume, Operation.Read, 131072 - 1, 2, Buffer.alloc(1024))).toBe(Status.Failed)
    expect(world.do(volume, Operation.Write, 2 ** 40, 2, Buffer.alloc(1024))).toBe(Status.Failed)
    expect(world.do(99, Operation.Read, 0, 1, Buffer.alloc(512))).toBe(Status.Failed)
    expect(world.do(volume, 9, 0, 1)).toBe(Status.Unsupported)
  })
})

describe('the memory that the service has', () => {
  const make = (...blocks: number[]) => {
    world.start(blocks.map(count => new Disk(count)))
    return world.ask({ operation: Order.PoolCreate, name: 'tank', devices: 2 ** blocks.length - 1, flags: 1 }).status
  }
  const TiB = 2 ** 28

  test('is enough for as many disks as there can be, and for as large a disk', () => {
    expect(make(...Array.from({ length: 16 }, () => 1024))).toBe(Ended.Ok)
    reimport()
    expect(make(128 * TiB)).toBe(Ended.Ok)
  })
  test('is too little for a pool that is too large: nothing is written', () => {
    const { begun } = world
    expect(make(128 * TiB, 128 * TiB)).toBe(Ended.NoMemory)
    expect(world.begun).toBe(begun)
  })
  test.each([[400, Ended.Ok], [600, Ended.NoMemory], [8192, Ended.NoMemory]])('for a check of %i GiB ends it with %i', (size, status) => {
    expect(make(size * 2 ** 18)).toBe(Ended.Ok)
    expect(world.ask({ operation: Order.PoolCheck }).status).toBe(status)
    expect(world.ask({ operation: Order.PoolInfo }).status).toBe(Ended.Ok)
  })
})

describe('requests at the same time', () => {
  let volume: number
  beforeEach(() => {
    world.create(1600)
    volume = world.volume('web', 64 << 20)
  })
  const begin = (operation: number, sector: number, memory: Buffer) => {
    const state = { status: -1 }
    world.submit(volume, operation, sector, memory.length / 512, memory, status => { state.status = status })
    return state
  }

  test('two pieces of a block', () => {
    for (let round = 0; round < 40; round++) {
      const states = [0, 1, 2, 3].map(piece => begin(Operation.Write, piece * 2, pattern(2, round + piece * 50)))
      world.settle()
      expect(states.map(({ status }) => status)).toEqual([0, 0, 0, 0])
      same(read(volume, 0, 8), Buffer.concat([0, 1, 2, 3].map(piece => pattern(2, round + piece * 50))))
    }
  })

  test('a block and a piece of it: what is beside the piece is the block\'s', () => {
    write(volume, 0, pattern(8, 1))
    begin(Operation.Write, 3, pattern(1, 77))
    const held = world.pending.splice(0)
    begin(Operation.Write, 0, pattern(8, 9))
    for (let steps = 0; steps < 20; steps++) world.step()
    world.pending.push(...held)
    world.settle()
    same(read(volume, 4, 4), pattern(8, 9).subarray(4 * 512))
  })

  test('zeroes and a piece of the same block: what is beside the piece is zeroes', () => {
    // Counts of nodes lie in another block than those of data.
    world.create(1 << 15)
    volume = world.volume('web', 1 << 30)
    for (let round = 0; round < 30; round++) {
      write(volume, 0, pattern(512, round))
      flush(volume)
      // Nothing of the mapping is in memory: the zeroes wait for it.
      reimport()
      let zeroed = -1
      world.submit(volume, Operation.WriteZeroes, 0, 8, Buffer.alloc(0), status => { zeroed = status })
      for (let steps = 0; steps < round % 6; steps++) world.step()
      const piece = begin(Operation.Write, 0, pattern(4, 99))
      world.settle()
      expect([zeroed, piece.status]).toEqual([Status.Ok, Status.Ok])
      same(read(volume, 4, 4), Buffer.alloc(4 * 512))
    }
  })

  test('a read that takes long sees nobody else\'s data, however much is written meanwhile', () => {
    write(volume, 0, pattern(64, 1))
    flush(volume)
    const memory = Buffer.alloc(64 * 512)
    const reading = begin(Operation.Read, 0, memory)
    const held = world.pending.splice(0)
    expect(held.length).toBe(1)
    // More than the pool has, over and over.
    for (let round = 0; round < 40; round++) {
      begin(Operation.Write, 0, pattern(512, round))
      for (let steps = 0; steps < 300; steps++) world.step()
      begin(Operation.Flush, 0, Buffer.alloc(0))
      for (let steps = 0; steps < 300; steps++) world.step()
    }
    world.pending.push(...held)
    world.settle()
    expect(reading.status).toBe(Status.Ok)
    same(memory, pattern(64, 1))
    expect(world.check()).toBe(0n)
  })

  test('all that the service has room for, with devices that take one at a time', () => {
    world.depth = 1
    const states = Array.from({ length: 248 }, (_, index) => begin(Operation.Write, index * 24 + index % 3, pattern(8, index)))
    world.settle()
    world.depth = 1000
    expect(states.every(({ status }) => status === Status.Ok)).toBe(true)
    for (let index = 0; index < 248; index += 15) same(read(volume, index * 24 + index % 3, 8), pattern(8, index))
  })
})

describe('orders', () => {
  const ask = (operation: number, name = '', more: object = {}) => world.ask({ operation, name, ...more })
  beforeEach(() => world.create(3000, 2000))

  test('a snapshot, a clone and a rollback hold what they are of', () => {
    const volume = world.volume('web', 1n << 40n)
    write(volume, 0, pattern(3000, 1))
    const snapshot = ask(Order.VolumeSnapshot, 'web', { other: 'before' })
    expect(snapshot).toMatchObject({ status: Ended.Ok, flags: 1, name: 'before', origin: ask(Order.VolumeInfo, 'web').uuid })
    write(volume, 100, pattern(500, 2))
    const clone = ask(Order.VolumeClone, 'before', { other: 'copy' })
    write(clone.number, 5, pattern(9, 3))
    expect(world.do(snapshot.number, Operation.Write, 0, 1, Buffer.alloc(512))).toBe(Status.Failed)
    same(read(snapshot.number, 0, 3000), pattern(3000, 1))
    const changed = pattern(3000, 1)
    pattern(9, 3).copy(changed, 5 * 512)
    same(read(clone.number, 0, 3000), changed)
    expect(ask(Order.VolumeRollback, 'web', { other: 'before' }).status).toBe(Ended.Ok)
    same(read(volume, 0, 3000), pattern(3000, 1))
    expect(world.check()).toBe(0n)
    reimport()
    same(read(volume, 0, 3000), pattern(3000, 1))
    same(read(clone.number, 0, 3000), changed)
    expect(world.check()).toBe(0n)
  })

  test('what is deleted gives its space back, in any order', () => {
    const free = ask(Order.PoolInfo).free
    for (const order of [['web', 'one', 'two'], ['two', 'one', 'web'], ['one', 'web', 'two']]) {
      const volume = world.volume('web', 1n << 32n)
      write(volume, 0, pattern(2000, 1))
      ask(Order.VolumeSnapshot, 'web', { other: 'one' })
      write(volume, 800, pattern(700, 2))
      ask(Order.VolumeClone, 'one', { other: 'two' })
      for (const name of order) expect(ask(Order.VolumeDelete, name).status).toBe(Ended.Ok)
      world.tick()
      world.settle()
      expect(ask(Order.PoolInfo).free).toBe(free)
      expect(world.check()).toBe(0n)
    }
  })

  test('what a guest changes while it is written is what is read, or it is told that it was not written', () => {
    const volume = world.volume('web', 1 << 20)
    world.isRestless = true
    const memory = pattern(64, 1)
    let status = -1
    world.submit(volume, Operation.Write, 0, 64, memory, ended => { status = ended })
    memory.fill(7, 4096, 5000) // the device has read the memory by now
    world.settle()
    expect(status).toBe(Status.Ok)
    const found = Buffer.alloc(memory.length)
    expect(world.do(volume, Operation.Read, 0, 64, found)).toBe(Status.Ok)
    expect(found.equals(memory)).toBe(true)

    world.submit(volume, Operation.Write, 0, 64, memory, ended => { status = ended })
    for (let value = 0; world.pending.length; value++) {
      memory.writeUInt32LE(value, 8192)
      world.step()
    }
    expect(status).toBe(Status.Failed)
    world.isRestless = false
    expect(world.do(volume, Operation.Read, 0, 64, found)).toBe(Status.Ok)
    expect(world.check()).toBe(0n)
  })

  test('what was kept of another pool is none of this one', () => {
    const volume = world.volume('web', 1 << 20)
    world.settle()
    const others = new Disk(2000)
    expect(world.do(volume, Operation.Write, 0, 8, pattern(8, 1))).toBe(Status.Ok)
    expect(world.changes.length).toBeGreaterThan(0)
    const { changes, disks } = world
    const kept = [...changes]
    world.start([others])
    expect(world.ask({ operation: Order.PoolCreate, name: 'other', devices: 1 }).status).toBe(Ended.Ok)
    world.volume('web', 1 << 20)
    world.start(world.disks, [...kept])
    expect(world.ask({ operation: Order.PoolImport, devices: 0 }).status).toBe(Ended.Ok)
    const found = Buffer.alloc(4096)
    expect(world.do(0, Operation.Read, 0, 8, found)).toBe(Status.Ok)
    expect(found.every(byte => byte === 0)).toBe(true)
    world.start(disks, [...kept])
    expect(world.ask({ operation: Order.PoolImport, devices: 0 }).status).toBe(Ended.Ok)
    expect(world.do(volume, Operation.Read, 0, 8, found)).toBe(Status.Ok)
    expect(found.equals(pattern(8, 1))).toBe(true)
  })

  test('a volume in use is not deleted or rolled back', () => {
    const number = world.volume('web', 4096)
    ask(Order.VolumeSnapshot, 'web', { other: 'one' })
    world.used.add(number)
    expect(ask(Order.VolumeDelete, 'web').status).toBe(Ended.InUse)
    expect(ask(Order.VolumeRollback, 'web', { other: 'one' }).status).toBe(Ended.InUse)
    world.used.clear()
    expect(ask(Order.VolumeDelete, 'web').status).toBe(Ended.Ok)
    expect(ask(Order.VolumeInfo, 'web').status).toBe(Ended.NoSuchVolume)
  })

  test('a pool of which a volume is in use is not let go', () => {
    world.used.add(world.volume('web', 4096))
    expect(ask(Order.PoolExport).status).toBe(Ended.InUse)
    world.used.clear()
    expect(ask(Order.PoolExport).status).toBe(Ended.Ok)
  })

  test('a volume with requests under way is not deleted, and takes none afterwards', () => {
    const volume = world.volume('web', 1 << 20)
    let status = -1
    world.submit(volume, Operation.Write, 0, 8, pattern(8, 1), ended => { status = ended })
    const held = world.pending.splice(0)
    expect(ask(Order.VolumeDelete, 'web').status).toBe(Ended.InUse)
    world.pending.push(...held)
    world.settle()
    expect(status).toBe(Status.Ok)
    expect(ask(Order.VolumeDelete, 'web').status).toBe(Ended.Ok)
    expect(world.do(volume, Operation.Write, 0, 8, pattern(8, 1))).toBe(Status.Failed)
    expect(world.check()).toBe(0n)
  })

  test('a volume grows and shrinks; what was beyond the end is zeros afterwards', () => {
    const volume = world.volume('web', 512 << 10)
    write(volume, 0, pattern(1024, 1))
    for (const bytes of [2n << 20n, 1n << 36n, 1n << 48n]) {
      expect(ask(Order.VolumeResize, 'web', { value: bytes }).status).toBe(Ended.Ok)
      write(volume, Number(bytes >> 9n) - 16, pattern(16, 5))
      same(read(volume, 0, 1024), pattern(1024, 1))
    }
    expect(ask(Order.VolumeResize, 'web', { value: 256n << 10n }).status).toBe(Ended.Ok)
    expect(world.do(volume, Operation.Read, 512, 1, Buffer.alloc(512))).toBe(Status.Failed)
    expect(ask(Order.VolumeResize, 'web', { value: 1n << 36n }).status).toBe(Ended.Ok)
    same(read(volume, 0, 1024), Buffer.concat([pattern(512, 1), Buffer.alloc(256 << 10)]))
    same(read(volume, 2 ** 27 - 16, 16), Buffer.alloc(8192))
    expect(world.check()).toBe(0n)
  })

  test('a wrong one is answered with what is wrong', () => {
    world.volume('web', 4096)
    const cases: [number, string, object, number][] = [
      [Order.VolumeCreate, 'web', { value: 4096n }, Ended.NameTaken], [Order.VolumeCreate, 'a b', { value: 4096n }, Ended.WrongName], [Order.VolumeCreate, '', { value: 4096n }, Ended.WrongName],
      [Order.VolumeCreate, 'x'.repeat(64), { value: 4096n }, Ended.WrongName], [Order.VolumeCreate, 'x', { value: 4095n }, Ended.OutOfRange], [Order.VolumeCreate, 'x', { value: 0n }, Ended.OutOfRange],
      [Order.VolumeCreate, 'x', { value: (1n << 48n) + 4096n }, Ended.OutOfRange], [Order.VolumeInfo, 'no', {}, Ended.NoSuchVolume], [Order.VolumeSnapshot, 'web', { other: 'web' }, Ended.NameTaken],
      [Order.VolumeRollback, 'web', { other: 'no' }, Ended.NoSuchVolume], [Order.PoolCreate, 'tank', { devices: 1 }, Ended.PoolImported], [Order.PoolImport, '', { devices: 1 }, Ended.PoolImported],
      [99, '', {}, Ended.Unsupported], [Order.VolumeNext, '', { value: 1n << 40n }, Ended.NoSuchVolume],
    ]
    for (const [operation, name, more, status] of cases) expect(ask(operation, name, more).status, `order ${operation} of '${name}'`).toBe(status)
    world.start(world.disks)
    for (const operation of [Order.VolumeCreate, Order.PoolInfo, Order.PoolCheck, Order.PoolExport]) expect(ask(operation, 'x', { value: 4096n }).status).toBe(Ended.NoPool)
  })

  test('as many volumes as a pool can have, and no more', () => {
    for (let index = 0; index < 4096; index++) world.volume(`volume-${index}`, 4096)
    expect(ask(Order.VolumeCreate, 'more', { value: 4096n }).status).toBe(Ended.TooManyVolumes)
    reimport()
    expect(ask(Order.VolumeInfo, 'volume-4095').number).toBe(4095)
  })

  test('an exported pool is imported elsewhere, by whatever number its devices have', () => {
    const volume = world.volume('web', 1 << 20)
    write(volume, 0, pattern(100, 1))
    expect(ask(Order.PoolExport).status).toBe(Ended.Ok)
    expect(ask(Order.PoolInfo).status).toBe(Ended.NoPool)
    world.start(world.disks.toReversed())
    expect(ask(Order.PoolImport, '', { devices: 1 }).status).toBe(Ended.WrongDevices)
    expect(ask(Order.PoolImport, '', { devices: 3 }).status).toBe(Ended.Ok)
    expect(ask(Order.PoolInfo)).toMatchObject({ name: 'tank', number: 2, flags: 0 })
    same(read(volume, 0, 100), pattern(100, 1))
  })
})

describe('a pool without room', () => {
  const fillUp = (volume: number): number => {
    for (let sector = 0; ; sector += 256) {
      const status = world.do(volume, Operation.Write, sector, 256, pattern(256, sector / 256))
      if (status === Status.Ok) continue
      expect(status).toBe(Status.NoSpace)
      return sector
    }
  }
  let volume: number
  beforeEach(() => {
    world.create(2000)
    volume = world.volume('web', 1n << 40n)
  })

  test('says so, keeps what is there, and has room again after a discard', () => {
    for (let round = 0; round < 5; round++) {
      const end = fillUp(volume)
      expect(end).toBeGreaterThan(1000 * 8)
      same(read(volume, end - 256, 256), pattern(256, end / 256 - 1))
      expect(world.do(volume, Operation.Discard, 0, end + 256)).toBe(Status.Ok)
    }
    expect(world.check()).toBe(0n)
  })

  test('overwriting goes on as long as anything is free', () => {
    const end = fillUp(volume)
    expect(world.do(volume, Operation.Discard, end - 64, 64)).toBe(Status.Ok)
    for (let round = 0; round < 100; round++) write(volume, (round * 40) % (end - 64), pattern(8, round))
    expect(world.check()).toBe(0n)
  })

  test('a snapshot fills it up, and deleting gives it back', () => {
    fillUp(volume)
    expect(world.ask({ operation: Order.VolumeSnapshot, name: 'web', other: 'one' }).status).toBe(Ended.Ok)
    for (let sector = 0; sector < 4000; sector += 40) expect([Status.Ok, Status.NoSpace]).toContain(world.do(volume, Operation.Discard, sector, 40))
    expect(world.ask({ operation: Order.VolumeDelete, name: 'web' }).status).toBe(Ended.Ok)
    expect(world.ask({ operation: Order.VolumeDelete, name: 'one' }).status).toBe(Ended.Ok)
    world.tick()
    world.settle()
    const { bytes, free } = world.ask({ operation: Order.PoolInfo })
    expect(free).toBe(bytes)
    expect(world.check()).toBe(0n)
  })
})

describe('devices', () => {
  test('that hold something are left alone, unless they are to be taken', () => {
    const cases: [number, string | Buffer, number][] = [
      [510, Buffer.from([0x55, 0xaa]), 3], [512, 'EFI PART', 2], [1080, Buffer.from([0x53, 0xef]), 4], [0, 'XFSB', 5], [65600, '_BHRfS_M', 6], [512, 'LABELONE', 7], [3, 'NTFS    ', 8],
      [82, 'FAT32   ', 9], [0, Buffer.from('LUKS\xba\xbe', 'latin1'), 10], [4086, 'SWAPSPACE2', 11], [32769, 'CD001', 12], [4096, Buffer.from([0xfc, 0x4e, 0x2b, 0xa9]), 13],
      [2000 * 4096 - 512, 'EFI PART', 2], [135168, Buffer.from([0x0c, 0xb1, 0xba, 0, 0, 0, 0, 0]), 14],
    ]
    for (const [at, bytes, what] of cases) {
      const disk = new Disk(2000)
      const block = Buffer.alloc(4096)
      Buffer.from(bytes as string, 'latin1').copy(block, at % 4096)
      disk.set(Math.floor(at / 4096), block)
      world.start([disk])
      expect(world.ask({ operation: Order.Probe, devices: 1 }), `${bytes}`).toMatchObject({ status: Ended.Ok, what })
      expect(world.ask({ operation: Order.PoolCreate, name: 'tank', devices: 1 }), `${bytes}`).toMatchObject({ status: Ended.NotEmpty, what })
      expect(disk.written()).toEqual([Math.floor(at / 4096)])
      expect(world.ask({ operation: Order.PoolCreate, name: 'tank', devices: 1, flags: 1 }).status).toBe(Ended.Ok)
      expect(world.ask({ operation: Order.PoolExport }).status).toBe(Ended.Ok)
      expect(world.ask({ operation: Order.Probe, devices: 1 }).what).toBe(1)
    }
  })

  test('that do not make a pool are not imported', () => {
    world.create(2000)
    const [first] = world.disks
    world.create(2000, 2000)
    const [second, third] = world.disks
    for (const [disks, status] of [[[new Disk(2000)], Ended.NoPool], [[first, second], Ended.WrongDevices], [[second], Ended.WrongDevices], [[second, new Disk(3000)], Ended.NoPool], [[third, second], Ended.Ok]] as const) {
      world.start([...disks])
      expect(world.ask({ operation: Order.PoolImport, devices: 2 ** disks.length - 1 }).status).toBe(status)
    }
    world.start([new Disk(1000)])
    expect(world.ask({ operation: Order.PoolCreate, name: 'tank', devices: 1 }).status).toBe(Ended.WrongDevices)
    expect(world.ask({ operation: Order.PoolCreate, name: 'tank', devices: 0 }).status).toBe(Ended.WrongDevices)
  })

  test('that fail: reads that fail are told, a commit that fails ends all writing', () => {
    world.create(2000)
    const volume = world.volume('web', 1 << 20)
    write(volume, 0, pattern(64, 1))
    flush(volume)
    world.failing = kind => kind === 'read'
    expect(world.do(volume, Operation.Read, 0, 8, Buffer.alloc(4096))).toBe(Status.Failed)
    world.failing = kind => kind === 'write'
    expect(world.do(volume, Operation.Write, 0, 8, pattern(8, 9))).toBe(Status.Failed)
    world.failing = undefined
    same(read(volume, 0, 64), pattern(64, 1))
    write(volume, 8, pattern(8, 5))
    world.failing = kind => kind === 'flush'
    expect(world.do(volume, Operation.Flush, 0, 0)).toBe(Status.Failed)
    world.failing = undefined
    expect(world.do(volume, Operation.Write, 0, 8, pattern(8, 9))).toBe(Status.Failed)
    expect(world.ask({ operation: Order.PoolInfo }).flags).toBe(1)
    same(read(volume, 8, 8), pattern(8, 5))
    reimport()
    same(read(volume, 16, 48), pattern(64, 1).subarray(16 * 512))
    expect(world.check()).toBe(0n)
  })
})

describe('what is not as it was written', () => {
  test('of data is told with volume and bytes, and is nobody\'s else', () => {
    world.create(2000)
    const volume = world.volume('web', 1 << 20)
    write(volume, 0, pattern(64, 1))
    flush(volume)
    const [disk] = world.disks
    const wrong = disk.written().find(block => disk.read(block).equals(pattern(64, 1).subarray(4096 * 3, 4096 * 4)))!
    const bytes = Buffer.from(disk.read(wrong))
    bytes[1234] ^= 4
    disk.set(wrong, bytes)
    expect(world.do(volume, Operation.Read, 0, 64, Buffer.alloc(64 * 512))).toBe(Status.Failed)
    expect(world.log).toEqual(['volume web: data of bytes 3000h to 3FFFh is corrupt'])
    expect(world.do(volume, Operation.Read, 25, 1, Buffer.alloc(512))).toBe(Status.Failed)
    expect(world.do(volume, Operation.Write, 25, 1, Buffer.alloc(512))).toBe(Status.Failed)
    same(read(volume, 0, 24), pattern(64, 1).subarray(0, 24 * 512))
    write(volume, 24, pattern(8, 7))
    same(read(volume, 24, 8), pattern(8, 7))
  })

  test('is told so often, and no oftener, however often a guest reads it', () => {
    world.create(2000)
    const volume = world.volume('web', 1 << 20)
    write(volume, 0, pattern(8, 1))
    flush(volume)
    const [disk] = world.disks
    disk.set(disk.written().find(block => disk.read(block).equals(pattern(8, 1)))!, pattern(8, 2))
    world.now += 60_000_000_000n // what was said of others is long ago
    world.pace = 0n
    const readOften = () => { for (let times = 0; times < 100; times++) expect(world.do(volume, Operation.Read, 0, 8, Buffer.alloc(4096))).toBe(Status.Failed) }
    readOften()
    expect(world.log).toEqual(Array(32).fill('volume web: data of bytes 0h to FFFh is corrupt'))
    world.now += 500_000_000n
    readOften()
    expect(world.log.slice(32)).toEqual(['volume web: data of bytes 0h to FFFh is corrupt; lines left out before: 68'])
    world.pace = 1_000_000n
  })
})
