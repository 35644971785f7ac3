/** The virtio network driver with a device as the specification describes it, and with others. */
import { expect, test } from 'vitest'
import { chance, checksum, frameOf, Offload } from './net.ts'
import { Feature, virtioNet, type VirtioNet, type VirtioNetBench } from './virtionet.ts'

const second = 1_000_000_000

async function running(change: (net: VirtioNet) => void = () => {}): Promise<VirtioNetBench> {
  const bench = await virtioNet(change)
  expect(bench.driver.start()).toBe(0)
  expect(bench.net.violations).toEqual([])
  return bench
}

test('a device is reset, agreed with and announced, and asked for all that is on the wire', async () => {
  const bench = await running()
  expect(bench.announced).toEqual([{ mac: '525400123456', maximumBytes: 1500, linkUp: true }])
  expect(bench.accepted).toEqual({ offloads: Offload.Merge | Offload.SegmentIpv4 | Offload.SegmentIpv6 | Offload.SegmentCongestion, queues: 1 })
  expect([bench.log, bench.room, bench.net.room]).toEqual([['52:54:00:12:34:56 works; MTU: 1500, the link is up'], 256, 256])
  bench.net.work()
  expect(bench.net.commands).toEqual([Buffer.from([0, 0, 1])])
  expect(bench.net.agreed & (Feature.GuestUfo | Feature.HostUfo | Feature.Mq | Feature.EventIdx | Feature.IndirectDesc)).toBe(0n)
})

test('what a device offers decides what it is given', async () => {
  const plain = await running(net => { net.features = Feature.Version1 | Feature.Mac })
  expect([plain.accepted, plain.announced[0]]).toEqual([{ offloads: 0, queues: 1 }, { mac: '525400123456', maximumBytes: 1500, linkUp: true }])
  const jumbo = await running(net => { net.mtu = 9000 })
  expect(jumbo.announced[0].maximumBytes).toBe(9000)
  const pages = await running(net => Object.assign(net, { mtu: 9000, features: net.features & ~Feature.Csum & ~Feature.HostTso4 & ~Feature.HostTso6 & ~Feature.HostEcn }))
  expect([pages.announced[0].maximumBytes, pages.accepted.offloads]).toEqual([4066, 0])
  const unmerged = await running(net => { net.features &= ~Feature.MrgRxbuf })
  expect(unmerged.net.agreed & (Feature.GuestTso4 | Feature.GuestTso6 | Feature.GuestEcn | Feature.Mtu)).toBe(0n)
})

test.each<[string, (net: VirtioNet) => void]>([
  ['older than virtio 1.0', net => { net.features &= ~Feature.Version1 }],
  ['no hardware address', net => { net.features &= ~Feature.Mac }],
  ['queues are too short', net => { net.queueSizes = [256, 16, 64] }],
  ['no message to send', net => { net.hasMessages = false }],
  ['frames carry nothing', net => { net.mtu = 10 }],
  ['does not end its reset', net => { net.resetEnds = false; net.status = 7 }],
])('a device is not used: %s', async (reason, change) => {
  const bench = await virtioNet(change)
  bench.driver.start()
  bench.live(3 * second, 10_000_000)
  expect(bench.log.at(-1)).toContain(reason)
  expect(bench.log.at(-1)).toMatch(/given up$/)
  expect([bench.accepted.queues, bench.armed]).toEqual([0, 0n])
})

test('frames come from the wire as they are, in order, for as long as one likes', async () => {
  const bench = await running()
  for (let number = 0; number < 2000; number++) {
    expect(bench.arrive(frameOf(number, 60 + number % 1455))).toBe(true)
    if (number % 7) continue
    bench.pass(60_000)
    const frames = bench.take()
    expect(frames.map(frame => frame.readUInt32BE(26))).toEqual(Array.from({ length: frames.length }, (_, index) => number - frames.length + 1 + index))
    expect(frames.at(-1)!.equals(frameOf(number, 60 + number % 1455))).toBe(true)
  }
  expect(bench.net.violations).toEqual([])
})

test('a frame of 64 KiB comes in many buffers, and goes in many', async () => {
  const bench = await running()
  for (let number = 0; number < 40; number++) {
    const large = frameOf(number, 65_000 + number, { flags: 1, type: 1, headerBytes: 66, segmentBytes: 1448, start: 34, offset: 16 })
    expect(bench.arrive(large)).toBe(true)
    bench.pass(60_000)
    const [frame, ...others] = bench.take()
    expect([frame.subarray(12).equals(large.subarray(12)), others.length]).toEqual([true, 0])
    expect(bench.give(large)).toBe(true)
    bench.live(1_000_000)
    expect(bench.net.sent.splice(0).map(sent => [sent.length, sent.subarray(12).equals(large.subarray(12))])).toEqual([[large.length, true]])
  }
  expect([bench.net.violations, bench.room]).toEqual([[], 256])
})

test('frames go to the wire as they are, used in any order, and their buffers come back', async () => {
  const bench = await running()
  const next = chance(1)
  bench.net.work()
  bench.net.holds = true
  for (let number = 0; number < 3000;) {
    while (bench.room > 3 && next(9)) bench.give(frameOf(number++, 60 + next(1400)), false)
    bench.driver.netProgress()
    bench.net.work()
    while (bench.net.held.length && next(9)) bench.net.post(1, bench.net.held.splice(next(bench.net.held.length), 1)[0], 0)
    bench.pass(next(200_000))
  }
  bench.net.holds = false
  for (const head of bench.net.held.splice(0)) bench.net.post(1, head, 0)
  bench.live(10_000_000)
  expect(bench.net.sent.map(frame => frame.readUInt32BE(26))).toEqual(bench.net.sent.map((_, index) => index))
  expect([bench.room, bench.net.violations]).toEqual([256, []])
})

test('a device without checksums gets frames with theirs', async () => {
  const bench = await running(net => { net.features = Feature.Version1 | Feature.Mac | Feature.MrgRxbuf })
  for (const bytes of [64, 65, 1500]) {
    const frame = frameOf(7, bytes, { flags: 1, start: 34, offset: 16 })
    bench.give(frame)
    bench.net.work()
    const sent = bench.net.sent.pop()!
    const expected = Buffer.concat([Buffer.alloc(12), frame.subarray(12)])
    expected.writeUInt16BE(~checksum(frame.subarray(46)) & 0xffff || 0xffff, 62)
    expect(sent.equals(expected)).toBe(true)
  }
})

test('a flood costs one call in 50 µs, and silence one in a second', async () => {
  const bench = await running()
  bench.pass(10_000_000)
  let taken = 0
  for (let number = 0; number < 10_000; number++) {
    bench.arrive(frameOf(number))
    bench.pass(2_000)
    taken += bench.take(Infinity, false).length
  }
  expect(bench.net.messages).toBeLessThan(20)
  expect(taken).toBeGreaterThan(9900)
  bench.pass(second)
  const { arms } = bench
  bench.pass(10 * second)
  expect(bench.arms - arms).toBeLessThan(13)
  // And the next frame is told of at once.
  bench.take()
  bench.pass(10_000_000)
  const { messages } = bench.net
  bench.arrive(frameOf(1))
  expect([bench.net.messages - messages, bench.take().length]).toEqual([1, 1])
})

test('a link that goes takes what is to be sent with it, and is announced, also when it comes back', async () => {
  const bench = await running()
  bench.net.linkUp = false
  bench.driver.interrupt()
  expect([bench.announced.at(-1)!.linkUp, bench.log.at(-1)]).toEqual([false, 'the link is down'])
  for (let number = 0; number < 600; number++) expect(bench.give(frameOf(number))).toBe(true)
  bench.net.work()
  bench.pass(100_000)
  expect([bench.net.sent, bench.room]).toEqual([[], 256])
  bench.net.linkUp = true
  bench.pass(2 * second)
  expect(bench.announced.at(-1)!.linkUp).toBe(true)
  bench.give(frameOf(1))
  bench.net.work()
  expect(bench.net.sent.length).toBe(1)
})

test.each<[string, (bench: VirtioNetBench) => void]>([
  ['it asks to be reset', ({ net }) => { net.status |= 64 }],
  ['it has stopped by itself', ({ net }) => { net.status = 0 }],
  ['it does not send', bench => {
    bench.net.holds = true
    bench.give(frameOf(1))
  }],
  ['it did what it was not asked for', ({ net }) => net.post(0, 300, 64)],
  ['it did what it was not asked for', ({ net }) => { net.post(0, 3, 64); net.post(0, 3, 64) }],
  ['it did what it was not asked for', ({ net }) => net.post(0, 3, 4097)],
  ['it did what it was not asked for', ({ net }) => net.post(0, 3, 11)],
  ['it did what it was not asked for', ({ net }) => net.setUsed(0, net.queues[0].used + 257)],
  ['it did what it was not asked for', ({ net }) => net.post(1, 3, 0)],
  ['it did what it was not asked for', bench => {
    // A frame that says it is in more buffers than there are.
    bench.net.receive(frameOf(1))
    bench.memory.write(bench.memory.read(bench.net.queues[0].areas[0], 8).readBigUInt64LE() + 10n, Buffer.from([9, 0]))
  }],
])('%s: it is reset, and works again', async (reason, harm) => {
  const bench = await running()
  bench.net.work()
  harm(bench)
  bench.driver.interrupt()
  bench.live(8 * second, 100_000_000)
  bench.net.holds = false
  expect(bench.log.find(line => line.includes(reason))).toBeDefined()
  expect([bench.net.resets, bench.accepted.queues]).toEqual([2, 1])
  bench.arrive(frameOf(5))
  bench.pass(1_000_000)
  expect(bench.take().map(frame => frame.readUInt32BE(26))).toEqual([5])
  bench.net.sent = []
  bench.give(frameOf(6))
  bench.net.work()
  expect([bench.net.sent.length, bench.net.violations]).toEqual([1, []])
})

test('a device that is pulled out, or is reset in vain, is given up', async () => {
  const pulled = await running()
  pulled.net.gone = true
  pulled.pass(2 * second)
  expect([pulled.log.at(-1), pulled.accepted.queues, pulled.announced.at(-1)!.linkUp]).toEqual(['it no longer answers: it is given up', 0, false])
  const broken = await running()
  for (let times = 0; times < 6; times++) {
    if (broken.net.queues[0].isEnabled) broken.net.post(0, 300, 64)
    broken.pass(2 * second)
  }
  expect(broken.log.at(-1)).toBe('it was reset in vain: it is given up')
})

test('a device that does not pass on everything is reported', async () => {
  const bench = await running(net => { net.answer = 1 })
  bench.live(2 * second, 100_000_000)
  expect(bench.log.at(-1)).toBe('it does not pass on what is for other addresses than its own')
})

test.each([1, 2, 3, 4])('a device and a nucleus that do what they may, in any order, seed %i: no frame is lost, and none comes twice', async seed => {
  const bench = await running(net => { if (seed % 2) net.features &= ~Feature.MrgRxbuf })
  const next = chance(seed * 31)
  const { net } = bench
  const [came, went]: number[][] = [[], []]
  let [arriving, leaving] = [0, 0]
  const long = () => seed % 2 ? 60 + next(1440) : next(20) ? 60 + next(1440) : 60_000
  const take = () => { for (const frame of bench.take(next(20), next(2) === 0)) came.push(frame.readUInt32BE(26)) }
  for (let round = 0; round < 20_000; round++) {
    switch (next(7)) {
      case 0: case 1: if (net.receive(frameOf(arriving, long()))) arriving++; break
      case 2: take(); break
      case 3: if (bench.give(frameOf(leaving, 60 + next(1440)), next(2) === 0)) leaving++; break
      case 4: net.work(); break
      case 5: bench.driver.interrupt(); break
      case 6: bench.pass(next(100_000))
    }
  }
  bench.driver.netProgress()
  bench.live(20_000_000)
  bench.driver.interrupt()
  while (came.length < arriving) {
    const { length } = came
    bench.driver.interrupt()
    take()
    bench.pass(1_000_000)
    if (came.length === length && !next(50)) break
  }
  went.push(...net.sent.map(frame => frame.readUInt32BE(26)))
  expect([came.length, went.length, net.resets, net.violations]).toEqual([arriving, leaving, 1, []])
  expect(came.every((number, index) => number === index) && went.every((number, index) => number === index)).toBe(true)
  expect(arriving).toBeGreaterThan(2000)
})

test.each([1, 2, 3, 4])('a device that means harm, seed %i: the driver lives, and no ring breaks a rule', async seed => {
  const next = chance(seed * 7919)
  for (let rounds = 0; rounds < 20_000;) {
    const bench = await running()
    const { net } = bench
    for (let round = 0; round < 2000 && !bench.log.at(-1)!.endsWith('given up'); round++, rounds++) {
      switch (next(8)) {
        case 0: for (let count = next(9); count; count--) bench.give(frameOf(round, 60 + next(1400))); break
        case 1: if (net.canWork && net.room) net.receive(frameOf(round, 60 + next(60_000))); break
        case 2: if (net.queues[0].isEnabled && !next(20)) net.post(next(2), next(3) ? next(256) : next(0xffffffff), next(2) ? next(5000) : next(0xffffffff)); break
        case 3: if (net.queues[0].isEnabled && !next(20)) net.setUsed(next(3), next(0x10000)); break
        case 4: if (net.queues[0].isEnabled && !next(20)) for (let count = next(64); count; count--) bench.memory.write(net.queues[next(2)].areas[2] + BigInt(next(2000)), Buffer.from([next(256)])); break
        case 5:
          if (!next(30)) net.status ^= 1 << next(8)
          net.work()
          break
        case 6: bench.take(next(300)); break
        case 7: next(2) ? bench.driver.interrupt() : bench.pass(next(9) ? next(1_000_000) : next(3 * second))
      }
      net.sent.length = 0
    }
    expect(bench.accepted.queues <= 1).toBe(true)
  }
})
