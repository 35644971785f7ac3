/** The driver of Intel's gigabit controllers with controllers as their manuals describe them, and with others. */
import { expect, test } from 'vitest'
import { e1000, type E1000, type E1000Bench } from './e1000.ts'
import { chance, checksum, frameOf } from './net.ts'

const second = 1_000_000_000
const wire = (number: number, bytes = 64) => frameOf(number, bytes).subarray(12)
const number = (frame: Buffer) => frame.readUInt32BE(14)

async function running(change: (card: E1000) => void = () => {}): Promise<E1000Bench> {
  const bench = await e1000(change)
  expect(bench.driver.start()).toBe(0)
  expect(bench.card.violations).toEqual([])
  return bench
}

const cards: [string, (card: E1000) => void][] = [
  ['82574L with MSI-X', () => {}],
  ['82574L with MSI', card => { card.hasMsix = false }],
  ['82540EM, without messages', card => { card.identity = 0x100e_8086 }],
  ['82540EM, whose line is heard', card => { Object.assign(card, { identity: 0x100e_8086, isWired: true }) }],
]

test('a controller that is at work is brought to rest, reset, set up and announced', async () => {
  const bench = await running()
  expect(bench.announced).toEqual([{ mac: '525400123456', maximumBytes: 1500, linkUp: true }])
  expect(bench.accepted).toEqual({ offloads: 0, queues: 1 })
  expect([bench.log, bench.room, bench.card.room, bench.card.resets]).toEqual([['52:54:00:12:34:56 works; MTU: 1500, the link is up'], 120, 255, 1])
})

test.each<[string, (card: E1000) => void]>([
  ['no hardware address', card => { card.hasMac = false }],
  ['do not fit into its memory', card => { card.bar = 0x4000 }],
  ['does not end its reset', card => { card.resetEnds = false }],
])('a controller is not used: %s', async (reason, change) => {
  const bench = await e1000(change)
  bench.driver.start()
  bench.live(3 * second, 10_000_000)
  expect(bench.log.at(-1)).toContain(reason)
  expect([Math.max(bench.accepted.queues, 0), bench.armed]).toEqual([0, 0n])
})

test.each(cards)('%s: frames come from the wire as they are, in order, for as long as one likes', async (_, change) => {
  const bench = await running(change)
  for (let sent = 0; sent < 2000; sent++) {
    expect(bench.arrive(wire(sent, 60 + sent % 1455))).toBe(true)
    if (sent % 7) continue
    bench.pass(4_000_000)
    const frames = bench.take()
    expect(frames.map(frame => number(frame.subarray(12)))).toEqual(Array.from({ length: frames.length }, (_, index) => sent - frames.length + 1 + index))
    expect(frames.at(-1)!.equals(Buffer.concat([Buffer.alloc(12), wire(sent, 60 + sent % 1455)]))).toBe(true)
  }
  expect(bench.card.violations).toEqual([])
})

test.each(cards)('%s: frames go to the wire as they are, and their buffers come back', async (_, change) => {
  const bench = await running(change)
  const next = chance(1)
  for (let sent = 0; sent < 3000;) {
    while (bench.room && next(30)) bench.give(frameOf(sent++, 60 + next(1400)), false)
    bench.driver.netProgress()
    bench.card.work()
    bench.pass(next(200_000))
  }
  bench.live(10_000_000)
  expect(bench.card.sent.map(number)).toEqual(bench.card.sent.map((_, index) => index))
  expect([bench.room, bench.card.violations]).toEqual([120, []])
})

test.each(cards)('%s: checksums are completed, wherever they are', async (_, change) => {
  const bench = await running(change)
  for (const [bytes, start, offset] of [[64, 34, 16], [65, 34, 6], [1500, 54, 16], [1400, 250, 16]]) {
    const frame = frameOf(7, bytes, { flags: 1, start, offset })
    bench.give(frame)
    bench.card.work()
    const expected = Buffer.from(frame.subarray(12))
    expected.writeUInt16BE(~checksum(expected.subarray(start)) & 0xffff || 0xffff, start + offset)
    expect(bench.card.sent.pop()!.equals(expected)).toBe(true)
  }
  expect(bench.card.violations).toEqual([])
})

test('a flood costs one call in 50 µs, and silence little', async () => {
  const bench = await running()
  bench.pass(10_000_000)
  let taken = 0
  for (let sent = 0; sent < 10_000; sent++) {
    bench.arrive(wire(sent))
    bench.pass(2_000)
    taken += bench.take(Infinity, false).length
  }
  expect([bench.messages < 20, taken > 9900]).toEqual([true, true])
  bench.pass(1_000_000)
  bench.take()
  bench.pass(second)
  const { arms, messages } = bench
  bench.pass(10 * second)
  expect(bench.arms - arms).toBeLessThan(13)
  bench.arrive(wire(1))
  expect([bench.messages - messages, bench.take().length]).toEqual([1, 1])
})

test('a controller without messages is looked at every 2 ms when nothing happens, and every 50 µs when something does', async () => {
  const bench = await running(card => { card.identity = 0x100e_8086 })
  bench.pass(second)
  const { arms } = bench
  bench.pass(second)
  expect(bench.arms - arms).toBeLessThan(510)
  bench.arrive(wire(1))
  bench.pass(2_100_000)
  for (let sent = 0; sent < 10; sent++) {
    bench.arrive(wire(1))
    bench.pass(100_000)
  }
  expect([bench.take().length, bench.messages]).toEqual([11, 0])
})

test('a line that was heard once is relied on: the card is let be until it interrupts, and lets go of its line each time', async () => {
  const bench = await running(card => { Object.assign(card, { identity: 0x100e_8086, isWired: true }) })
  expect(bench.card.message()).toBe(true) // what the driver has caused, to see whether it comes
  bench.live(second)
  expect([bench.card.message(), bench.messages]).toEqual([false, 1])
  const { arms } = bench
  bench.pass(10 * second)
  expect(bench.arms - arms).toBeLessThan(13)
  for (let sent = 0; sent < 3; sent++) {
    expect([bench.arrive(wire(sent)), bench.take().length, bench.messages, bench.card.message()]).toEqual([true, 1, 2 + sent, false])
    bench.live(second)
  }
  bench.card.linkChanges(false)
  expect(bench.card.message()).toBe(true)
  bench.tell()
  expect([bench.card.message(), bench.announced.at(-1)!.linkUp]).toEqual([false, false])
})

test('what else shares the line is no reason to rely on it', async () => {
  const bench = await running(card => { card.identity = 0x100e_8086 })
  bench.card.read(0, 0xc0, 4) // its own cause is gone
  for (let times = 0; times < 10; times++) bench.driver.interrupt()
  const { arms } = bench
  bench.pass(second)
  expect(bench.arms - arms).toBeGreaterThan(400)
})

test('frames that are broken, or longer than a buffer, go nowhere, and what comes after them does', async () => {
  const bench = await running()
  for (const [errors, status] of [[1, 3], [2, 3], [0x80, 3], [0, 1], [0, 3], [0, 3]]) bench.arrive(wire(errors + 100 * status), errors, status)
  bench.pass(1_000_000)
  // The one that went on in the next descriptor took that with it.
  expect([bench.take().map(frame => number(frame.subarray(12))), bench.card.room]).toEqual([[300], 255])
})

test('a link that goes takes what is to be sent with it, and is announced, also when it comes back', async () => {
  const bench = await running()
  bench.card.linkChanges(false)
  bench.tell()
  expect([bench.announced.at(-1)!.linkUp, bench.log.at(-1)]).toEqual([false, 'the link is down'])
  for (let sent = 0; sent < 600; sent++) {
    expect(bench.give(frameOf(sent))).toBe(true)
    bench.pass(100_000)
  }
  bench.card.linkChanges(true)
  bench.live(2 * second, 10_000_000)
  expect([bench.announced.at(-1)!.linkUp, bench.card.sent]).toEqual([true, []])
  bench.give(frameOf(1))
  bench.card.work()
  expect(bench.card.sent.length).toBe(1)
})

test.each<[string, (bench: E1000Bench) => void]>([
  ['it has stopped by itself', ({ card }) => { card.registers.set(0x100, 0) }],
  ['it does not send', bench => {
    bench.card.holds = true
    bench.give(frameOf(1))
  }],
  ['it did what it was not asked for', ({ card }) => card.report(card.nextReceived(), 2049, 0, 3)],
])('%s: it is reset, and works again', async (reason, harm) => {
  const bench = await running()
  harm(bench)
  bench.driver.interrupt()
  bench.live(8 * second, 100_000_000)
  bench.card.holds = false
  expect(bench.log.find(line => line.includes(reason))).toBeDefined()
  expect([bench.card.resets, bench.accepted.queues]).toEqual([2, 1])
  bench.arrive(wire(5))
  bench.pass(1_000_000)
  expect(bench.take().map(frame => number(frame.subarray(12)))).toEqual([5])
  bench.card.sent = []
  bench.give(frameOf(6))
  bench.card.work()
  expect([bench.card.sent.length, bench.card.violations]).toEqual([1, []])
})

test('a controller that is pulled out is given up', async () => {
  const bench = await running()
  bench.card.gone = true
  bench.pass(2 * second)
  expect([bench.log.at(-1), bench.accepted.queues, bench.announced.at(-1)!.linkUp]).toEqual(['it no longer answers: it is given up', 0, false])
})

test.each([1, 2, 3, 4, 5, 6])('a controller and a nucleus that do what they may, in any order, seed %i: no frame is lost, and none comes twice', async seed => {
  const bench = await running(cards[seed % 3][1])
  const next = chance(seed * 31)
  const { card } = bench
  const came: number[] = []
  let [arriving, leaving] = [0, 0]
  const take = () => { for (const frame of bench.take(next(20), next(2) === 0)) came.push(number(frame.subarray(12))) }
  for (let round = 0; round < 20_000; round++) {
    switch (next(7)) {
      case 0: case 1: if (bench.arrive(wire(arriving, 60 + next(1440)))) arriving++; break
      case 2: take(); break
      case 3: if (bench.give(frameOf(leaving, 60 + next(1440), next(2) ? { flags: 1, start: 40, offset: 2 } : {}), next(2) === 0)) leaving++; break
      case 4: card.work(); break
      case 5: bench.tell(); break
      case 6: bench.pass(next(100_000))
    }
  }
  for (let left = 50; left && came.length < arriving; left--) {
    bench.live(5_000_000)
    take()
  }
  expect([came.length, card.sent.length, card.resets, card.violations]).toEqual([arriving, leaving, 1, []])
  expect(came.every((number, index) => number === index) && card.sent.every((frame, index) => number(frame) === index)).toBe(true)
  expect(arriving).toBeGreaterThan(2000)
})

test.each([1, 2, 3, 4])('a controller that means harm, seed %i: the driver lives, and no ring breaks a rule', async seed => {
  const next = chance(seed * 7919)
  for (let rounds = 0; rounds < 20_000;) {
    const bench = await running(cards[next(3)][1])
    const { card } = bench
    for (let round = 0; round < 2000 && !bench.log.at(-1)!.endsWith('given up'); round++, rounds++) {
      switch (next(7)) {
        case 0: for (let count = next(9); count; count--) bench.give(frameOf(round, 60 + next(1400), { flags: next(2), start: 14 + next(30), offset: next(15) })); break
        case 1: bench.arrive(wire(round, 60 + next(1400)), next(9) ? 0 : next(256), next(9) ? 3 : next(256)); break
        case 2: if (card.canReceive && !next(20)) card.report(card.nextReceived() & ~0xfffn | BigInt(16 * next(256)), next(3) ? next(2048) : next(0x10000), next(256), next(256)); break
        case 3:
          if (!next(100)) card.registers.set([0, 0x100, 0x400, 0x2810, 0x3810][next(5)], next(256))
          card.work()
          break
        case 4: bench.take(next(300)); break
        case 5: next(2) ? bench.driver.interrupt() : bench.pass(next(9) ? next(1_000_000) : next(3 * second)); break
        case 6: if (!next(50)) card.linkChanges(next(2) === 0)
      }
      card.sent.length = 0
    }
    expect(bench.accepted.queues <= 1).toBe(true)
  }
})

test('what is too short for a frame never reaches the controller', async () => {
  const bench = await running()
  for (const bytes of [1, 11, 12, 25]) bench.give(Buffer.alloc(bytes))
  bench.give(frameOf(1, 64))
  bench.card.work()
  expect([bench.card.sent.map(number), bench.card.violations]).toEqual([[1], []])
})

test('a card that a whole ring of broken frames came to has pages again', async () => {
  const bench = await running()
  for (let i = 0; i < 600; i++) {
    expect(bench.arrive(wire(1), 1)).toBe(true)
    bench.pass(1_000_000)
  }
  expect(bench.arrive(wire(2))).toBe(true)
})
