/** Hostile drivers of a disk: whatever the rings say, the disk is asked for nothing that is not the guest's, and a reset brings the device back. */
import { beforeAll, expect, test } from 'vitest'
import type { Bench } from './board.js'
import { benchWithDisks, BlockDriver, BlockFeature, dataAt, placeOf, powerOn, ramBytes, randomFrom, toRead, Type } from './block.js'
import { Answer, disk, type Disks } from './disks.js'
import { Feature, Status } from './virtio.js'

const Chains = 300_000
const framesAt = 0x7_0000
const { ringReset } = Feature
const NEXT = 1, WRITE = 2, INDIRECT = 4, AVAIL = 1 << 7

let b: Bench
let disks: Disks
beforeAll(async () => {
  ({ b, disks } = await benchWithDisks())
})

test.each([[false, 1], [true, 2]])(`${Chains} chains, packed %s`, (ofPacked, seed) => {
  const random = randomFrom(seed)
  powerOn(b, disks, [disk(64, { room: 40 })])
  const driver = new BlockDriver(b)
  const { device } = driver
  const place = placeOf(0)
  const seen = { asked: 0, stops: 0, waits: 0, queueResets: 0 }
  const size = 16
  let next = 0, wrap = 1

  const restart = () => {
    next = 0
    wrap = 1
    driver.start({ packed: ofPacked, indirect: random(4) !== 0, eventIndex: random(2) === 0, size, features: [ringReset, ...random(2) ? [BlockFeature.flush] : [], ...random(2) ? [BlockFeature.discard, BlockFeature.writeZeroes] : []] })
  }
  restart()

  const anywhere = () => [ramBytes - random(64), random(2 ** 32), 2 ** 64 - 4096, 0][random(4)]
  /** A descriptor that might be one; now and then one that is not. */
  const descriptor = (at: number, gpa: number, length: number, flags: number, last: number) => {
    const [word, low, high] = ofPacked ? [length, last, flags] : [length, flags, last]
    b.ram.writeBigUInt64LE(BigInt.asUintN(64, BigInt(random(200) ? gpa : anywhere())), at)
    b.ram.writeUInt32LE(random(200) ? word : random(2 ** 32), at + 8)
    b.ram.writeUInt16LE((random(300) ? low : random(2 ** 16)) & 0xffff, at + 12)
    b.ram.writeUInt16LE((random(300) ? high : random(2 ** 16)) & 0xffff, at + 14)
  }

  /** One chain: a header, some data, a status byte, each as likely as not in order. */
  const chain = () => {
    const type = [Type.in, Type.out, Type.flush, Type.getId, Type.discard, Type.writeZeroes, random(20), random(2 ** 32)][random(8)]
    const frame = framesAt + 64 * random(1024)
    b.ram.writeUInt32LE(type, frame)
    b.ram.writeBigUInt64LE(BigInt(random(16) ? random(70) : random(2 ** 32)), frame + 8)
    b.ram[frame + 16] = 0x5a
    const isRead = type === Type.in || type === Type.getId
    const parts = [{ gpa: frame, length: random(50) ? 16 : random(40), flags: 0 }]
    for (let count = random(4); count > 0; count--) parts.push({ gpa: dataAt + random(0x1_0000), length: [512, 1024, 16, 20, random(2000)][random(5)], flags: isRead ? WRITE : 0 })
    if (random(100)) parts.push({ gpa: frame + 16, length: 1, flags: WRITE })
    const inTable = random(3) === 0
    const table = place.tables + 256 * random(16)
    if (inTable) parts.forEach(({ gpa, length, flags }, index) => descriptor(table + 16 * index, gpa, length, flags | (!ofPacked && index + 1 < parts.length ? NEXT : 0), index + 1))
    const direct = inTable ? [{ gpa: table, length: 16 * parts.length, flags: INDIRECT }] : parts
    const first = next
    direct.forEach(({ gpa, length, flags }, index) => {
      const available = ofPacked ? wrap ? AVAIL : 1 << 15 : 0
      descriptor(place.descriptors + 16 * (next % size), gpa, length, flags | (index + 1 < direct.length ? NEXT : 0) | available, ofPacked ? random(2 ** 16) : (next + 1) % size)
      if (++next % size === 0 && ofPacked) wrap ^= 1
    })
    return first % size
  }

  let available = 0
  for (let count = 0; count < Chains; count++) {
    const head = chain()
    if (!ofPacked) {
      if (b.ram.readUInt16LE(place.driver + 2) === 0) available = 0 // the ring is a new one
      b.ram.writeUInt16LE(random(300) ? head : random(2 ** 16), place.driver + 4 + 2 * (available++ % size))
      b.ram.writeUInt16LE((random(2000) ? available : random(2 ** 16)) & 0xffff, place.driver + 2)
    }
    if (random(3)) driver.notify(random(50) ? 0 : random(8))
    while (random(3) && disks.underWay.length) {
      // What the disk was asked for was checked when it was: tags, segments within RAM, lengths that add up.
      disks.carryOut(random(disks.underWay.length), random(20) ? Answer.ok : random(3))
      seen.asked++
    }
    if (random(2)) b.diskCompleted()
    if (random(4) === 0) b.pass(random(50_000))
    const waiting = device.status & Status.needsReset
    if (waiting) seen.stops++
    if (random(300) === 0) {
      device.setCommon(0x16, 0, 2)
      device.setCommon(0x3a, 1, 2)
      seen.queueResets++
    }
    if (waiting || random(500) === 0 || device.common(0x1c, 2) === 0) {
      device.status = 0
      if (device.status !== 0) seen.waits++
      while (disks.underWay.length) {
        disks.carryOut()
        if (random(2)) b.diskCompleted()
      }
      b.diskCompleted()
      expect(device.status).toBe(0)
      restart()
      available = 0
    }
  }
  // All that can happen does, and often; and what comes after is as if nothing had been.
  expect(seen.asked).toBeGreaterThan(Chains / 10)
  for (const times of [seen.stops, seen.waits, seen.queueResets]) expect(times).toBeGreaterThan(100)
  device.status = 0
  while (disks.underWay.length) {
    disks.carryOut()
    b.diskCompleted()
  }
  driver.start({ packed: ofPacked, indirect: false, eventIndex: false, features: [BlockFeature.flush] })
  const posted = driver.post(Type.in, 0, [toRead(dataAt, 512)])
  driver.notify()
  disks.carryOut()
  b.diskCompleted()
  expect([driver.statusOf(posted), driver.rings[0].collect().length]).toEqual([0, 1])
})
