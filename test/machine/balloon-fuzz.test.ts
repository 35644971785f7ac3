/** The memory balloon under drivers that do everything in any order, and under drivers that write anything: what the guest has is there, and a reset brings all of it back. */
import { beforeEach, expect, test } from 'vitest'
import { BalloonDriver, pagesOf, Queue, ramBytes, settle } from './balloon.js'
import { randomFrom } from './block.js'
import { bench, type Bench } from './board.js'
import { Status } from './virtio.js'

const Steps = 8_000
const Chains = 100_000
const MIB = 1n << 20n
const BLOCKS = 64

let b: Bench
beforeEach(async () => {
  b = await bench()
  b.ram = Buffer.alloc(ramBytes)
  b.reset({ ramSize: 128n * MIB, devices: 2n, memoryWanted: 64n * MIB })
})

test.each([[false, 1], [true, 2]])(`${Steps} steps of a driver that keeps the rules, packed %s`, (packed, seed) => {
  const random = randomFrom(seed)
  const driver = new BalloonDriver(b)
  /** By page, whether the guest has given it; what it takes again it has when it hears so. */
  let given = new Set<number>()
  let taking: number[] = []
  let exchanges = 0, retries = 0, resets = 0
  const settleSome = () => {
    if (!b.exchange) return
    const free = [Infinity, Infinity, 3, 0][random(4)]
    exchanges++
    if (b.exchange.comesBack && free === 0) retries++
    settle(b, { free, stay: random(4) ? [] : [random(BLOCKS)] })
  }
  const check = () => {
    for (const block of b.taken) for (let page = 512 * block; page < 512 * (block + 1); page++) {
      if (!given.has(page) && !taking.includes(page)) throw new Error(`page ${page} is the guest's, and its block is not there`)
    }
  }
  driver.start({ packed })
  for (let step = 0; step < Steps; step++) {
    if (taking.length && driver.back(Queue.deflate)) taking = []
    switch (random(10)) {
      case 0: case 1: case 2: {
        const start = 512 * (1 + random(BLOCKS - 1)) + (random(3) ? 0 : random(512))
        const pages = Array.from({ length: random(3) ? 512 : random(300) + 1 }, (_, n) => start + n).filter(page => page < 512 * BLOCKS && !given.has(page) && !taking.includes(page))
        if (!pages.length) break
        pages.forEach(page => given.add(page))
        driver.inflate(pages)
        driver.back(Queue.inflate)
        break
      }
      case 3: {
        if (taking.length || !given.size) break
        const all = [...given]
        const from = random(all.length)
        taking = all.slice(from, from + 1 + random(256))
        taking.forEach(page => given.delete(page))
        driver.deflate(taking)
        break
      }
      case 4: case 5: case 6: settleSome(); break
      case 7: b.pass(20_000_000 * random(60)); break
      case 8: if (random(50) === 0) {
        driver.device.status = 0
        given = new Set()
        taking = []
        resets++
        for (let tries = 0; b.taken.size; tries++) {
          expect(tries).toBeLessThan(100)
          if (b.exchange) settle(b)
          b.pass(1_000_000_000)
        }
        driver.start({ packed })
      }
    }
    check()
  }
  expect(exchanges).toBeGreaterThan(Steps / 20)
  expect(retries).toBeGreaterThan(30)
  expect(resets).toBeGreaterThan(5)
}, 60_000)

test(`${Chains} chains of anything`, () => {
  const random = randomFrom(3)
  const driver = new BalloonDriver(b)
  let stops = 0
  driver.start()
  for (let chain = 0; chain < Chains; chain++) {
    const queue = random(3)
    const { device } = driver
    const words = 1 + random(300)
    for (let word = 0; word < words; word++) b.ram.writeUInt32LE(random(8) ? random(512 * BLOCKS) : random(2 ** 32), 0x8_0000 + 4 * word)
    const buffers = Array.from({ length: 1 + random(3) }, () => ({ gpa: random(500) ? 0x8_0000 + 4 * random(100) : random(2 ** 32), length: [4 * random(100) + 4, 4 * random(100) + 4, 10 * random(10) + 10, random(20_000) + 1][random(40) ? random(3) : 3], write: random(100) === 0 }))
    if (driver.rings[queue].free > 4) driver.rings[queue].post(buffers.sort((one, other) => Number(one.write) - Number(other.write)), random(2) === 0)
    if (random(1000) === 0) b.ram.writeUInt32LE(random(2 ** 32), 0x1_0000 + random(0x3_0000))
    device.notify(random(50) ? queue : random(8))
    if (random(200) === 0) {
      b.memoryWanted = BigInt(random(200)) * MIB
      b.memoryChanged()
    }
    if (b.exchange && random(3)) settle(b, { free: random(20), stay: [random(BLOCKS)] })
    if (random(20) === 0) b.pass(20_000_000 * random(60))
    try { driver.back(queue) } catch { device.status = 0 /* the ring was overwritten */ }
    if (device.status & Status.needsReset || device.status === 0) {
      stops++
      driver.start({ packed: random(2) === 0 })
    }
  }
  expect(stops).toBeGreaterThan(50)
  // And now a driver that keeps the rules again.
  driver.device.status = 0
  for (let tries = 0; b.taken.size || b.exchange; tries++) {
    expect(tries).toBeLessThan(100)
    if (b.exchange) settle(b)
    b.pass(1_000_000_000)
  }
  driver.start()
  driver.inflate(pagesOf(9))
  b.pass(20_000_000)
  expect(settle(b)).toBe('away 9')
  driver.deflate(pagesOf(9))
  expect(settle(b)).toBe('back 9')
  expect(driver.back(Queue.deflate)).toBe(2)
}, 60_000)
