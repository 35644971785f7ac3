/** Interrupts of an interface that its driver has held back: VIRTIO 1.3, 5.1.6.5.9, Notifications Coalescing. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { randomFrom } from './block.js'
import type { Bench } from './board.js'
import { benchWithInterfaces, dataAt, NetDriver, NetFeature, powerOn, wire, type Network, type Options } from './net.ts'
import { Feature, Status } from './virtio.js'

const { merge, control, controlReceive, multipleQueues, coalescing } = NetFeature
const features = [merge, control, controlReceive, multipleQueues, coalescing, Feature.ringReset]
const Sends = 0, Receives = 1
const Never = 2n ** 64n - 1n

let b: Bench
let network: Network
let driver: NetDriver
beforeAll(async () => {
  ({ b, network } = await benchWithInterfaces())
})

/** Queues of 64 with 32 buffers each, of pairs 0 and 1. */
function start(options: Options = {}): void {
  powerOn(b, network, [wire()])
  driver = new NetDriver(b)
  driver.start({ size: 64, features, ...options })
  driver.command(4, 0, [2, 0])
  driver.command(0, 0, [1])
  for (const queue of [0, 2]) buffers(32, queue)
  vectors()
}
beforeEach(() => start())

const buffers = (count: number, queue = 0) => { for (; count > 0; count--) driver.buffer([200], queue) }
/** The queues that there was an interrupt for. */
const vectors = () => b.messages.splice(0).map(({ vector }) => vector - 0x40)
/** What the device answers to limits, and the queues that there was an interrupt for. */
function limit(number: number, maxPackets: number, maxMicroseconds: number): number[] {
  const told = Buffer.alloc(8)
  told.writeUInt32LE(maxPackets >>> 0)
  told.writeUInt32LE(maxMicroseconds >>> 0, 4)
  return [driver.command(6, number, told), ...vectors().filter(queue => queue !== 8)]
}
/** Frames come, each by itself: the queues that there was an interrupt for. */
function come(count: number, queue = 0, bytes = 72): number[] {
  for (; count > 0; count--) {
    expect(network.receive(Buffer.alloc(bytes, 1), queue / 2)).toBe(true)
    b.netProgress()
  }
  return vectors()
}
/** Frames are sent and have gone, each by itself. */
function go(count: number, queue = 1, lengths: number[] = []): number[] {
  for (; count > 0; count--) {
    driver.send(Buffer.alloc(72, 1), lengths, queue)
    expect(network.sent().length).toBe(1)
    b.netProgress()
  }
  return vectors()
}
const passes = (nanoseconds: number | bigint) => {
  b.pass(nanoseconds)
  return vectors()
}
const back = (queue: number) => driver.rings[queue].collect().length
/** Asks for an interrupt with the next that comes back. */
const want = (...queues: number[]) => queues.forEach(queue => driver.rings[queue].want(1))

describe.each([[false, false], [false, true], [true, false], [true, true]])('packed %s, event index %s', (packed, eventIndex) => {
  beforeEach(() => {
    start({ packed, eventIndex })
    want(0, 1, 2, 3)
  })

  test('one interrupt for as many frames as the driver says; what came it sees at once', () => {
    expect(limit(Receives, 8, 1000)).toEqual([0])
    for (let round = 0; round < 3; round++) {
      for (let count = 1; count < 8; count++) expect([come(1), back(0)]).toEqual([[], 1])
      want(0)
      expect([come(1), back(0)]).toEqual([[0], 1])
      want(0)
    }
    expect(go(1)).toEqual([1]) // that is another limit
  })

  test('frames that come together, or have gone together, are as many', () => {
    limit(Receives, 8, 1000)
    limit(Sends, 8, 1000)
    const together = (count: number) => {
      for (let i = 0; i < count; i++) {
        driver.send(Buffer.alloc(72, 1))
        expect(network.receive(Buffer.alloc(72, 1))).toBe(true)
      }
      expect(network.sent().length).toBe(count)
      b.netProgress()
      return vectors()
    }
    expect([together(5), together(2), together(1)]).toEqual([[], [], [0, 1]])
  })

  test('at the latest when the time has passed since the first of them', () => {
    limit(Receives, 8, 50)
    expect([come(1), passes(20_000), come(2), passes(29_999), passes(1)]).toEqual([[], [], [], [], [0]])
    expect([b.armed, back(0)]).toEqual([Never, 3])
    want(0)
    expect([passes(1_000_000), come(1), passes(49_999), passes(1)]).toEqual([[], [], [], [0]])
  })

  test('each queue by itself, and never that of commands', () => {
    limit(Receives, 3, 50)
    limit(Sends, 3, 70)
    expect([come(2), come(2, 2), go(2), go(2, 3), come(1, 2), go(1, 3)]).toEqual([[], [], [], [], [2], [3]])
    for (const queue of [2, 3]) back(queue)
    want(2, 3)
    expect([come(2, 2), passes(49_999), passes(1), passes(19_999), passes(1)]).toEqual([[], [], [0, 2], [], [1]])
    want(8)
    driver.command(0, 0, [1])
    expect(vectors()).toEqual([8])
  })

  test('a frame is one, in however many buffers and pieces', () => {
    limit(Receives, 3, 50)
    limit(Sends, 3, 50)
    expect([come(2, 0, 900), go(2, 1, [12, 20, 10])]).toEqual([[], []])
    expect([come(1, 0, 900), go(1, 1, [12, 20, 10])]).toEqual([[0], [1]])
  })

  test('a driver that wants none gets none', () => {
    limit(Receives, 3, 50)
    driver.rings[0].want(0)
    expect([come(3), come(2), passes(100_000), b.armed]).toEqual([[], [], [], Never])
    expect(back(0)).toBe(5)
    want(0)
    expect([come(3), back(0)]).toEqual([[0], 3])
    want(0)
    expect([come(2), back(0)]).toEqual([[], 2])
    want(0) // with an event index it says that it knows of those
    expect(passes(100_000)).toEqual(eventIndex ? [] : [0])
  })

  test('new limits count for what is held back', () => {
    limit(Receives, 20, 1000)
    limit(Sends, 20, 1000)
    expect([come(10), go(10)]).toEqual([[], []])
    expect([limit(Receives, 11, 1000), limit(Receives, 10, 1000)]).toEqual([[0], [0, 0]])
    expect([limit(Sends, 20, 2000), passes(1_500_000), limit(Sends, 20, 1800), passes(299_999), passes(1)]).toEqual([[0], [], [0], [], [1]])
    want(0, 1)
    back(0)
    back(1)
    want(0, 1)
    expect([come(1), go(1), passes(400_000), limit(Receives, 20, 400), limit(Sends, 0, 400)]).toEqual([[], [], [], [0, 0], [0, 1]])
    back(1)
    want(1)
    expect([limit(Sends, 3, 400), go(2), passes(399_999), passes(1), b.armed]).toEqual([[0], [], [], [1], Never])
  })
})

test.each([[0, 0], [0, 1000], [8, 0], [1, 1000]])('%i packets, %i µs: each frame has an interrupt at once', (packets, microseconds) => {
  expect([limit(Receives, packets, microseconds), limit(Sends, packets, microseconds)]).toEqual([[0], [0]])
  const { arms } = b
  expect([come(3), go(3), b.arms - arms]).toEqual([[0, 0, 0], [1, 1, 1], 0])
})

test('limits beyond all measure: as many as a queue has, and a time that comes', () => {
  start({ size: 16 })
  for (const number of [Receives, Sends]) expect(limit(number, 2 ** 32 - 1, 2 ** 32 - 1)).toEqual([0])
  let told = 0
  for (let count = 1; count <= 64; count++) {
    if (go(1).length) told++
    expect([back(1), told]).toEqual([1, Math.floor(count / 16)])
  }
  expect([go(1), b.armed - b.now]).toEqual([[], 4_294_967_295_000n])
  const { ticks } = b
  expect([passes(4_294_967_294_999n), passes(1), b.ticks - ticks, b.armed]).toEqual([[], [1], 1, Never])
})

test('a merged frame takes many buffers of a queue, and its driver is not left without', () => {
  limit(Receives, 100, 1_000_000)
  buffers(32)
  expect([come(1, 0, 62 * 200 + 100), come(1)]).toEqual([[], [0]])
})

test('are there once the driver accepts them, and told as a whole', () => {
  expect(driver.command(6, Sends, Buffer.alloc(7, 1))).toBe(1)
  expect(driver.command(6, 2, Buffer.alloc(12, 1))).toBe(1)
  start({ features: features.filter(feature => feature !== coalescing) })
  expect([limit(Receives, 8, 1000), come(1)]).toEqual([[1], [0]])
})

test('without several queues the third is that of commands', () => {
  powerOn(b, network, [wire()])
  driver = new NetDriver(b)
  driver.start({ features: [control, controlReceive, coalescing] }, 3)
  const told = Buffer.from([8, 0, 0, 0, 100, 0, 0, 0])
  for (const number of [Receives, Sends]) expect(driver.command(6, number, told, 2)).toBe(0)
  expect([vectors(), driver.command(0, 0, [1], 2), vectors()]).toEqual([[2, 2], 0, [2]])
  buffers(2)
  expect([come(2), passes(100_000)]).toEqual([[], [0]])
})

test('what is held back stops nothing: a fault is told at once, and the rest in its time', () => {
  limit(Sends, 8, 50)
  go(1)
  driver.post(1, [{ gpa: dataAt, length: 100, write: true }])
  expect([driver.device.status & Status.needsReset, vectors()]).toEqual([Status.needsReset, [1, 9]])
  start()
  limit(Sends, 8, 50)
  go(1)
  driver.post(3, [{ gpa: dataAt, length: 100, write: true }])
  expect([vectors(), passes(50_000)]).toEqual([[9], [1]])
})

describe('resets forget what is held back', () => {
  const hold = () => {
    limit(Receives, 4, 50)
    limit(Sends, 4, 50)
    expect([come(3), go(3)]).toEqual([[], []])
  }

  test('of the device, and the limits', () => {
    hold()
    driver.device.status = 0
    expect(passes(1_000_000)).toEqual([])
    driver.start()
    driver.command(4, 0, [2, 0])
    buffers(4)
    vectors()
    expect([come(1), go(1)]).toEqual([[0], [1]])
  })

  test('loss of bus mastering', () => {
    hold()
    driver.device.write(0x04, 0x0002, 2)
    driver.device.write(0x04, 0x0006, 2)
    expect([passes(1_000_000), driver.device.status]).toEqual([[], 0])
  })

  test('of the VM', () => {
    hold()
    powerOn(b, network, [wire()])
    expect([b.armed, passes(1_000_000)]).toEqual([Never, []])
  })

  test('of a queue, whose limits stay', () => {
    hold()
    for (const queue of [0, 1]) {
      driver.device.setCommon(0x16, queue, 2)
      driver.device.setCommon(0x3a, 1, 2)
      expect(driver.device.common(0x1c, 2)).toBe(0)
      driver.enable(queue)
    }
    buffers(8)
    expect([passes(40_000), come(1), go(1), passes(49_999), passes(1)]).toEqual([[], [], [], [], [0, 1]])
    expect([come(3), go(3), come(1), go(1)]).toEqual([[], [], [0], [1]])
  })

  test('of a queue, before anything else comes back by it', () => {
    hold()
    driver.device.setCommon(0x16, 1, 2)
    driver.device.setCommon(0x3a, 1, 2)
    driver.enable(1)
    network.sendsAtOnce = true
    driver.send(Buffer.alloc(72, 1))
    expect([vectors(), back(1)]).toEqual([[], 1])
  })
})

test.each([[false, 1], [true, 2]])('frames and limits at random, packed %s: told as late as may be, and no later', (packed, seed) => {
  const random = randomFrom(seed)
  start({ packed })
  const limits = [{ packets: 0, nanoseconds: 0n }, { packets: 0, nanoseconds: 0n }] // Sends, Receives
  const untold = [0, 1, 2, 3].map(() => ({ packets: 0, since: 0n }))
  const interrupts = [0, 0]
  /** The queues that are due by now, and so have had their interrupts. */
  const due = () => untold.flatMap((one, queue) => {
    const { packets, nanoseconds } = limits[queue & 1 ? Sends : Receives]
    if (one.packets === 0 || one.packets < packets && b.now < one.since + nanoseconds) return []
    one.packets = 0
    return [queue]
  })
  for (let count = 0; count < 5_000; count++) {
    const queue = random(4)
    const one = untold[queue]
    if (random(3)) {
      // A queue of 64 is never full of what was not told.
      if (one.packets++ === 0) one.since = b.now
      const told = queue & 1 ? go(1, queue, random(2) ? [12] : []) : come(1, queue)
      expect([told.filter(vector => vector !== 8), back(queue)]).toEqual([due(), 1])
      if (!(queue & 1)) buffers(1, queue)
      if (told.length) interrupts[limits[queue & 1 ? Sends : Receives].packets < 2 ? 0 : 1]++
    } else if (random(4)) {
      const until = b.now + BigInt(random(40_000))
      while (b.now < until) {
        b.pass(b.armed < until ? b.armed - b.now : until - b.now)
        expect(vectors()).toEqual(due())
      }
    } else {
      const number = random(2)
      const [packets, microseconds] = [random(4) ? random(20) : 0, random(4) ? random(200) : 0]
      const [, ...told] = limit(number, packets, microseconds)
      limits[number] = microseconds === 0 ? { packets: 0, nanoseconds: 0n } : { packets, nanoseconds: BigInt(microseconds) * 1000n }
      expect(told).toEqual(due())
    }
  }
  for (const times of interrupts) expect(times).toBeGreaterThan(50)
})
