/** Network interfaces of a VM, virtio-net, by a driver written from VIRTIO 1.2, 5.1. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { checksum, ethernet, ip4, ipv4, udp } from '../services/switch/frames.ts'
import { randomFrom } from './block.js'
import type { Bench } from './board.js'
import { benchWithInterfaces, dataAt, NetDriver, NetFeature, powerOn, ramBytes, wire, type Network } from './net.ts'
import { Feature, PciDevice, Status } from './virtio.js'

const { guestChecksum, guestOffloads, merge, status, control, controlReceive, controlVlan, controlReceiveExtra, announce, multipleQueues, controlMac, guestTso4, guestTso6, guestEcn } = NetFeature
const own = '52:54:00:12:34:56', other = '52:54:00:00:00:01', all = 'ff:ff:ff:ff:ff:ff'

let b: Bench
let network: Network
let driver: NetDriver
beforeAll(async () => {
  ({ b, network } = await benchWithInterfaces())
})
beforeEach(() => {
  powerOn(b, network, [wire()])
  driver = new NetDriver(b)
  driver.start()
})

const vectors = () => b.messages.splice(0).map(({ vector }) => vector)
const configuration = (offset: number, size = 2) => Number(b.read(driver.device.base + 0x3000 + offset, size))
const frame = (to: string, length = 60, tag?: number) => ethernet({ to, from: other, tag }, 0x88b5, Buffer.from(Array.from({ length }, (_, at) => at & 255)))
const needsReset = () => (driver.device.status & Status.needsReset) !== 0

describe('what it says of itself', () => {
  test('a function of its own for each', () => {
    powerOn(b, network, Array.from({ length: 9 }, (_, index) => wire({ mtu: 1500 + index })))
    for (let index = 0; index < 8; index++) {
      driver = new NetDriver(b, index)
      expect([driver.device.read(0), driver.device.read(0x3d, 1), configuration(10)]).toEqual([0x1041_1af4, 1, 1500 + index])
    }
    expect(new PciDevice(b, 18).read(0)).toBe(0xffff_ffff)
  })

  test('features and configuration', () => {
    const bits = [0, 1, 2, 3, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 28, 29, 32, 34, 40, 53]
    expect(driver.device.offered).toBe(bits.reduce((sum, bit) => sum | 1n << BigInt(bit), 0n))
    expect([...Buffer.from([0, 2, 4].flatMap(at => [configuration(at) & 255, configuration(at) >> 8]))]).toEqual([0x52, 0x54, 0, 0x12, 0x34, 0x56])
    expect([configuration(6), configuration(8), configuration(10), driver.device.common(0x12, 2)]).toEqual([1, 4, 1500, 9])
    powerOn(b, network, [wire()], { maxVcpus: 1n })
    driver = new NetDriver(b)
    expect([driver.device.offered >> multipleQueues & 1n, configuration(8), driver.device.common(0x12, 2)]).toEqual([0n, 1, 3])
  })

  test('what the network is told of the driver', () => {
    const offloads = (...features: bigint[]) => {
      driver.start({ features })
      return network.accepted[0]
    }
    expect(offloads()).toEqual({ offloads: 0, queues: 1 })
    expect(offloads(merge)).toEqual({ offloads: 8, queues: 1 })
    expect(offloads(guestTso4, guestTso6, guestEcn)).toEqual({ offloads: 0, queues: 1 })
    expect(offloads(guestChecksum, guestTso4, guestEcn)).toEqual({ offloads: 5, queues: 1 })
    expect(offloads(guestChecksum, guestTso6)).toEqual({ offloads: 2, queues: 1 })
    driver.device.status = 0
    expect(network.accepted[0]).toEqual({ offloads: 0, queues: 0 })
  })
})

describe.each([[false, false], [false, true], [true, false], [true, true]])('packed %s, indirect %s', (packed, indirect) => {
  beforeEach(() => { driver.start({ packed, indirect, eventIndex: indirect, size: 128 }) })

  test('frames are sent as they lie, whatever the pieces, and come back in one go', () => {
    const frames = Array.from({ length: 30 }, (_, index) => frame(all, 60 + index))
    driver.rings[1].want(1)
    const ids = frames.map((one, index) => driver.send(one, [[], [12], [5, 20], [1, 1, 1, 30]][index % 4], 1, index % 7 === 0 || index === 29))
    expect(driver.rings[1].collect()).toEqual([])
    expect(network.sent().map(data => data.toString('hex'))).toEqual(frames.map(data => data.toString('hex')))
    vectors()
    b.netProgress()
    expect(driver.rings[1].collect().map(({ id, written }) => [id, written])).toEqual(ids.map(id => [id, 0]))
    expect(vectors()).toEqual([0x41])
  })

  test('frames are received, each in its buffer or in several', () => {
    const buffers = Array.from({ length: 8 }, (_, index) => driver.buffer(index % 2 ? [200] : [12, 100, 88]))
    driver.rings[0].want(1)
    vectors()
    const small = frame(own, 60), large = frame(own, 480)
    for (const data of [small, large, small]) expect(network.receive(data)).toBe(true)
    b.netProgress()
    expect(vectors()).toEqual([0x40])
    const back = driver.rings[0].collect()
    expect(back.map(({ id }) => id)).toEqual(buffers.slice(0, 5).map(({ id }) => id))
    const got = back.map(({ written }, index) => driver.bytes(buffers[index].parts, written))
    expect(got[0].equals(small)).toBe(true)
    const joined = Buffer.concat(got.slice(1, 4))
    expect(joined.readUInt16LE(10)).toBe(3)
    expect(joined.subarray(12).equals(large.subarray(12))).toBe(true)
    expect(network.receive(frame(own, 1500))).toBe(false)
  })

  test('more than the rings hold waits and goes on in its order', () => {
    driver.start({ size: 256 })
    const frames = Array.from({ length: 700 }, (_, index) => frame(all, 60 + index % 50))
    const got: Buffer[] = []
    let posted = 0, back = 0
    for (let rounds = 0; got.length < frames.length && rounds < 2000; rounds++) {
      while (posted < frames.length && driver.rings[1].free >= 6) driver.send(frames[posted++], [4, 4, 4, 4, 4], 1, posted % 20 === 0 || driver.rings[1].free < 6 || posted === frames.length)
      got.push(...network.sent(1 + rounds % 40))
      b.netProgress()
      b.pass(100_000)
      back += driver.rings[1].collect().length
    }
    b.netProgress()
    back += driver.rings[1].collect().length
    expect([got.length, back, got.every((data, index) => data.equals(frames[index]))]).toEqual([700, 700, true])
  })
})

test('without mergeable buffers a frame needs one where it fits', () => {
  driver.start({ features: [] })
  driver.buffer([12, 100])
  expect(network.receive(frame(own, 200))).toBe(false)
  expect(network.receive(frame(own, 60))).toBe(true)
})

test('a longer frame than any is given back unsent', () => {
  const gpa = dataAt
  driver.post(1, [{ gpa, length: 65_565, write: false }])
  driver.post(1, [{ gpa, length: 65_566, write: false }])
  expect(network.sent().map(({ length }) => length)).toEqual([65_565])
  b.netProgress()
  expect(driver.rings[1].collect().length).toBe(2)
})

describe('checksums', () => {
  const packet = ipv4({ from: ip4('10.0.0.1'), to: ip4('10.0.0.2') }, udp(1, 2, Buffer.from('what is said')))
  const partial = () => ethernet({ to: own, from: other }, 0x0800, packet, { flags: 1, start: 34, offset: 6 })

  test.each([[[1000]], [[12, 22, 7, 1, 100]], [[47, 1, 1, 1, 200]], [[40], [13], [500]]])('are completed for a driver that does not, in buffers of %j', (...buffers) => {
    driver.start({ features: [merge] })
    const posted = buffers.map(lengths => driver.buffer(lengths))
    expect(network.receive(partial())).toBe(true)
    b.netProgress()
    const got = Buffer.concat(driver.rings[0].collect().map(({ written }, index) => driver.bytes(posted[index].parts, written)))
    const wanted = partial()
    wanted.writeUInt16BE(checksum(wanted.subarray(46)), 52)
    expect(got.subarray(12).toString('hex')).toBe(wanted.subarray(12).toString('hex'))
    expect([...got.subarray(0, 10), got.readUInt16LE(10)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, buffers.length > 1 ? buffers.length : 0])
  })

  test('are left to one that does, until it takes that back', () => {
    driver.start({ features: [guestChecksum, control, guestOffloads, merge] })
    const [first, second] = [driver.buffer([1000]), driver.buffer([1000])]
    network.receive(partial())
    b.netProgress()
    expect(driver.bytes(first.parts, partial().length).equals(partial())).toBe(true)
    expect(driver.command(5, 0, Buffer.alloc(8), 2)).toBe(0)
    network.receive(partial())
    b.netProgress()
    expect(driver.bytes(second.parts, 1)[0]).toBe(0)
    expect(driver.command(5, 0, Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0]), 2)).toBe(1) // what it has not accepted
  })

  test('outside the frame are none', () => {
    driver.start({ features: [] })
    const posted = driver.buffer([1000])
    const odd = partial()
    odd.writeUInt16LE(500, 6)
    network.receive(odd)
    b.netProgress()
    expect(driver.bytes(posted.parts, odd.length).equals(odd)).toBe(true)
  })
})

describe('the control queue', () => {
  const macs = (...list: string[]) => Buffer.concat([Buffer.from([list.length, 0, 0, 0]), ...list.map(text => Buffer.from(text.replaceAll(':', ''), 'hex'))])
  const full = [merge, status, control, controlReceive, controlVlan, controlReceiveExtra, multipleQueues, controlMac, announce, guestChecksum]
  const sees = (...frames: Buffer[]) => {
    const before = network.held(0)
    const seen = frames.map(data => {
      expect(network.receive(data)).toBe(true)
      b.netProgress()
      const back = driver.rings[0].collect()
      for (let count = 0; count < back.length; count++) driver.buffer([400])
      return back.length > 0
    })
    expect(network.held(0)).toBe(before) // what was not wanted is offered again
    return seen
  }
  beforeEach(() => {
    driver.start({ features: full })
    for (let count = 0; count < 20; count++) driver.buffer([400])
  })

  test('says which addresses are wanted', () => {
    const group = '33:33:00:00:00:01'
    const each = () => sees(frame(own), frame(other), frame(all), frame(group))
    expect(each()).toEqual([true, true, true, true])
    expect([driver.command(0, 0, [0]), ...each()]).toEqual([0, true, false, true, false])
    expect([driver.command(0, 1, [1]), ...each()]).toEqual([0, true, false, true, true])
    expect([driver.command(0, 2, [1]), ...each()]).toEqual([0, true, true, true, true])
    expect([driver.command(0, 3, [1]), driver.command(0, 4, [1]), driver.command(0, 5, [1]), ...each()]).toEqual([0, 0, 0, false, false, false, false])
    for (const [number, on] of [[1, 0], [2, 0], [3, 0], [4, 0], [5, 0]]) driver.command(0, number, [on])
    expect([driver.command(1, 0, Buffer.concat([macs(other), macs(group)])), ...each()]).toEqual([0, true, true, true, true])
    expect([driver.command(1, 0, Buffer.concat([macs(), macs()])), ...each()]).toEqual([0, true, false, true, false])
    const many = Array.from({ length: 70 }, (_, index) => `33:33:00:00:01:${index.toString(16).padStart(2, '0')}`)
    expect([driver.command(1, 0, Buffer.concat([macs(), macs(...many)])), ...each()]).toEqual([0, true, false, true, true])
  })

  test('says which VLANs are', () => {
    driver.command(0, 0, [0])
    expect(sees(frame(own, 60, 5), frame(own))).toEqual([false, true])
    expect([driver.command(2, 0, [5, 0]), ...sees(frame(own, 60, 5), frame(own, 60, 6))]).toEqual([0, true, false])
    expect([driver.command(2, 1, [5, 0]), ...sees(frame(own, 60, 5))]).toEqual([0, false])
    expect(driver.command(2, 0, [0xff, 0x0f])).toBe(1)
  })

  test('sets the address, unless the switch lets it have no other', () => {
    driver.command(0, 0, [0])
    const change = () => driver.command(1, 1, Buffer.from(other.replaceAll(':', ''), 'hex'))
    network.list[0].macFixed = true
    expect([change(), ...sees(frame(other))]).toEqual([1, false])
    network.list[0].macFixed = false
    expect([change(), ...sees(frame(other), frame(own)), configuration(4)]).toEqual([0, true, false, 0x0100])
    expect(driver.command(1, 1, [1, 0, 0, 0, 0, 1])).toBe(1)
    driver.start({ features: full })
    expect(configuration(4)).toBe(0x5634) // a reset takes it back
  })

  test('says by how many queues frames come', () => {
    expect([0, 5, 4, 2].map(pairs => driver.command(4, 0, [pairs, 0]))).toEqual([1, 1, 0, 0])
    expect(network.accepted[0].queues).toBe(2)
    const { id } = driver.buffer([400], 2)
    expect(network.receive(frame(own), 1)).toBe(true)
    b.netProgress()
    expect(driver.rings[2].collect().map(back => back.id)).toEqual([id])
    driver.send(frame(all), [], 3)
    expect(network.sent().length).toBe(1)
    driver.start({ features: full })
    expect(network.accepted[0].queues).toBe(1)
  })

  test('is the third where there is one pair only', () => {
    driver.start({ features: [control, controlReceive] }, 3)
    expect(driver.command(0, 0, [0], 2)).toBe(0)
  })

  test.each<[string, number, number, number[]]>([
    ['an unknown class', 9, 0, []], ['an unknown command', 0, 6, [1]], ['nothing told', 0, 0, []], ['half a table', 1, 0, [2, 0, 0, 0, 1, 2, 3]], ['a table that overflows', 1, 0, [255, 255, 255, 255, 0, 0, 0, 0]],
    ['half an address', 1, 1, [2, 0]], ['what was not accepted', 5, 0, [0, 0, 0, 0, 0, 0, 0, 0]],
  ])('refuses %s', (_, kind, number, data) => {
    expect(driver.command(kind, number, data)).toBe(1)
    expect(needsReset()).toBe(false)
  })
})

describe('the link', () => {
  test('goes down and up; the driver then says where it is', () => {
    driver.start({ features: [status, control, announce] }, 3)
    vectors()
    const change = (link: boolean) => {
      const generation = driver.device.common(0x15, 1)
      network.list[0].link = link
      b.netProgress()
      b.netProgress()
      return [configuration(6), (driver.device.common(0x15, 1) - generation) & 255, ...vectors()]
    }
    expect(change(false)).toEqual([0, 1, 0x49])
    expect(change(true)).toEqual([3, 1, 0x49])
    expect([driver.command(3, 0, [], 2), configuration(6)]).toEqual([0, 1])
    expect(change(true)).toEqual([1, 0, 0x42])
    driver.start({ features: [] }, 3)
    vectors()
    expect(change(false)).toEqual([0, 0])
  })
})

describe('resets', () => {
  test('of the device: nothing is read or written any more, and it is done at once', () => {
    for (let count = 0; count < 5; count++) {
      driver.buffer([400])
      driver.send(frame(all))
    }
    expect([network.held(), network.held(0)]).toEqual([5, 5])
    driver.device.status = 0
    expect([driver.device.status, network.held(), network.held(0), network.accepted[0].queues]).toEqual([0, 0, 0, 0])
    driver.start()
    driver.send(frame(own))
    expect(network.sent().length).toBe(1)
    b.netProgress()
    expect(driver.rings[1].collect().length).toBe(1)
  })

  test('of a device that may not write memory any more: buffers are the guest\'s again, and stay so', () => {
    driver.buffer([400])
    driver.send(frame(all))
    driver.device.write(0x04, 0x0002, 2)
    expect([driver.device.status, network.held(), network.held(0), network.accepted[0].queues]).toEqual([0, 0, 0, 0])
    driver.device.write(0x04, 0x0006, 2)
    driver.device.notify(0)
    driver.device.notify(1)
    expect([network.held(), network.held(0)]).toEqual([0, 0])
  })

  test('of one queue: buffers come back at once, and what is to be sent when it has been', () => {
    driver.start({ features: [Feature.ringReset, merge, guestChecksum] })
    driver.buffer([400])
    driver.send(frame(all))
    const resetQueue = (queue: number) => {
      driver.device.setCommon(0x16, queue, 2)
      driver.device.setCommon(0x3a, 1, 2)
      return [driver.device.common(0x3a, 2), driver.device.common(0x1c, 2)]
    }
    expect([resetQueue(0), network.held(0)]).toEqual([[0, 0], 0])
    expect(resetQueue(1)).toEqual([1, 1])
    network.sent()
    b.netProgress()
    driver.device.setCommon(0x16, 1, 2)
    expect([driver.device.common(0x3a, 2), driver.device.common(0x1c, 2)]).toEqual([0, 0])
    driver.enable(1)
    driver.enable(0)
    driver.buffer([400])
    driver.send(frame(all))
    expect([network.sent().length, network.receive(frame(own))]).toEqual([1, true])
  })

  test('of the VM: the rings are new ones', () => {
    driver.buffer([400])
    powerOn(b, network, [wire()])
    expect(network.held(0)).toBe(0)
    driver = new NetDriver(b)
    driver.start()
    driver.buffer([400])
    expect(network.held(0)).toBe(1)
  })
})

describe('chains that are none', () => {
  const read = (length: number) => ({ gpa: dataAt, length, write: false }), write = (length: number) => ({ gpa: dataAt, length, write: true })
  test.each([
    ['nothing to send', 1, [write(100)]], ['half a header to send', 1, [read(11)]], ['a buffer without room for a header', 0, [write(11)]], ['a buffer to be read', 0, [read(100)]],
    ['a command without an answer', 8, [read(3)]], ['an answer to nothing', 8, [write(1)]], ['half a command', 8, [read(1), write(1)]], ['memory that is none', 1, [{ gpa: ramBytes - 10, length: 100, write: false }]],
  ])('%s stops the device, until it is reset', (_, queue, buffers) => {
    driver.start({ features: [control, controlReceive, multipleQueues] })
    driver.post(queue, buffers)
    expect([needsReset(), network.accepted[0].queues]).toEqual([true, 0])
    driver.send(frame(all), [], 3)
    expect(network.held()).toBe(0)
    driver.start()
    driver.send(frame(all))
    expect([needsReset(), network.held()]).toEqual([false, 1])
  })

  test('and no other device', () => {
    powerOn(b, network, [wire(), wire()])
    const [bad, good] = [new NetDriver(b, 0), new NetDriver(b, 1)]
    bad.start()
    bad.post(1, [write(100)])
    good.start()
    good.send(frame(all))
    expect([(bad.device.status & Status.needsReset) !== 0, network.sent(9, 1).length, good.device.status & Status.needsReset]).toEqual([true, 1, 0])
  })
})

test('an order of frames and buffers at random, against what was sent', () => {
  const random = randomFrom(5)
  driver.start({ size: 128, features: [merge, guestChecksum, control, controlReceive, multipleQueues] })
  driver.command(4, 0, [4, 0])
  driver.command(0, 0, [0])
  const wanted: string[] = [], got: string[] = []
  let unwanted = 0
  const parts = new Map<string, { gpa: number, length: number, write: boolean }[]>()
  for (let count = 0; count < 20_000; count++) {
    const queue = 2 * random(4)
    if (random(2) && driver.rings[queue].free > 8) {
      const one = driver.buffer([12 + random(300), ...Array.from({ length: random(3) }, () => 1 + random(300))], queue, random(3) === 0)
      parts.set(`${queue} ${one.id}`, one.parts)
    } else {
      const to = random(4) ? own : other
      const data = frame(to, 46 + random(400))
      if (network.receive(data, queue / 2)) {
        if (to === own) wanted.push(`${queue} ${data.subarray(12).toString('hex')}`)
        else unwanted++
      }
    }
    if (random(3) === 0) b.netProgress()
    if (random(8) === 0) b.pass(50_000)
    for (const one of [0, 2, 4, 6]) {
      for (let back = driver.rings[one].collect(); back.length;) {
        const take = back.splice(0, 1)[0]
        let data = driver.bytes(parts.get(`${one} ${take.id}`)!, take.written)
        for (let more = Math.max(data.readUInt16LE(10), 1) - 1; more > 0; more--) {
          const next = back.splice(0, 1)[0]
          data = Buffer.concat([data, driver.bytes(parts.get(`${one} ${next.id}`)!, next.written)])
        }
        got.push(`${one} ${data.subarray(12).toString('hex')}`)
      }
    }
  }
  b.netProgress()
  expect(needsReset()).toBe(false)
  expect(unwanted).toBeGreaterThan(100)
  expect(got.length).toBeGreaterThan(1000)
  for (const queue of [0, 2, 4, 6]) {
    const of = (list: string[]) => list.filter(one => one.startsWith(`${queue} `))
    expect(of(got)).toEqual(of(wanted).slice(0, of(got).length))
    expect(of(wanted).length - of(got).length).toBeLessThan(10)
  }
})

test('queues that send have the room of their ring in turn', () => {
  driver.start({ size: 256, indirect: true, features: [NetFeature.control, multipleQueues, merge, NetFeature.checksum] })
  const large = () => driver.send(Buffer.alloc(160, 1), Array<number>(15).fill(10), 1, true)
  for (let i = 0; i < 256; i++) large()
  for (let i = 0; i < 10; i++) driver.send(Buffer.alloc(100, 3), [], 3, true)
  let small = 0
  for (let round = 0; round < 20 && small < 10; round++) {
    small += network.sent(32).filter(frame => frame[20] === 3).length
    b.netProgress()
    for (const _ of driver.rings[1].collect()) large()
  }
  expect(small).toBe(10)
})
