/** Free page reporting, VIRTIO 1.2, 5.5.6.7: what nobody in the guest uses goes to the host before the driver has its report back, and devices wait for it when the guest uses it again. */
import { beforeEach, describe, expect, test } from 'vitest'
import { BalloonDriver, BalloonFeature, pagesOf, Queue, ramBytes, settle } from './balloon.js'
import { benchWithDisks, BlockDriver, dataAt, powerOn as powerOnDisks, randomFrom, toRead, toWrite, Type } from './block.js'
import { bench, type Bench } from './board.js'
import { disk, type Disks } from './disks.js'
import { SplitDriver } from './driver.js'
import { Feature, Status, VirtioDevice } from './virtio.js'

const MIB = 1n << 20n
const BLOCK = 2 << 20
const Balloon = 2n, BalloonThatReports = 6n // VirtualDevice
const features = [BalloonFeature.mustTellHost, BalloonFeature.reporting]

let b: Bench
let driver: BalloonDriver
async function powerOn(ramSize = 128n * MIB, devices = BalloonThatReports): Promise<void> {
  b = await bench()
  b.ram = Buffer.alloc(ramBytes)
  b.reset({ ramSize, devices, memoryWanted: ramSize })
  driver = new BalloonDriver(b)
}
beforeEach(() => powerOn())

const blocks = (first: number, count = 1): [number, number] => [first * BLOCK, count * BLOCK]
const back = (): number => driver.back(Queue.reporting)
const all = (): string[] => {
  const seen: string[] = []
  while (b.exchange) seen.push(settle(b))
  return seen
}

test('is offered where the configuration has it so', async () => {
  expect([driver.device.offered >> 5n & 1n, driver.device.common(0x12, 2)]).toEqual([1n, 4])
  await powerOn(128n * MIB, Balloon)
  expect([driver.device.offered >> 5n & 1n, driver.device.common(0x12, 2)]).toEqual([0n, 3])
})

describe.each([['split', false], ['packed', true]] as const)('a %s ring', (_, packed) => {
  beforeEach(() => driver.start({ packed, features: [...features, Feature.ringReset] }))

  test('the driver has its report back once all of it has gone', () => {
    driver.report(blocks(10, 3), blocks(20))
    expect(back()).toBe(0)
    expect(settle(b)).toBe('away 10-12')
    expect(back()).toBe(0)
    expect(settle(b)).toBe('away 20')
    expect(back()).toBe(1)
    expect(b.exchange).toBeUndefined()
  })

  test('of a block of which a part is used nothing goes', () => {
    driver.report([5 * BLOCK + 4096, 2 * BLOCK], [10 * BLOCK + BLOCK / 2, BLOCK], [12 * BLOCK, BLOCK - 4096], [14 * BLOCK, BLOCK + 4096])
    expect(all()).toEqual(['away 6', 'away 14'])
    expect(back()).toBe(1)
    driver.report([12 * BLOCK, BLOCK - 4096])
    expect([b.exchange, back()]).toEqual([undefined, 1])
  })

  test('many go by and by, what has gone is not asked for again, and what a disk has stays', () => {
    b.taken.add(12)
    driver.report(blocks(10, 40))
    driver.report(blocks(60))
    const seen: string[] = []
    while (b.exchange) seen.push(settle(b, { stay: [30] }))
    expect(seen).toEqual(['away 10-25', 'away 26-41', 'away 42-49', 'away 60'])
    expect([back(), b.taken.has(30), b.taken.has(49)]).toEqual([2, false, true])
    driver.report(blocks(10, 40))
    expect([all(), back()]).toEqual([['away 30-45'], 1])
  })

  test('what comes back because the guest uses it stays', () => {
    driver.report(blocks(10, 2))
    all()
    back()
    b.taken.delete(11)
    b.memoryChanged()
    b.pass(5_000_000_000)
    expect(b.exchange).toBeUndefined()
    expect([...b.taken]).toEqual([10])
  })

  test('pages that are given, or taken again, between', () => {
    driver.report(blocks(10, 2))
    driver.inflate(pagesOf(20))
    b.pass(20_000_000)
    expect(all()).toEqual(['away 10-11', 'away 20'])
    driver.inflate(pagesOf(10)) // which nobody has used since
    b.pass(20_000_000)
    all()
    driver.deflate(pagesOf(10))
    driver.report(blocks(30))
    expect(all()).toEqual(['back 10', 'away 30'])
    expect([driver.back(Queue.deflate), back(), [...b.taken].sort()]).toEqual([2, 2, [11, 20, 30]])
  })

  test('a reset waits until what the nucleus is about to take has gone, since the guest may use it then', () => {
    driver.report(blocks(10, 40))
    driver.device.status = 0
    expect(driver.device.status).not.toBe(0)
    expect(settle(b)).toBe('away 10-25')
    expect(driver.device.status).toBe(0)
    expect(all()).toEqual(['back 10-25'])
    driver.start({ packed, features })
    driver.report(blocks(9, 2))
    expect([all(), back()]).toEqual([['away 9-10'], 1])
  })

  test('so does a reset of the queue', () => {
    driver.report(blocks(10, 40))
    driver.device.setCommon(0x16, Queue.reporting, 2)
    driver.device.setCommon(0x3a, 1, 2)
    expect(driver.device.common(0x3a, 2)).toBe(1)
    expect(all()).toEqual(['away 10-25'])
    expect(driver.device.common(0x3a, 2)).toBe(0)
    expect(back()).toBe(0)
  })

  test('and one while what was given is about to go', () => {
    driver.inflate(pagesOf(10))
    b.pass(20_000_000)
    driver.device.status = 0
    expect(driver.device.status).not.toBe(0)
    expect(settle(b)).toBe('away 10')
    expect(driver.device.status).toBe(0)
    expect(all()).toEqual(['back 10'])
  })

  test('a report while the nucleus gives something back waits for it', () => {
    driver.inflate(pagesOf(20))
    b.pass(20_000_000)
    all()
    driver.deflate([20 * 512])
    driver.report(blocks(10))
    expect(all()).toEqual(['back 20', 'away 10'])
    expect(back()).toBe(1)
  })

  test('8,000 steps of a guest that uses at any time what it has reported', () => {
    const random = randomFrom(packed ? 5 : 6)
    const used = new Set<number>()
    let reported: number[][] = []
    let gone = 0, resets = 0
    const check = () => {
      for (const block of b.taken) if (used.has(block)) throw new Error(`block ${block} is in use and was taken`)
    }
    for (let step = 0; step < 8000; step++) {
      switch (random(6)) {
        case 0: case 1: { // nobody uses these, until the driver has the report back
          const first = 1 + random(60)
          const some = Array.from({ length: 1 + random(Math.min(24, 64 - first)) }, (_, n) => first + n).filter(block => !reported.flat().includes(block))
          if (!some.length || reported.length === 8) break
          for (const block of some) used.delete(block)
          reported.push(some)
          driver.report(...runsOf(some).map(([at, count]) => blocks(at, count)))
          break
        }
        case 2: case 3: if (b.exchange) {
          settle(b, { stay: random(4) ? [] : [random(64)] })
          gone++
        } break
        case 4: { // a processor uses what the guest may
          const block = 1 + random(63)
          if (reported.flat().includes(block)) break
          b.taken.delete(block)
          used.add(block)
          break
        }
        case 5: if (random(40) === 0) {
          driver.device.status = 0
          while (driver.device.status !== 0) settle(b)
          used.clear()
          reported = []
          resets++
          driver.start({ packed, features })
        }
      }
      reported = reported.slice(back())
      check()
    }
    expect(gone).toBeGreaterThan(800)
    expect(resets).toBeGreaterThan(10)
  })
})

/** Blocks that lie side by side, as their first and how many. */
function runsOf(list: number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const block of list) {
    const last = runs.at(-1)
    if (last && last[0] + last[1] === block) last[1]++
    else runs.push([block, 1])
  }
  return runs
}

test('RAM above 4 GiB is reported too', async () => {
  await powerOn(3n * 1024n * MIB + 8n * MIB)
  driver.start({ features })
  driver.report([0x1_0000_0000 + BLOCK, 2 * BLOCK])
  expect(b.exchange).toMatchObject({ first: 2049, count: 2 })
})

test('what is no RAM is a fault, as in any chain', () => {
  driver.start({ features })
  driver.report([127 * BLOCK, 2 * BLOCK])
  expect(driver.device.status & Status.needsReset).toBe(Status.needsReset)
  expect(b.exchange).toBeUndefined()
})

describe('a disk is told to use what is not there', () => {
  let disks: Disks
  let drive: BlockDriver
  const Second = dataAt + BLOCK
  const comes = (block: number) => {
    b.taken.delete(block)
    b.memoryChanged()
  }
  beforeEach(async () => {
    ({ b, disks } = await benchWithDisks())
    powerOnDisks(b, disks, [disk(16384), disk(2048)], { devices: Balloon })
    drive = new BlockDriver(b)
  })

  test.each([['split', { packed: false }], ['packed', { packed: true }], ['indirect', { indirect: true }]])('%s: the request waits, and those behind it, until it is', (_, options) => {
    drive.start(options)
    b.taken.add(2)
    drive.notify(drive.post(Type.in, 8, [toRead(dataAt, 512)]).queue)
    drive.notify(drive.post(Type.in, 9, [toRead(dataAt - BLOCK, 512)]).queue)
    expect([disks.underWay.length, b.touched.splice(0)]).toEqual([0, [2, 2]])
    b.memoryChanged() // of something else
    expect([disks.underWay.length, b.touched.splice(0)]).toEqual([0, [2]])
    comes(2)
    expect(disks.underWay.map(({ sector }) => sector)).toEqual([8, 9])
    expect(b.touched).toEqual([])
    disks.carryOut(1)
    disks.carryOut(0)
    b.diskCompleted()
    expect(drive.rings[0].collect()).toHaveLength(2)
  })

  test('block by block, also in the middle of a buffer', () => {
    drive.start()
    b.taken.add(2).add(3)
    drive.notify(drive.post(Type.out, 0, [toWrite(dataAt - 4096, 8192), toWrite(Second - 512, 1024)]).queue)
    expect([disks.underWay.length, b.touched.splice(0)]).toEqual([0, [2]])
    comes(2)
    expect([disks.underWay.length, b.touched.splice(0)]).toEqual([0, [3]])
    comes(3)
    expect(disks.underWay).toHaveLength(1)
  })

  test('another disk does not wait, and a reset forgets what does', () => {
    drive.start()
    const other = new BlockDriver(b, 1)
    other.start()
    b.taken.add(2)
    drive.notify(drive.post(Type.in, 0, [toRead(dataAt, 512)]).queue)
    other.notify(other.post(Type.in, 0, [toRead(dataAt - BLOCK, 512)]).queue)
    expect(disks.underWay.map(({ disk }) => disk)).toEqual([1])
    drive.device.status = 0
    expect(drive.device.status).toBe(0)
    comes(2)
    expect(disks.underWay.map(({ disk }) => disk)).toEqual([1])
  })
})

test('so does the entropy device with what it is to fill', async () => {
  b = await bench()
  b.ram = Buffer.alloc(8 << 20)
  b.reset({ ramSize: 8n * MIB, devices: 3n })
  const device = new VirtioDevice(b, 1)
  const place = { descriptors: 0x1000, driver: 0x2000, device: 0x3000, tables: 0x1_0000 }
  device.map(0xc000_0000, 0xc000_4000)
  const ring = new SplitDriver(new DataView(b.ram.buffer, b.ram.byteOffset), 64, place, { eventIndex: false, indirect: true })
  device.start({ features: [Feature.version1, Feature.indirect], size: 64, place })
  b.taken.add(1)
  ring.post([{ gpa: BLOCK, length: 32, write: true }], false)
  device.notify()
  expect([ring.collect().length, b.touched]).toEqual([0, [1]])
  b.taken.clear()
  b.memoryChanged()
  expect(ring.collect()).toHaveLength(1)
})
