/** Frames for TCP to segment: whole for ports that take them, and for others what the sender would have sent without offloads, byte for byte; and frames that make no sense. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { randomFrom } from '../../machine/block.js'
import { checksum, ethernet, ip4, ip6, ipv4, ipv6, tcp, udp } from './frames.ts'
import { Flag, macOf, Offload, Order, Status, World, type Delivered } from './world.ts'

const [a, b] = ['52:54:00:00:00:0a', '52:54:00:00:00:0b']
const [a4, b4, a6, b6] = [ip4('10.0.0.1'), ip4('10.0.0.2'), ip6('2001:db8::a'), ip6('2001:db8::b')]
const Fin = 1, Push = 8, Ack = 16, Reduced = 0x80

let world: World
beforeAll(async () => {
  world = await World.make()
})
beforeEach(() => {
  world.restart()
  world.order(Order.Create, { name: 'lan' })
  for (const port of [0, 1, 2]) expect(world.attach(port, port === 2 ? { flags: Flag.Trunk, trunk: [3], vlan: 9 } : { vlan: 3 })).toBe(Status.Ok) // port 2 wants tags
})

interface Stream { version: 4 | 6, size: number, segment: number, flags?: number, tcpOptions?: number, ipOptions?: number, type?: number, id?: number, sequence?: number }
const content = Buffer.from(Array.from({ length: 65_536 }, (_, at) => (at * 7 + (at >> 8)) & 0xff))
const bytesOf = (size: number) => content.subarray(0, size)

function packet({ version, tcpOptions = 0, ipOptions = 0, id = 0xfffe }: Stream, flags: number, sequence: number, body: Buffer, partial: boolean): Buffer {
  const segment = tcp({ flags, sequence, options: Buffer.alloc(tcpOptions, 1) }, body)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(segment.length)
  const pseudo = Buffer.concat([version === 4 ? Buffer.from([...a4, ...b4]) : Buffer.concat([a6, b6]), Buffer.from([0, 6]), length])
  segment.writeUInt16BE(partial ? ~checksum(pseudo) & 0xffff : checksum(pseudo, segment), 16)
  return version === 4 ? ipv4({ from: a4, to: b4, protocol: 6, id, options: Buffer.alloc(ipOptions, 1) }, segment) : ipv6({ from: a6, to: b6, next: 6 }, segment)
}

/** One large frame as its sender leaves it. */
function large(stream: Stream): Buffer {
  const { version, size, segment, flags = Ack, type, ipOptions = 0, tcpOptions = 0, sequence = 0xffff_ff00 } = stream
  const start = 14 + (version === 4 ? 20 + ipOptions : 40)
  return ethernet({ to: b, from: a }, version === 4 ? 0x0800 : 0x86dd, packet(stream, flags, sequence, bytesOf(size), true),
    { flags: 1, type: type ?? (version === 4 ? 1 : 4) | (flags & Reduced ? 0x80 : 0), segmentBytes: segment, start, offset: 16, headerBytes: start + 20 + tcpOptions })
}

/** The frames that it would have sent instead, with their checksums. */
function expected(stream: Stream): Buffer[] {
  const { size, segment, flags = Ack, sequence = 0xffff_ff00, id = 0xfffe } = stream
  return Array.from({ length: Math.ceil(size / segment) }, (_, index) => {
    const isLast = (index + 1) * segment >= size
    const own = flags & ~(index === 0 ? 0 : Reduced) & ~(isLast ? 0 : Fin | Push)
    return packet({ ...stream, id: (id + index) & 0xffff }, own, (sequence + index * segment) >>> 0, bytesOf(size).subarray(index * segment, (index + 1) * segment), false)
  })
}

/** What a receiver makes of a frame whose checksum is to be completed (VIRTIO 1.2, 5.1.6.4.1). */
function completed(data: Buffer): Buffer {
  expect([data[0], data[1], data.readUInt16LE(4), data.readUInt16LE(10)]).toEqual([1, 0, 0, 1])
  const start = 12 + data.readUInt16LE(6)
  data.writeUInt16BE(checksum(data.subarray(start)), start + data.readUInt16LE(8))
  return data.subarray(data.readUInt16BE(24) === 0x8100 ? 30 : 26)
}

const to = (sent: Delivered[], port: number) => sent.filter(one => one.port === port).map(({ data }) => data)

test.each<Stream>([
  { version: 4, size: 65_000, segment: 1448, tcpOptions: 12, flags: Ack | Push | Reduced }, { version: 6, size: 65_000, segment: 1428, tcpOptions: 12, flags: Ack | Fin | Push },
  { version: 4, size: 1449, segment: 1448, tcpOptions: 40, ipOptions: 20 }, { version: 4, size: 1000, segment: 1448 }, { version: 6, size: 2896, segment: 1448, flags: Reduced }, { version: 4, size: 68_000 - 3000, segment: 536 },
])('segments are what the sender would have sent: %o', stream => {
  world.changed(1, { mtu: 9000 })
  world.changed(2, { mtu: 9000 })
  const sent = world.send(0, large(stream))
  for (const port of [1, 2]) expect(to(sent, port).map(data => completed(data).toString('hex'))).toEqual(expected(stream).map(data => data.toString('hex')))
  expect(to(sent, 2).every(data => data.readUInt32BE(24) === 0x8100_0003 && data.subarray(12, 24).equals(Buffer.concat([macOf(b), macOf(a)])))).toBe(true)
  expect(world.info(1)).toMatchObject({ deliveredFrames: expected(stream).length, deliveredBytes: expected(stream).reduce((sum, data) => sum + 14 + data.length, 0) })
})

test('at random, IPv4 and IPv6', () => {
  const random = randomFrom(7)
  for (let count = 0; count < 200; count++) {
    const version = random(2) ? 4 : 6
    const stream: Stream = { version, size: 1 + random(20_000), segment: 200 + random(1200), flags: random(256), tcpOptions: 4 * random(11), ipOptions: version === 4 ? 4 * random(6) : 0, id: random(65_536), sequence: random(2 ** 32) }
    const sent = world.send(0, large(stream))
    for (const port of [1, 2]) expect(to(sent, port).map(data => completed(data).toString('hex'))).toEqual(expected(stream).map(data => data.toString('hex')))
  }
})

test('whole where the port takes them: of its IP version, and with CWR only where that is taken too', () => {
  const four = large({ version: 4, size: 5000, segment: 1000 }), six = large({ version: 6, size: 5000, segment: 1000 }), reduced = large({ version: 4, size: 5000, segment: 1000, flags: Reduced | Ack })
  for (const [offloads, ...counts] of [[0, 5, 5, 5], [Offload.SegmentIpv4, 1, 5, 5], [Offload.SegmentIpv6, 5, 1, 5], [Offload.SegmentIpv4 | Offload.SegmentCongestion, 1, 5, 1]]) {
    world.changed(1, { offloads })
    expect([four, six, reduced].map(frame => to(world.send(0, frame), 1).length)).toEqual(counts)
  }
  const whole = to(world.send(0, four), 1)[0]
  expect(whole.subarray(12).equals(four.subarray(12))).toBe(true)
  expect([...whole.subarray(0, 12)]).toEqual([1, 1, 54, 0, 232, 3, 34, 0, 16, 0, 1, 0])
  world.changed(2, { offloads: Offload.SegmentIpv4 })
  const tagged = to(world.send(0, four), 2)[0]
  expect([...tagged.subarray(0, 12)]).toEqual([1, 1, 58, 0, 232, 3, 38, 0, 16, 0, 1, 0])
})

test('segments that are longer than the port carries are dropped there, all of them once', () => {
  world.changed(1, { mtu: 1040 })
  expect(to(world.send(0, large({ version: 4, size: 3000, segment: 1000 })), 1).length).toBe(3)
  expect(to(world.send(0, large({ version: 4, size: 3000, segment: 1001 })), 1).length).toBe(0)
  expect(world.info(1).drops.TooLong).toBe(1)
})

test('what a sender says beyond what it means is not passed on', () => {
  const frame = ethernet({ to: b, from: a }, 0x0800, ipv4({ from: a4, to: b4 }, udp(1, 2)), { flags: 0xfe, headerBytes: 99, segmentBytes: 77, start: 5, offset: 6 })
  frame.writeUInt16LE(9, 10)
  expect([...to(world.send(0, frame), 1)[0].subarray(0, 12)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
})

test.each<[string, (frame: Buffer) => Buffer | void]>([
  ['without a checksum to complete', frame => { frame[0] = 0 }],
  ['of a type that nobody offers', frame => { frame[1] = 3 }],
  ['of the other IP version', frame => { frame[1] = 4 }],
  ['in segments of nothing', frame => { frame.writeUInt16LE(0, 4) }],
  ['in thousands of segments', frame => { frame.writeUInt16LE(30, 4) }],
  ['with the checksum elsewhere', frame => { frame.writeUInt16LE(35, 6) }],
  ['with another place in it', frame => { frame.writeUInt16LE(6, 8) }],
  ['of UDP', frame => { frame[26 + 9] = 17 }],
  ['of a piece of a packet', frame => { frame[26 + 6] = 0x20 }],
  ['with a TCP header that is too short', frame => { frame[46 + 12] = 0x40 }],
  ['with no payload', frame => frame.subarray(0, 66)],
  ['with headers that end behind it', frame => frame.subarray(0, 60)],
  ['of IPv4 with a header that is too short', frame => { frame[26] = 0x44 }],
])('malformed: %s', (_, spoil) => {
  const frame = large({ version: 4, size: 5000, segment: 1000 })
  expect(world.send(0, spoil(frame) ?? frame)).toEqual([])
  expect(world.info(0).drops.Malformed).toBe(1)
})

test('a checksum outside the frame, or within its Ethernet header', () => {
  for (const [start, offset] of [[60_000, 6], [34, 60_000], [65_535, 65_535], [13, 6], [34, 7 + 8]]) {
    expect(world.send(0, ethernet({ to: b, from: a }, 0x0800, ipv4({ from: a4, to: b4 }, udp(1, 2)), { flags: 1, start, offset }))).toEqual([])
  }
  expect(world.info(0).drops.Malformed).toBe(5)
})

const Cases = Number(process.env.SWITCH_CASES ?? 100_000)
test(`${Cases} frames with anything in their headers`, () => {
  const random = randomFrom(11)
  for (const port of [0, 1, 2]) world.order(Order.Set, { port, settings: { flags: Flag.Trunk | (port === 0 ? Flag.MacLocked | Flag.AddressLocked : 0), mac: a, trunk: [0, 5], ipv4: [a4], ipv6: [a6] } })
  const seeds = [
    large({ version: 4, size: 3000, segment: 1000, tcpOptions: 12 }), large({ version: 6, size: 3000, segment: 1000 }), ethernet({ to: b, from: a, tag: 5 }, 0x0800, ipv4({ from: a4, to: b4 }, udp(1, 2)), { flags: 1, start: 38, offset: 6 }),
    ethernet({ to: b, from: a }, 0x86dd, ipv6({ from: a6, to: b6, next: 60 }, Buffer.concat([Buffer.from([44, 0, 0, 0, 0, 0, 0, 0, 58, 0, 0, 1, 0, 0, 0, 0, 135, 0, 0, 0]), Buffer.alloc(4), a6, Buffer.from([1, 1]), macOf(a)]))),
  ]
  let passed = 0
  for (let count = 0; count < Cases; count += 50) {
    const frames = Array.from({ length: 50 }, () => {
      const frame = Buffer.from(seeds[random(seeds.length)])
      for (let changes = random(4); changes > 0; changes--) frame[random(random(2) ? 30 : 110)] = random(3) ? random(256) : [0, 255, 1, 128][random(4)]
      return random(10) ? frame : frame.subarray(0, 12 + random(frame.length - 11))
    })
    world.changed(1 + random(2), { offloads: random(8), mtu: random(4) ? 1500 : random(2000) })
    frames.forEach(data => world.waiting.push({ port: random(3), data }))
    // The world refuses deliveries that are none; no more leave than a frame has segments, and what they carry is the frame's.
    const sent = world.run()
    passed += sent.length
    for (const { data } of sent) if (data[1] === 0 && data.length > 12 + 18 + 65_535) throw new Error(`${data.length} bytes`)
    expect(sent.length).toBeLessThanOrEqual(50 * 2 * 128)
  }
  expect(passed).toBeGreaterThan(Cases / 4)
  world.attach(5)
  world.attach(6)
  expect(world.send(5, ethernet({ to: 'ff:ff:ff:ff:ff:ff', from: '52:54:00:00:00:55' }, 0x88b5, Buffer.alloc(60))).map(({ port }) => port)).toContain(6)
})
