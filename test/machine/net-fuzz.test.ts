/** Hostile drivers of an interface: whatever the rings say, the network is given nothing that is not the guest's, no other device is harmed, and a reset brings the device back. */
import { beforeAll, expect, test } from 'vitest'
import type { Bench } from './board.js'
import { randomFrom } from './block.js'
import { benchWithInterfaces, dataAt, NetDriver, NetFeature, placeOf, powerOn, ramBytes, wire, type Network } from './net.ts'
import { Feature, Status } from './virtio.js'

const Chains = Number(process.env.NET_CHAINS ?? 40_000)
const NEXT = 1, WRITE = 2, INDIRECT = 4, AVAIL = 1 << 7
const queues = [0, 1, 2, 3, 8]
const size = 16

let b: Bench
let network: Network
beforeAll(async () => {
  ({ b, network } = await benchWithInterfaces())
})

test.each([[false, 1], [true, 2]])(`${Chains} chains, packed %s`, (ofPacked, seed) => {
  const random = randomFrom(seed)
  powerOn(b, network, [wire(), wire()])
  const driver = new NetDriver(b), neighbour = new NetDriver(b, 1)
  const { device } = driver
  const seen = { sent: 0, received: 0, stops: 0, queueResets: 0, commands: 0 }
  const next = new Map<number, number>(), wrap = new Map<number, number>(), available = new Map<number, number>()

  const restart = () => {
    for (const queue of queues) {
      next.set(queue, 0)
      wrap.set(queue, 1)
      available.set(queue, 0)
    }
    const optional = [NetFeature.merge, NetFeature.guestChecksum, NetFeature.guestTso4, NetFeature.controlReceive, NetFeature.controlVlan, NetFeature.controlMac, NetFeature.guestOffloads, NetFeature.announce, NetFeature.coalescing]
    driver.start({ packed: ofPacked, indirect: random(4) !== 0, eventIndex: random(2) === 0, size, features: [Feature.ringReset, NetFeature.multipleQueues, NetFeature.control, ...optional.filter(() => random(3))] })
  }
  restart()

  const anywhere = () => [ramBytes - random(64), random(2 ** 32), 2 ** 64 - 4096, 0][random(4)]
  const descriptor = (at: number, gpa: number, length: number, flags: number, last: number) => {
    const [word, low, high] = ofPacked ? [length, last, flags] : [length, flags, last]
    b.ram.writeBigUInt64LE(BigInt.asUintN(64, BigInt(random(300) ? gpa : anywhere())), at)
    b.ram.writeUInt32LE(random(300) ? word : random(2 ** 32), at + 8)
    b.ram.writeUInt16LE((random(400) ? low : random(2 ** 16)) & 0xffff, at + 12)
    b.ram.writeUInt16LE((random(400) ? high : random(2 ** 16)) & 0xffff, at + 14)
  }

  /** A frame, a buffer or a command, each as likely as not in order. */
  const chain = (queue: number) => {
    const place = placeOf(queue)
    const parts: { gpa: number, length: number, flags: number }[] = []
    if (queue === 8) {
      const at = dataAt + 64 * random(1024)
      const kind = random(7), limits = kind === 6
      ;[kind, random(7), random(limits ? 20 : 3), 0, 0, 0, random(limits ? 100 : 2), 0, 0, 0].forEach((byte, index) => { b.ram[at + index] = random(20) ? byte : random(256) })
      parts.push({ gpa: at, length: random(30) ? [3, 4, 8, 10][random(4)] : 1 + random(200), flags: 0 })
      if (random(40)) parts.push({ gpa: dataAt + 0x1_0000, length: 1, flags: WRITE })
    } else for (let count = 1 + random(4); count > 0; count--) parts.push({ gpa: dataAt + random(0x1_0000), length: 12 + random(random(10) ? 400 : 40_000), flags: queue & 1 ? 0 : WRITE })
    const inTable = random(3) === 0
    const table = place.tables + 256 * random(16)
    if (inTable) parts.forEach(({ gpa, length, flags }, index) => descriptor(table + 16 * index, gpa, length, flags | (!ofPacked && index + 1 < parts.length ? NEXT : 0), index + 1))
    const direct = inTable ? [{ gpa: table, length: 16 * parts.length, flags: INDIRECT }] : parts
    const first = next.get(queue)!
    direct.forEach(({ gpa, length, flags }, index) => {
      const at = next.get(queue)!
      const turn = ofPacked ? wrap.get(queue) ? AVAIL : 1 << 15 : 0
      descriptor(place.descriptors + 16 * (at % size), gpa, length, flags | (index + 1 < direct.length ? NEXT : 0) | turn, ofPacked ? random(2 ** 16) : (at + 1) % size)
      next.set(queue, at + 1)
      if ((at + 1) % size === 0 && ofPacked) wrap.set(queue, wrap.get(queue)! ^ 1)
    })
    return first % size
  }

  for (let count = 0; count < Chains; count++) {
    const queue = queues[random(queues.length)]
    const head = chain(queue)
    if (!ofPacked) {
      const index = available.get(queue)!
      available.set(queue, index + 1)
      b.ram.writeUInt16LE(random(400) ? head : random(2 ** 16), placeOf(queue).driver + 4 + 2 * (index % size))
      b.ram.writeUInt16LE((random(3000) ? index + 1 : random(2 ** 16)) & 0xffff, placeOf(queue).driver + 2)
    }
    if (queue === 8) seen.commands++
    if (random(3)) device.notify(random(50) ? queue : random(10))
    // What the network is offered is looked at when it takes it: segments within RAM, lengths that add up, no more than the rings hold.
    if (random(3) === 0) seen.sent += network.sent(random(20)).length
    if (random(2) && network.receive(Buffer.from(Array.from({ length: 26 + random(600) }, () => random(256))), random(2))) seen.received++
    if (random(2)) b.netProgress()
    if (random(4) === 0) b.pass(random(50_000))
    if (random(2000) === 0) network.list[0].link = !network.list[0].link
    if (random(400) === 0) {
      const one = queues[random(queues.length)]
      device.setCommon(0x16, one, 2)
      device.setCommon(0x3a, 1, 2)
      seen.queueResets++
    }
    const stopped = device.status & Status.needsReset
    if (stopped) seen.stops++
    if (stopped || random(600) === 0 || queues.some(one => (device.setCommon(0x16, one, 2), device.common(0x1c, 2) === 0))) {
      device.status = 0
      expect([device.status, network.held(), network.held(0), network.held(1), network.accepted[0].queues]).toEqual([0, 0, 0, 0, 0])
      restart()
    }
  }
  for (const times of [seen.sent, seen.received, seen.commands]) expect(times).toBeGreaterThan(Chains / 50)
  for (const times of [seen.stops, seen.queueResets]) expect(times).toBeGreaterThan(Chains / 1000)
  for (const one of [driver, neighbour]) {
    one.start({ packed: ofPacked, indirect: false, eventIndex: false, features: [] })
    const frame = Buffer.alloc(72, 7)
    const id = one.send(frame)
    const buffer = one.buffer([200])
    expect(network.sent(9, one.index).map(data => data.equals(frame))).toEqual([true])
    expect(network.receive(Buffer.alloc(72), 0, one.index)).toBe(true)
    b.netProgress()
    expect([one.rings[1].collect(), one.rings[0].collect()]).toEqual([[{ id, written: 0 }], [{ id: buffer.id, written: 72 }]])
  }
})
