/** Random traffic through switches of random settings: what each port gets is what the model says, to the byte, and the counters add up. */
import { beforeAll, expect, test } from 'vitest'
import { randomFrom } from '../../machine/block.js'
import { ethernet } from './frames.ts'
import { Model } from './model.ts'
import { Drops, Flag, Order, Status, World, type Settings } from './world.ts'

const Runs = Number(process.env.SWITCH_RUNS ?? 60)
const FramesOfRun = 600
const PortCount = 10

let world: World
beforeAll(async () => {
  world = await World.make()
})

const mac = (number: number) => `52:54:00:00:00:${number.toString(16).padStart(2, '0')}`

function randomSettings(random: (limit: number) => number, port: number): Settings {
  const kind = [0, 0, 0, Flag.Private, Flag.Private, Flag.Promiscuous, Flag.Uplink, Flag.Mirror][random(8)]
  let flags = kind
  if (random(3) === 0) flags |= Flag.Trunk
  if (random(3) === 0) flags |= Flag.MacLocked
  if (random(4) === 0 && kind !== Flag.Mirror) flags |= Flag.Mirrored
  if (random(16) === 0) flags |= Flag.Down
  const vlan = random(3)
  return { flags, vlan, mac: mac(random(4) ? port : random(PortCount)), trunk: [0, 1, 2, 3, 4094].filter(id => random(2) && (id !== 0 || vlan === 0)), addressLimit: random(3) ? 0 : 1 + random(3) }
}

function randomFrame(random: (limit: number) => number, port: number): Buffer {
  const from = random(4) ? mac(port) : random(30) ? mac(random(PortCount + 4)) : ['00:00:00:00:00:00', '01:00:5e:00:00:01'][random(2)]
  const to = random(3) ? mac(random(PortCount + 2)) : ['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:fb', '33:33:00:00:00:01', '01:80:c2:00:00:0e', '01:80:c2:00:00:10', '02:80:c2:00:00:0e'][random(6)]
  const tag = random(3) ? undefined : [0, 1, 2, 3, 4094, 4095][random(6)]
  const type = [0x88b5, 0x88b5, 0x88b5, 0x0800, 0x86dd, 0x8100, 0x88a8, 0x9100][random(8)]
  const whole = ethernet({ to, from, tag, priority: random(8) }, type, Buffer.from(Array.from({ length: random(20) ? random(200) : 0 }, () => random(256))))
  whole.writeUInt16LE(1, 10) // num_buffers, which a receiver is told
  return random(40) ? whole : whole.subarray(0, 12 + random(20))
}

test(`${Runs} switches, ${FramesOfRun} frames each`, () => {
  const seen: Record<string, number> = {}
  for (let run = 0; run < Runs; run++) {
    const random = randomFrom(run + 1)
    world.restart()
    expect(world.order(Order.Create, { name: 'lan' }).status).toBe(Status.Ok)
    const model = new Model()
    const expected = new Map<number, { sentFrames: number, sentBytes: number, deliveredFrames: number, deliveredBytes: number, drops: Record<string, number> }>()
    const fresh = () => ({ sentFrames: 0, sentBytes: 0, deliveredFrames: 0, deliveredBytes: 0, drops: Object.fromEntries(Drops.map(reason => [reason, 0])) })
    const attach = (port: number) => {
      const settings = randomSettings(random, port)
      if (world.attach(port, settings) !== Status.Ok) return
      model.set(port, settings)
      expected.set(port, fresh())
    }
    for (let port = 0; port < PortCount; port++) attach(port)
    for (let sent = 0; sent < FramesOfRun;) {
      const change = random(60)
      const port = random(PortCount)
      if (change === 0) {
        const settings = randomSettings(random, port)
        const status = world.order(Order.Set, { port, settings }).status
        expect(status === Status.NoSuchPort).toBe(!model.members.has(port))
        if (status === Status.Ok) model.set(port, settings)
      } else if (change === 1) {
        if (world.order(Order.Detach, { port }).status === Status.Ok) model.remove(port)
      } else if (change === 2 && !model.members.has(port)) attach(port)
      else if (change === 3 && model.members.has(port)) {
        const ready = random(3) !== 0
        world.changed(port, { ready })
        model.ready(port, ready)
      } else if (change === 4) {
        world.pass([1e9, 100e9, 300e9][random(3)])
        model.look(world.ticked)
      }
      const count = 1 + random(50)
      world.taken.length = 0
      for (let index = 0; index < count; index++) {
        const from = random(PortCount)
        world.waiting.push({ port: from, data: randomFrame(random, from) })
      }
      sent += count
      const wanted: { port: number, data: string }[] = []
      for (const { port: from, data } of world.waiting) {
        const outcome = model.send(from, data, world.now)
        seen[outcome.drop ?? 'passed'] = (seen[outcome.drop ?? 'passed'] ?? 0) + 1
        const counts = expected.get(from)
        if (counts && model.members.has(from)) {
          counts.sentFrames++
          counts.sentBytes += data.length - 12
          if (outcome.drop) counts.drops[outcome.drop]++
        }
        for (const { port: to, data: form } of outcome.to) {
          expected.get(to)!.deliveredFrames++
          expected.get(to)!.deliveredBytes += form.length - 12
          wanted.push({ port: to, data: form.toString('hex') })
        }
      }
      expect(world.run().map(({ port: to, data }) => ({ port: to, data: data.toString('hex') }))).toEqual(wanted)
    }
    for (const number of model.members.keys()) {
      const { sentFrames, sentBytes, deliveredFrames, deliveredBytes, drops, count } = world.info(number)
      expect({ sentFrames, sentBytes, deliveredFrames, deliveredBytes, drops }).toEqual(expected.get(number))
      expect(count).toBe([...model.known.values()].filter(({ port }) => port === number).length)
    }
  }
  for (const reason of ['passed', 'Detached', 'Malformed', 'FromMirror', 'Reserved', 'Vlan', 'MacSpoof', 'Isolated', 'NoTarget']) expect(seen[reason] ?? 0, reason).toBeGreaterThan(Runs / 2)
})
