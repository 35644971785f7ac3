/** Two machines and the switch between them: what one guest sends the other gets, with whatever offloads each has. */
import { beforeAll, expect, test } from 'vitest'
import { benchWithInterfaces, NetDriver, NetFeature, powerOn, wire, type Network } from '../../machine/net.ts'
import type { Bench } from '../../machine/board.js'
import { checksum, ethernet, ip4, ipv4, tcp } from './frames.ts'
import { Order, Status, World } from './world.ts'

const [a, b] = ['52:54:00:00:00:0a', '52:54:00:00:00:0b']
const { checksum: ofSent, guestChecksum, guestTso4, hostTso4, merge } = NetFeature

let world: World
const machines: { bench: Bench, network: Network }[] = []
beforeAll(async () => {
  world = await World.make()
  for (let port = 0; port < 2; port++) {
    const { b: bench, network } = await benchWithInterfaces()
    machines.push({ bench, network })
  }
})

/** What the nucleus does: takes what was sent, has the switch look, and copies. */
function carry(): void {
  machines.forEach(({ network }, port) => network.sent().forEach(data => world.waiting.push({ port, data })))
  for (const { port, data } of world.run()) expect(machines[port].network.receive(data)).toBe(true)
  for (const { bench } of machines) bench.netProgress()
}

/** TCP of 10.0.0.1 to 10.0.0.2 with its checksum, or with what is left to others. */
function packet(body: Buffer, sequence: number, id: number, partial: boolean): Buffer {
  const segment = tcp({ sequence, flags: 0x10 }, body)
  const pseudo = Buffer.from([...ip4('10.0.0.1'), ...ip4('10.0.0.2'), 0, 6, segment.length >> 8, segment.length & 255])
  segment.writeUInt16BE(partial ? ~checksum(pseudo) & 0xffff : checksum(pseudo, segment), 16)
  return ipv4({ from: ip4('10.0.0.1'), to: ip4('10.0.0.2'), protocol: 6, id }, segment)
}

test.each<[string, bigint[], number]>([
  ['everything', [guestChecksum, guestTso4, merge], 1],
  ['checksums', [guestChecksum, merge], 7],
  ['merging alone', [merge], 7],
  ['nothing', [], 7],
])('10,000 bytes of TCP for a guest that has %s', (_, features, frames) => {
  world.restart()
  world.order(Order.Create, { name: 'lan' })
  machines.forEach(({ bench, network }) => powerOn(bench, network, [wire()]))
  const [sender, receiver] = machines.map(({ bench }) => new NetDriver(bench))
  sender.start({ features: [ofSent, hostTso4] })
  receiver.start({ features, size: 256 })
  for (const port of [0, 1]) {
    expect(world.attach(port)).toBe(Status.Ok)
    world.changed(port, { ready: machines[port].network.accepted[0].queues !== 0, offloads: machines[port].network.accepted[0].offloads })
  }
  const body = Buffer.from(Array.from({ length: 10_000 }, (_, at) => at * 31 & 255))
  const buffers = new Map(Array.from({ length: 60 }, () => {
    const { id, parts } = receiver.buffer([features.includes(merge) ? 700 : 1600])
    return [id, parts]
  }))
  sender.send(ethernet({ to: b, from: a }, 0x0800, packet(body, 1, 1, true), { flags: 1, type: 1, segmentBytes: 1440, headerBytes: 54, start: 34, offset: 16 }), [12, 54, 4000])
  carry()
  expect(sender.rings[1].collect().length).toBe(1)
  const got: Buffer[] = []
  for (let back = receiver.rings[0].collect(); back.length;) {
    const next = () => {
      const { id, written } = back.shift()!
      return receiver.bytes(buffers.get(id)!, written)
    }
    const parts = [next()]
    for (let more = Math.max(parts[0].readUInt16LE(10), 1) - 1; more > 0; more--) parts.push(next())
    got.push(Buffer.concat(parts))
  }
  expect(got.length).toBe(frames)
  const wanted = Array.from({ length: frames }, (_, index) => {
    const from = frames === 1 ? 0 : 1440 * index
    return packet(body.subarray(from, frames === 1 ? undefined : from + 1440), 1 + from, 1 + index, features.includes(guestChecksum))
  })
  got.forEach((data, index) => {
    expect(data[0]).toBe(features.includes(guestChecksum) ? 1 : 0)
    expect(data.subarray(26).toString('hex')).toBe(wanted[index].toString('hex'))
  })
})
