/** The memory balloon, VIRTIO 1.2, 5.5: what the driver gives goes to the host by blocks of 2 MiB, and is there again before the driver hears so. */
import { beforeEach, describe, expect, test } from 'vitest'
import { BalloonDriver, pagesOf, Queue, ramBytes, settle } from './balloon.js'
import { bench, type Bench } from './board.js'
import { Status } from './virtio.js'

const MIB = 1n << 20n
const second = 1_000_000_000
const Report = { follows: 0, given: 1, reported: 2, free: 3, available: 4, total: 5 }

let b: Bench
let driver: BalloonDriver
beforeEach(() => powerOn())

async function powerOn(ramSize = 128n * MIB, memoryWanted = 64n * MIB): Promise<void> {
  b = await bench()
  b.ram = Buffer.alloc(ramBytes)
  b.reset({ ramSize, devices: 2n, memoryWanted })
  driver = new BalloonDriver(b)
}
const gather = () => b.pass(20_000_000)
const all = (): string[] => {
  const seen: string[] = []
  while (b.exchange) seen.push(settle(b))
  return seen
}

describe('the device', () => {
  test('is a virtio balloon with three queues, that has to be told, and tells what it wants', () => {
    expect(driver.device.read(0)).toBe(0x1045_1af4)
    expect(driver.device.offered & 0xffn).toBe(3n)
    expect(driver.device.common(0x12, 2)).toBe(3)
    expect(driver.wanted).toBe(64 * 256)
  })

  test('is not there without the configuration that asks for it', () => {
    b.reset({ ramSize: 128n * MIB })
    expect(new BalloonDriver(b).device.read(0)).toBe(0xffff_ffff)
  })

  test('wants nothing of a VM that started with no more than it is to keep', async () => {
    await powerOn(64n * MIB, 64n * MIB)
    expect(driver.wanted).toBe(0)
    await powerOn(64n * MIB, 96n * MIB)
    expect(driver.wanted).toBe(0)
  })

  test('tells the driver when the administrator wants another size', () => {
    driver.start()
    const generation = driver.device.common(0x15, 1)
    b.memoryWanted = 100n * MIB
    b.memoryChanged()
    expect(driver.wanted).toBe(28 * 256)
    expect(driver.device.common(0x15, 1)).toBe(generation + 1)
    expect(driver.device.interruptStatus()).toBe(2)
    b.memoryChanged()
    expect(driver.device.interruptStatus()).toBe(0)
  })

  test('lets the driver write how much it has given, and nothing else', () => {
    driver.start()
    driver.actual = 512
    driver.name(Queue.inflate, [])
    expect(b.read(driver.device.base + 0x3004)).toBe(512n)
    b.write(driver.device.base + 0x3000, 7)
    b.write(driver.device.base + 0x3008, 7)
    b.write(driver.device.base + 0x3006, 7, 2)
    expect(driver.wanted).toBe(64 * 256)
    expect(b.read(driver.device.base + 0x3004)).toBe(512n)
  })
})

describe.each([['split', false], ['packed', true]] as const)('a %s ring', (_, packed) => {
  beforeEach(() => driver.start({ packed }))

  test('gives whole blocks to the host, side by side at once', () => {
    driver.inflate(pagesOf(10, 12, 11, 20))
    expect(driver.back(Queue.inflate)).toBe(8)
    expect(b.exchange).toBeUndefined()
    gather()
    expect(all()).toEqual(['away 10-12', 'away 20'])
  })

  test('keeps what is given in part until it is whole', () => {
    const pages = pagesOf(5)
    driver.inflate(pages.slice(1))
    gather()
    expect(b.exchange).toBeUndefined()
    driver.inflate(pages.slice(1)) // which it has said already
    gather()
    expect(b.exchange).toBeUndefined()
    driver.inflate(pages.slice(0, 1))
    gather()
    expect(all()).toEqual(['away 5'])
  })

  test('has a page again only when the host has given its block back', () => {
    driver.inflate(pagesOf(5, 6))
    gather()
    all()
    driver.back(Queue.inflate)
    driver.deflate([5 * 512 + 17, 6 * 512])
    expect(driver.back(Queue.deflate)).toBe(0)
    expect(settle(b)).toBe('back 5')
    expect(driver.back(Queue.deflate)).toBe(0)
    expect(settle(b)).toBe('back 6')
    expect(driver.back(Queue.deflate)).toBe(1)
    expect(b.taken.size).toBe(0)
    // The rest of the block is the guest's too until it is given as a whole again.
    gather()
    expect(b.exchange).toBeUndefined()
    driver.inflate([5 * 512 + 17])
    gather()
    expect(all()).toEqual(['away 5'])
  })

  test('has at once what was never taken', () => {
    driver.inflate([5 * 512, 5 * 512 + 1])
    driver.deflate([5 * 512, 7 * 512])
    expect(driver.back(Queue.deflate)).toBe(1)
    expect(b.exchange).toBeUndefined()
  })

  test('waits with what it takes while the host has none, and asks again each second', () => {
    driver.inflate(pagesOf(5))
    gather()
    all()
    driver.deflate(pagesOf(5))
    expect(settle(b, { free: 0 })).toBe('back 5')
    b.pass(second - 1)
    expect(b.exchange).toBeUndefined()
    b.pass(1)
    expect(settle(b)).toBe('back 5')
    expect(driver.back(Queue.deflate)).toBe(2)
  })

  test('takes what comes back and goes meanwhile in its order', () => {
    driver.inflate(pagesOf(5))
    gather()
    driver.deflate([5 * 512]) // the host is about to take it
    expect(driver.back(Queue.deflate)).toBe(0)
    expect(settle(b)).toBe('away 5')
    expect(settle(b)).toBe('back 5')
    expect(driver.back(Queue.deflate)).toBe(1)
    expect([...b.taken]).toEqual([])
  })

  test('offers again what a disk kept', () => {
    driver.inflate(pagesOf(5, 6, 7))
    gather()
    expect(settle(b, { stay: [6] })).toBe('away 5-7')
    expect(b.exchange).toBeUndefined()
    b.pass(second)
    expect(all()).toEqual(['away 6'])
    b.pass(10 * second)
    expect(b.exchange).toBeUndefined()
  })

  test('takes no notice of what is no RAM', () => {
    driver.inflate([...pagesOf(64), 0xffff_ffff, 0xc_0000])
    driver.deflate([...pagesOf(64), 0xffff_ffff, 0xc_0000])
    gather()
    expect(b.exchange).toBeUndefined()
    expect([driver.back(Queue.inflate), driver.back(Queue.deflate)]).toEqual([3, 3])
  })

  test.each([Queue.inflate, Queue.deflate])('queue %i: a chain that is no list of pages, or has too many, is a fault', queue => {
    driver.rings[queue].post([{ gpa: 0x8_0000, length: 7, write: false }], false)
    driver.device.notify(queue)
    expect(driver.device.status & Status.needsReset).toBe(Status.needsReset)
    driver.start({ packed })
    driver.rings[queue].post([{ gpa: 0x8_0000, length: 4 * 4097, write: false }], false)
    driver.device.notify(queue)
    expect(driver.device.status & Status.needsReset).toBe(Status.needsReset)
  })

  test('a reset brings all of it back, whatever waits', () => {
    driver.inflate(pagesOf(5, 6, 7, 30))
    gather()
    all()
    driver.deflate([30 * 512])
    driver.tell([[4, 5n * MIB], [5, 120n * MIB], [6, 70n * MIB]])
    driver.device.status = 0
    expect(driver.device.status).toBe(0)
    expect(all()).toEqual(['back 30', 'back 5-7'])
    expect(b.reports[Report.follows]).toBe(0n)
    expect(b.reports.slice(Report.reported)).toEqual([0n, 0n, 0n, 0n])
    driver.start({ packed })
    driver.inflate(pagesOf(5))
    gather()
    expect(all()).toEqual(['away 5'])
  })

  test('so does an end to bus mastering, by which a kernel leaves its memory to the next', () => {
    driver.inflate(pagesOf(5, 6, 7))
    gather()
    all()
    driver.device.write(0x04, 0x0002, 2)
    expect(all()).toEqual(['back 5-7'])
    expect([driver.device.status, b.reports[Report.follows]]).toEqual([0, 0n])
  })

  test('a reset while the host has nothing to give asks again until it has', () => {
    driver.inflate(pagesOf(5, 6))
    gather()
    all()
    driver.device.status = 0
    expect(settle(b, { free: 1 })).toBe('back 5-6')
    expect(settle(b, { free: 0 })).toBe('back 6')
    b.pass(second)
    expect(settle(b)).toBe('back 6')
    b.pass(5 * second)
    expect(b.exchange).toBeUndefined()
  })

  test('statistics are asked for every two seconds, and passed on', () => {
    driver.tell([[0, 1n]])
    expect(driver.back(Queue.statistics)).toBe(0)
    expect(b.reports[Report.reported]).toBe(1n) // at 0, which is never
    b.pass(2 * second)
    expect(driver.back(Queue.statistics)).toBe(1)
    driver.tell([[0, 1n], [4, 5n * MIB], [5, 120n * MIB], [6, 70n * MIB], [999, 1n]])
    expect(b.reports.slice(Report.reported)).toEqual([2n * BigInt(second), 5n * MIB, 70n * MIB, 120n * MIB])
    b.pass(2 * second - 1)
    expect(driver.back(Queue.statistics)).toBe(0)
    b.pass(1)
    expect(driver.back(Queue.statistics)).toBe(1)
    driver.tell([[6, 0n]])
    expect(b.reports[Report.available]).toBe(1n) // 0 is what was never said
  })
})

test('a driver that does not promise to tell is not followed', () => {
  driver.start({ features: [] })
  driver.inflate(pagesOf(5))
  gather()
  expect(b.exchange).toBeUndefined()
  expect(b.reports[Report.follows]).toBe(0n)
  driver.start()
  expect(b.reports[Report.follows]).toBe(1n)
})

test('a machine has room for what the largest VM gives back', async () => {
  await powerOn(1n << 40n, 0n)
  expect(b.usedBytes()).toBeLessThan(0x3C_0000) // of 4 MiB: kernel/sandbox/sandbox.ts, pageLimit. Disks and networks take some, too
})

test('RAM above 4 GiB is there too, and the hole is not', async () => {
  await powerOn(3n * 1024n * MIB + 8n * MIB, 0n)
  driver.start()
  driver.inflate([...pagesOf(1535), ...pagesOf(1536), ...pagesOf(2048, 2049, 2052)])
  gather()
  const asked: number[][] = []
  while (b.exchange) {
    asked.push([b.exchange.first, b.exchange.count])
    settle(b)
  }
  expect(asked).toEqual([[1535, 1], [2048, 2]])
})

test('more blocks given in part than there is room for: what is not remembered stays the guest\'s', async () => {
  await powerOn(64n * 1024n * MIB, 0n)
  driver.start()
  const pageIn = (block: number) => 512 * (block < 1536 ? block : block + 512)
  for (let from = 0; from < 17_000; from += 1000) {
    driver.inflate(Array.from({ length: 1000 }, (_, n) => pageIn(from + n)))
    driver.back(Queue.inflate)
  }
  driver.inflate(pagesOf(16_900 + 512))
  gather()
  expect(b.exchange).toBeUndefined()
  driver.deflate([0]) // one is free again
  driver.inflate(pagesOf(16_900 + 512))
  gather()
  expect(b.exchange).toMatchObject({ first: 17_412, count: 1 })
})

test('the ring may be emptied in any number of calls', () => {
  driver.start()
  const { device } = driver
  const notify = device.notify.bind(device)
  device.notify = () => {}
  driver.inflate(pagesOf(...Array.from({ length: 20 }, (_, n) => 5 + n)))
  notify(Queue.inflate)
  expect(driver.back(Queue.inflate)).toBe(16)
  b.pass(1_000_000)
  expect(driver.back(Queue.inflate)).toBe(24)
})
