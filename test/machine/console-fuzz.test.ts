/** The console under a driver and a host that do what they may in any order, and under drivers that write anything: each byte comes out where it belongs, and nobody else is harmed. */
import { beforeEach, expect, test } from 'vitest'
import { randomFrom } from './block.js'
import { bench, type Bench } from './board.js'
import { ConsoleDriver, Control, HostEnd, receiveOf, toChannel } from './console.js'
import { Status, VirtioDevice } from './virtio.js'

const Steps = 4_000
const Chains = 40_000
const ports = [0, 1, 2]

let b: Bench
beforeEach(async () => {
  b = await bench()
  b.ram = Buffer.alloc(1 << 20)
  b.consolePorts = ['console', 'agent', 'monitor']
  b.reset({ devices: 1n })
  b.out8(0x3fc, 8)
})

/** What the guest reads from its serial port. */
function serialPort(): string {
  let text = ''
  while (b.in8(0x3fd) & 1) text += String.fromCharCode(b.in8(0x3f8))
  return text
}

test.each([[false, 1], [true, 2]])(`${Steps} steps of those who keep the rules, packed %s`, (packed, seed) => {
  const random = randomFrom(seed)
  const bytes = (most: number): Buffer => Buffer.from(Array.from({ length: 1 + random(most) }, () => random(3) ? random(256) : 0xff))
  const driver = new ConsoleDriver(b, ports.length)
  const host = new HostEnd()
  const sent: Record<number, string> = { 0: '', 1: '', 2: '', 3: '' }, typed = { ...sent }, received = { ...sent }
  const busy = new Set<number>()
  let fulls = 0
  driver.start({ packed })
  driver.open()
  const collect = () => {
    host.take(b.output.splice(0))
    for (const port of ports) {
      if (driver.rings[receiveOf(port) + 1].collect().length) busy.delete(port)
      received[port + 1] += Buffer.concat(driver.received(receiveOf(port))).toString('latin1')
    }
  }
  for (let step = 0; step < Steps; step++) {
    const port = random(3), channel = random(4)
    switch (random(6)) {
      case 0: if (!busy.has(port)) {
        const text = bytes(random(10) ? 200 : 6000)
        driver.send(receiveOf(port) + 1, text, 64 + random(2000))
        sent[port + 1] += text.toString('latin1')
        busy.add(port)
        break
      }
      case 1: {
        const byte = random(256)
        b.out8(0x3f8, byte)
        sent[0] += String.fromCharCode(byte)
        break
      }
      case 2: if (host.full.has(channel)) fulls++
      else {
        const text = bytes(900)
        b.serialInput(toChannel(channel, text))
        typed[channel] += text.toString('latin1')
        break
      }
      case 3: driver.offer(receiveOf(port), 1 + random(8), 1 + random(128)); break
      case 4: if (random(3) === 0) received[0] += serialPort(); break
      case 5: b.pass(random(1_000_000))
    }
    collect()
  }
  for (let n = 0; n < 2000 && (busy.size || [0, 1, 2, 3].some(channel => received[channel].length < typed[channel].length)); n++) {
    b.pass(2_000_000)
    for (const port of ports) driver.offer(receiveOf(port), 16, 128)
    received[0] += serialPort()
    collect()
  }
  expect(Object.keys(host.said)).toEqual(Object.keys(sent))
  for (const channel of [0, 1, 2, 3]) expect([received[channel] === typed[channel], host.said[channel] === sent[channel]], `channel ${channel}`).toEqual([true, true])
  expect(fulls).toBeGreaterThan(20)
}, 120_000)

test(`${Chains} chains of anything`, () => {
  const random = randomFrom(3)
  const driver = new ConsoleDriver(b, ports.length), { device } = driver
  const entropy = new VirtioDevice(b, 1)
  entropy.map(0xc010_0000, 0xc011_0000)
  entropy.status = Status.acknowledge
  const host = new HostEnd()
  const bufferOf = (queue: number) => ({
    gpa: random(500) ? 0x8_0000 + random(0x1000) : random(2 ** 32), length: random(40) ? 1 + random(300) : [7, 0, 0x2_0000, random(2 ** 32)][random(4)], write: (queue % 2 === 0) !== (random(400) === 0),
  })
  let stops = 0, queueResets = 0, heard = 0
  driver.start()
  for (let chain = 0; chain < Chains; chain++) {
    const queue = random(8)
    if (queue === Control.transmit) for (const at of [0, 4, 6]) b.ram.writeUInt16LE(random(10) ? [random(4), 0, 0, 0, random(8), 0, random(2)][at] : random(2 ** 16), 0x8_0000 + at)
    const buffers = queue === Control.transmit && random(20) ? [{ gpa: 0x8_0000, length: 8, write: false }] : Array.from({ length: 1 + random(3) }, () => bufferOf(queue))
    if (driver.rings[queue].free > 4) driver.rings[queue].post(buffers.sort((one, other) => Number(one.write) - Number(other.write)), random(2) === 0)
    if (random(1000) === 0) b.ram.writeUInt32LE(random(2 ** 32), 0x1_0000 + random(0x4_0000))
    device.notify(random(50) ? queue : random(20))
    if (random(3) === 0) b.serialInput(toChannel(random(4), Buffer.alloc(random(400), random(256))))
    if (random(100) === 0) b.serialInput(Array.from({ length: 20 }, () => random(2) ? 0xff : random(256)))
    if (random(5) === 0) {
      heard += b.output.length
      host.take(b.output.splice(0))
      b.pass(random(200_000))
    }
    if (random(300) === 0) {
      device.setCommon(0x16, queue, 2)
      device.setCommon(0x3a, 1, 2)
      queueResets++
    }
    try { driver.rings[queue].collect() } catch { device.status = 0 /* the ring was overwritten */ }
    if (device.status & Status.needsReset || device.status === 0 || random(2000) === 0 || (device.setCommon(0x16, queue, 2), device.common(0x1c, 2) === 0)) {
      stops++
      device.status = 0
      expect(device.status).toBe(0)
      driver.start({ packed: random(2) === 0, multiport: true })
    }
  }
  for (const times of [stops, queueResets]) expect(times).toBeGreaterThan(50)
  expect(heard).toBeGreaterThan(Chains)
  expect(entropy.status).toBe(Status.acknowledge)
  // The serial port, and a driver that keeps the rules again.
  device.status = 0
  driver.start()
  driver.open()
  host.take(b.output.splice(0))
  b.pass(10_000_000)
  serialPort()
  host.take(b.output.splice(0))
  expect([...host.full]).toEqual([])
  driver.offer(receiveOf(1))
  driver.send(receiveOf(1) + 1, Buffer.from('again'))
  b.out8(0x3f8, 0x41)
  b.serialInput([0xff, 0, 0x42, ...toChannel(2, Buffer.from('host'))])
  expect([Buffer.concat(driver.received(receiveOf(1))).toString(), serialPort()]).toEqual(['host', 'B'])
  expect(new HostEnd().take(b.output).said).toEqual({ 0: 'A', 2: 'again' })
}, 120_000)
