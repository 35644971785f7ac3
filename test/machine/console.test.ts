/** virtio-console's behaviours, VIRTIO 1.2, 5.3, and the stream that it shares with the serial port. */
import { beforeEach, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'
import { channelsOf, ConsoleDriver, Control, Event, receiveOf } from './console.js'
import { Status } from './virtio.js'

let b: Bench
let driver: ConsoleDriver
beforeEach(async () => {
  b = await bench()
  b.ram = Buffer.alloc(1 << 20)
  b.consolePorts = ['console', 'agent', 'monitor']
  b.reset()
  driver = new ConsoleDriver(b, 3)
})
const text = (buffers: Buffer[]): string => Buffer.concat(buffers).toString('latin1')
const output = (): Record<number, string> => channelsOf(b.output.splice(0))

test('it is a console with three ports, and a VM that is configured without has none', () => {
  expect(driver.device.read(0)).toBe(0x1043_1af4)
  expect(b.read(driver.device.base + 0x3004)).toBe(3n)
  expect(driver.device.common(0x12, 2)).toBe(8)
  expect(driver.device.offered >> 1n & 1n).toBe(1n)
  b.consolePorts = []
  b.reset()
  expect(driver.device.read(0)).toBe(0xffff_ffff)
})

test.each([false, true])('ports are added, named and opened when the driver is ready for them, packed %s', packed => {
  driver.start({ packed })
  driver.say(0, Event.deviceReady, 1)
  driver.offer(Control.receive, 2)
  expect(driver.told()).toEqual([[0, Event.deviceAdd, 1, ''], [1, Event.deviceAdd, 1, '']])
  expect(driver.told()).toEqual([[2, Event.deviceAdd, 1, '']])
  driver.offer(Control.receive, 4)
  driver.say(0, Event.portReady, 1)
  expect(driver.told()).toEqual([[0, Event.consolePort, 1, ''], [0, Event.portName, 1, 'console'], [0, Event.portOpen, 1, '']])
  driver.say(2, Event.portReady, 1)
  expect(driver.told()).toEqual([[2, Event.portName, 1, 'monitor'], [2, Event.portOpen, 1, '']])
  for (const [port, event] of [[3, Event.portReady], [0xffff_ffff, Event.portOpen], [0, 77]]) driver.say(port, event, 1)
  expect(driver.told()).toEqual([])
})

test('what a port, another port and the serial port send comes out apart, with every byte there is', () => {
  driver.start()
  driver.open()
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  b.out8(0x3f8, 0x41)
  driver.send(receiveOf(1) + 1, all, 7)
  b.out8(0x3f8, 0xff)
  b.out8(0x3f8, 0x42)
  driver.send(1, Buffer.from('login: '))
  expect(output()).toEqual({ 0: 'A\xffB', 1: 'login: ', 2: all.toString('latin1') })
})

test('whoever begins in the middle knows soon whose bytes they are', () => {
  driver.start()
  driver.open()
  for (let n = 0; n < 20; n++) {
    driver.send(receiveOf(2) + 1, Buffer.alloc(100, 0x61))
    driver.rings[receiveOf(2) + 1].collect()
  }
  for (const begin of [1, 2, 500, 777]) expect(channelsOf(b.output.slice(begin))[3].length).toBeGreaterThan(2000 - begin - 512 - 20)
})

test('what the host sends goes to the port that it names, and to the serial port', () => {
  driver.start()
  driver.open()
  driver.offer(receiveOf(0))
  driver.offer(receiveOf(2), 2, 5)
  b.out8(0x3fc, 8)
  b.serialInput([0x78, 0xff, 3, ...Buffer.from('hello'), 0xff, 1, 0x6c, 0x73, 0xff, 0xfe, 0xff, 3, 0x21])
  expect(text(driver.received(receiveOf(0)))).toBe('ls\xff')
  expect(text(driver.received(receiveOf(2)))).toBe('hello!')
  expect(b.in8(0x3f8)).toBe(0x78)
})

test('an escape that was cut short begins again, and channels that there are not are nothing', () => {
  driver.start()
  driver.open()
  driver.offer(receiveOf(1))
  b.serialInput([0xff, 0xff, 2, 0x61, 0xff, 9, 0x62, 0xff, 31, 0x63, 0xff, 0x80, 0xff, 2, 0x64])
  expect(text(driver.received(receiveOf(1)))).toBe('ad')
})

test('what comes waits for buffers, and a channel of which 4 KiB wait says that it is full, until it has room', () => {
  driver.start()
  driver.open()
  output()
  b.serialInput([0xff, 2, ...Buffer.alloc(4095, 0x61)])
  expect(b.output).toEqual([])
  b.serialInput([0xff, 2, ...Buffer.alloc(905, 0x61)])
  expect(b.output.splice(0)).toEqual([0xff, 0x42])
  let came = ''
  for (let n = 0; n < 30; n++) {
    driver.offer(receiveOf(1), 4, 64)
    came += text(driver.received(receiveOf(1)))
  }
  expect(came.length).toBe(5000)
  expect(b.output).toEqual([0xff, 0x62])
})

test('a port that nobody reads is in no other one\'s way, nor in the serial port\'s: what does not fit is its own loss', () => {
  driver.start()
  driver.open()
  output()
  for (let n = 0; n < 5; n++) b.serialInput([0xff, 2, ...Buffer.alloc(4000, 0x61)])
  expect(b.output.splice(0)).toEqual([0xff, 0x42, 0xff, 0x42, 0xff, 0x42, 0xff, 0x42])
  driver.offer(receiveOf(2))
  b.out8(0x3fc, 8)
  b.serialInput([0xff, 3, 0x62, 0xff, 0, 0x78])
  expect(text(driver.received(receiveOf(2)))).toBe('b')
  expect(b.in8(0x3f8)).toBe(0x78)
  driver.say(1, Event.portOpen, 0)
  expect(b.output.splice(0)).toEqual([0xff, 0x62])
})

test('a serial port that nobody reads is in no port\'s way', () => {
  driver.start()
  driver.open()
  driver.offer(receiveOf(1))
  for (let n = 0; n < 5; n++) b.serialInput([0xff, 0, ...Buffer.alloc(4000, 0x61)])
  b.serialInput([0xff, 2, 0x62])
  expect(text(driver.received(receiveOf(1)))).toBe('b')
})

test('at power-on every channel has room', () => {
  driver.start()
  driver.open()
  b.serialInput([0xff, 2, ...Buffer.alloc(5000, 0x61)])
  b.output.splice(0)
  b.reset()
  expect(b.output).toEqual([0, 1, 2, 3].flatMap(channel => [0xff, 0x60 + channel]))
})

test('what comes for a port that the guest has closed is dropped', () => {
  driver.start()
  driver.open()
  driver.offer(receiveOf(1))
  driver.say(1, Event.portOpen, 0)
  b.serialInput([0xff, 2, 0x61])
  driver.say(1, Event.portOpen, 1)
  b.serialInput([0x62])
  expect(text(driver.received(receiveOf(1)))).toBe('b')
})

test('a driver that knows nothing of ports has the first one', () => {
  driver.start({ multiport: false })
  driver.offer(0)
  driver.send(1, Buffer.from('one'))
  b.serialInput([0xff, 1, 0x32])
  expect(output()).toEqual({ 1: 'one' })
  expect(text(driver.received(0))).toBe('2')
})

test('no more than 4 KiB go in 2 ms, and ports take turns', () => {
  driver.start()
  driver.open()
  const [agent, monitor] = [receiveOf(1) + 1, receiveOf(2) + 1]
  driver.send(agent, Buffer.alloc(0x3000, 0x61), 0x400)
  expect(driver.rings[agent].collect()).toEqual([])
  expect(channelsOf(b.output)[2].length).toBeLessThanOrEqual(0x1000)
  for (let n = 0; n < 4; n++) driver.send(monitor, Buffer.alloc(0x400, 0x62))
  driver.send(1, Buffer.from('after'))
  b.out8(0x3f8, 0x41)
  expect(output()[0]).toBe('A')
  b.pass(1_900_000)
  expect(b.output).toEqual([])
  b.pass(6_000_000)
  expect(driver.rings[agent].collect()).toHaveLength(1)
  driver.send(agent, Buffer.alloc(0x400, 0x63))
  b.pass(4_000_000)
  const { 1: first, 2: second, 3: third } = output()
  expect([first, third]).toEqual(['after', 'b'.repeat(0x1000)])
  expect(second.endsWith('c'.repeat(0x400))).toBe(true)
})

test('a reset in the middle of a chain lets go of it, and the next driver is told of ports anew', () => {
  driver.start()
  driver.open()
  driver.send(receiveOf(1) + 1, Buffer.alloc(0x3000, 0x61), 0x400)
  driver.device.status = 0
  expect(driver.device.status).toBe(0)
  b.pass(1_000_000)
  expect(channelsOf(b.output.splice(0))[2].length).toBeLessThan(0x1100)
  driver.start()
  driver.offer(Control.receive, 4)
  expect(driver.told()).toEqual([])
  driver.say(0, Event.deviceReady, 1)
  expect(driver.told()).toHaveLength(3)
})

test.each([
  ['to be read where one is to be filled', receiveOf(1), false, 8], ['to be filled where one is to be read', receiveOf(1) + 1, true, 8], ['too short for a control message', Control.transmit, false, 7],
])('a buffer %s is a fault of the ring', (_, queue, write, length) => {
  driver.start()
  driver.open()
  driver.rings[queue].post([{ gpa: 0x8_0000, length, write }], false)
  driver.device.notify(queue)
  b.serialInput([0xff, 2, 0x61])
  expect(driver.device.status & Status.needsReset).toBe(Status.needsReset)
})

test('a chain that is being sent stays where it is when another ring is faulty, and is let go of with the reset', () => {
  driver.start()
  driver.open()
  const queue = receiveOf(1) + 1
  driver.send(queue, Buffer.alloc(0x2000, 0x61), 0x400)
  driver.send(Control.transmit, Buffer.alloc(7))
  const before = b.output.length
  b.pass(20_000_000)
  expect([driver.device.status & Status.needsReset, driver.rings[queue].collect(), b.output.length]).toEqual([Status.needsReset, [], before])
  driver.device.status = 0
  expect(driver.device.status).toBe(0)
  driver.start()
  driver.open()
  driver.send(queue, Buffer.from('anew'))
  b.pass(20_000_000)
  expect(output()[2]).toMatch(/aanew$/)
})

test.each([[false, false], [false, true], [true, false], [true, true]])('the driver is interrupted for what comes and for what has gone, packed %s, with event indexes %s', (packed, eventIndex) => {
  driver.start({ packed, eventIndex })
  driver.open()
  for (const port of [0, 1, 2]) {
    driver.offer(receiveOf(port))
    driver.device.interruptStatus()
    driver.rings[receiveOf(port)].want(1)
    b.serialInput([0xff, port + 1, 0x61])
    expect(driver.device.interruptStatus()).toBe(1)
    expect(text(driver.received(receiveOf(port)))).toBe('a')
    driver.rings[receiveOf(port) + 1].want(1)
    driver.send(receiveOf(port) + 1, Buffer.from('b'))
    expect(driver.device.interruptStatus()).toBe(1)
    driver.send(receiveOf(port) + 1, Buffer.from('c'))
  }
  expect(output()).toEqual({ 1: 'bc', 2: 'bc', 3: 'bc' })
})
